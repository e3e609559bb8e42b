"""The console entry point: finds the sub-command and nothing else.

Each command is imported only when it is called, so that ``genjin tag`` never loads the server.
"""

from importlib import import_module

import click

COMMANDS = {
    "demo": "demo.cli:demo",
    "server": "server.cli:server",
    "agent": "agent.cli.agent:agent",
    "tag": "agent.cli.tag:tag",
    "transcribe": "agent.cli.transcribe:transcribe",
}


class LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(import_module(module), name)
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="genjin")
def main() -> None:
    """Genjin 跟进: follow-up that records itself. 自动记录的客户跟进。"""


if __name__ == "__main__":
    main()

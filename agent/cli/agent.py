"""``genjin agent …``: the list of its commands."""

import click

from agent.cli.auditing import audit
from agent.cli.once import once
from agent.cli.pairing import pair
from agent.cli.privacy import forget, show, suggestions
from agent.cli.running import run
from agent.cli.signing import sign_in
from agent.cli.standing import config_group, doctor, status


@click.group()
def agent() -> None:
    """本机助手 / The agent on this computer."""


for command in (pair, sign_in, run, once, status, audit, doctor, config_group):
    agent.add_command(command)
# What a person has to say over what is captured.
for command in (show, forget, suggestions):
    agent.add_command(command)

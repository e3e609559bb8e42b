"""``genjin demo``: the sample company, with the real server and the real agent."""

from pathlib import Path

import click

from agent.messages import text


@click.command()
@click.option("--port", default=8765, show_default=True, type=click.IntRange(0, 65535))
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the sample company lives (default: the platform's data folder).",
)
@click.option(
    "--no-browser", is_flag=True, envvar="GENJIN_NO_BROWSER", help="Do not open the browser."
)
@click.option("--reset", is_flag=True, help="Lay the sample data anew, relative to today.")
def demo(port: int, data_dir: Path | None, no_browser: bool, reset: bool) -> None:
    """Start a sample company: team server and local agent on real files. Ctrl-C stops it."""
    from demo.run import Demo, default_folder  # noqa: PLC0415 -- `--help` need not load the server

    click.echo(text("demo.starting"))
    Demo(folder=data_dir or default_folder(), port=port, browser=not no_browser).run(reset=reset)

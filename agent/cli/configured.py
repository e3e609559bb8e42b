"""What every command needs: its configuration, and a way to say no."""

import os
import sys
from pathlib import Path
from typing import NoReturn

import click

from agent.bootstrap import load
from agent.cli.wording import of_problems
from agent.clock import SystemClock
from agent.errors import Misconfigured
from agent.settings import Settings

CLOCK = SystemClock()
BAD_CONFIGURATION = 2

with_config = click.option(
    "--config",
    "config",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="配置文件 / configuration file",
)

as_json = click.option("--json", "as_json", is_flag=True, help="JSON")


def fail(*lines: str, status: int = 1) -> NoReturn:
    for line in lines:
        click.echo(line, err=True)
    sys.exit(status)


def settings_of(config: Path | None) -> Settings:
    """The configuration; whatever the command makes from here on is this person's alone."""
    os.umask(0o077)
    try:
        return load(config)
    except Misconfigured as error:
        fail(*of_problems(error.problems), status=BAD_CONFIGURATION)

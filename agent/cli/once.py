"""``genjin agent once``."""

import sys
from pathlib import Path

import click

from agent.cli import working
from agent.cli.configured import BAD_CONFIGURATION, as_json, fail, settings_of, with_config
from agent.cli.logfile import NAME, quiet_log
from agent.cli.shown import Bar, show
from agent.cli.wording import of_error, of_problems
from agent.daemon import Agent
from agent.daemon.reporting import once_report
from agent.errors import GenjinError, Misconfigured


@click.command()
@with_config
@as_json
def once(config: Path | None, as_json: bool) -> None:
    """全部读取并发送一次 / Read everything once, send it, report."""
    settings = settings_of(config)
    work = working.Work(what="pass", here=Agent.full_pass)
    try:
        with Bar() as bar, quiet_log(settings.state_dir / NAME):
            report = working.done(
                work,
                settings,
                bar,
                lambda store, fault: once_report(store, settings.sources, fault=fault),
            )
    except Misconfigured as error:
        fail(*of_problems(error.problems), status=BAD_CONFIGURATION)
    except GenjinError as error:
        fail(of_error(error))
    show(report, settings, as_json=as_json)
    if "fault" in report:
        sys.exit(1)

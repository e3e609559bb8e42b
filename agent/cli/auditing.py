"""``genjin agent audit``: prove that nothing is missing."""

import json
import sys
from datetime import timedelta
from pathlib import Path

import click

from agent.cli import working
from agent.cli.auditview import lines_of
from agent.cli.configured import (
    BAD_CONFIGURATION,
    CLOCK,
    as_json,
    fail,
    settings_of,
    with_config,
)
from agent.cli.logfile import NAME, quiet_log
from agent.cli.shown import Bar
from agent.cli.wording import of_error, of_problems, sentence
from agent.daemon.auditreport import audit_report
from agent.errors import GenjinError, Misconfigured

LONGEST_DAYS = 36_500


@click.command()
@with_config
@click.option(
    "--days",
    type=click.IntRange(1, LONGEST_DAYS),
    metavar="N",
    help="只看最近 N 天 / only what happened in the last N days, where the source tells",
)
@as_json
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
def audit(config: Path | None, days: int | None, as_json: bool, sources: tuple[str, ...]) -> None:
    """逐项核对，证明没有遗漏 / Compare every source with the books, item by item.

    退出码 1：有去向不明的条目，或有来源未能核对 / Exit code 1: something is unexplained, or a source
    could not be compared.
    """
    settings = settings_of(config)
    known = [source.name for source in settings.sources]
    unknown = [name for name in sources if name not in known]
    if unknown or not known:
        code = "audit_unknown_source" if unknown else "doctor_no_sources"
        told = {"source": ", ".join(unknown), "known": ", ".join(known), "file": settings.file}
        fail(sentence(code, **told), status=BAD_CONFIGURATION)
    wanted = [source for source in settings.sources if not sources or source.name in sources]
    asked_at = CLOCK.now()
    since = asked_at - timedelta(days=days) if days is not None else None
    names = tuple(source.name for source in wanted)
    work = working.Work(what="audit", here=lambda worker: worker.audit(names), sources=names)
    try:
        with Bar() as bar, quiet_log(settings.state_dir / NAME):
            report = working.done(
                work,
                settings,
                bar,
                lambda store, fault: audit_report(
                    store, wanted, asked_at=asked_at, since=since, fault=fault
                ),
            )
    except Misconfigured as error:
        fail(*of_problems(error.problems), status=BAD_CONFIGURATION)
    except GenjinError as error:
        fail(of_error(error))
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
    else:
        for line in lines_of(report, days=days, now=CLOCK.now(), file=settings.state_dir):
            click.echo(line)
    if not report["complete"]:
        sys.exit(1)

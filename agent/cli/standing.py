"""``genjin agent status``, ``doctor`` and ``config check``: how things stand."""

import sys
from datetime import datetime
from pathlib import Path

import click

from agent.cli import doctor as doctoring
from agent.cli.configured import CLOCK, as_json, fail, settings_of, with_config
from agent.cli.doctor_sources import is_online
from agent.cli.finding import Finding
from agent.cli.shown import show
from agent.cli.wording import clock_time, of_error, sentence
from agent.cli.working import is_running
from agent.daemon.reporting import status_report
from agent.errors import GenjinError
from agent.outbox.store import Store

_MARKS = {"ok": "✓", "note": "·", "wrong": "✗"}


@click.command()
@with_config
@as_json
def status(config: Path | None, as_json: bool) -> None:
    """当前状态 / How things stand, without doing anything."""
    settings = settings_of(config)
    try:
        store = Store.open(settings.state_dir, clock=CLOCK)
        try:
            report = status_report(store, settings.sources, running=is_running(settings))
        finally:
            store.close()
    except GenjinError as error:
        fail(of_error(error))
    show(report, settings, as_json=as_json)


@click.command()
@with_config
def doctor(config: Path | None) -> None:
    """检查并说明该怎么办 / Check everything, say what to do."""
    settings = settings_of(config)
    wrong = False
    for finding in doctoring.findings(settings, clock=CLOCK):
        wrong |= finding.verdict == "wrong"
        click.echo(f"{_MARKS[finding.verdict]} {_said(finding)}")
        if finding.beneath:
            click.echo(finding.beneath)
    if wrong:
        sys.exit(1)


def _said(finding: Finding) -> str:
    params = {**finding.params}
    if "why" in params:
        params["why"] = sentence(str(params.pop("why")), **params)
    if isinstance(params.get("at"), datetime):
        params["at"] = clock_time(str(params["at"]), CLOCK.now())
    return sentence(finding.code, **params)


@click.group("config")
def config_group() -> None:
    """配置 / The configuration."""


@config_group.command("check")
@with_config
def config_check(config: Path | None) -> None:
    """检查配置文件 / List every fault of the configuration."""
    settings = settings_of(config)
    click.echo(sentence("config_good", file=settings.file, sources=len(settings.sources)))
    for source in settings.sources:
        if is_online(source):
            click.echo(sentence("mailbox_exchange_online", source=source.name), err=True)

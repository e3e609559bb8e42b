"""``genjin agent …``: pair, run, once, status, doctor, config check."""

import json
import logging
import os
import platform
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import NoReturn

import click
from rich.console import Console

from agent.bootstrap import build_agent, load, remote_of, secrets_of
from agent.cli import doctor as doctoring
from agent.cli.shown import Bar, notes_of, table_of
from agent.cli.wording import of_error, of_problems, sentence
from agent.clock import SystemClock
from agent.daemon import Agent
from agent.daemon.knowledge import ME
from agent.daemon.reporting import once_report, status_report
from agent.errors import (
    AlreadyRunning,
    DeliveryError,
    DeliveryRefused,
    DeliveryUnauthorized,
    GenjinError,
    Misconfigured,
    StoreBroken,
)
from agent.nlp.speech import modelfolder
from agent.outbox.lock import Lock
from agent.outbox.store import Store
from agent.settings import Settings, config_file, read
from agent.settings.reading import url_fault
from agent.settings.secrets import environment_name, token_name
from agent.settings.template import new_config

CLOCK = SystemClock()
BAD_CONFIGURATION = 2
LOG_NAME = "agent.log"
_ASK_AGAIN_S = 0.2
_STORE_PAUSE_S = 10.0
_LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"

with_config = click.option(
    "--config",
    "config",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="配置文件 / configuration file",
)


@click.group()
def agent() -> None:
    """本机助手 / The agent on this computer."""


def _fail(*lines: str, status: int = 1) -> NoReturn:
    for line in lines:
        click.echo(line, err=True)
    sys.exit(status)


def _settings(config: Path | None) -> Settings:
    try:
        return load(config)
    except Misconfigured as error:
        _fail(*of_problems(error.problems), status=BAD_CONFIGURATION)


@agent.command()
@with_config
@click.argument("url")
@click.argument("code")
def pair(config: Path | None, url: str, code: str) -> None:
    """与服务器配对 / Pair this computer with the server at URL, with the CODE it shows."""
    url = url.strip().rstrip("/")
    file = (config or config_file()).expanduser().absolute()
    fault = url_fault(url)
    if fault is not None:
        _fail(sentence(fault, file=file, key="URL"), status=BAD_CONFIGURATION)
    is_new = not file.exists()
    settings = read(file).settings
    if is_new:
        settings = replace(settings, server_url=url)
    if settings.server_url != url:
        _fail(
            sentence("pair_other_server", file=file, url=settings.server_url or "-"),
            status=BAD_CONFIGURATION,
        )
    secrets = secrets_of(settings)
    remote = remote_of(settings, secrets, clock=CLOCK)
    try:
        reply = remote.pair(code.strip(), platform.node())
    except DeliveryUnauthorized:
        _fail(sentence("pair_code_wrong"))
    except DeliveryRefused as error:
        _fail(sentence("pair_refused", url=url, why=sentence(error.code)))
    except DeliveryError as error:
        _fail(sentence("pair_no_answer", url=url, why=sentence(error.code)))
    finally:
        remote.close()
    if is_new:
        new_config(file, url)
        click.echo(sentence("pair_config_made", file=file))
    where = secrets.set(token_name(url), reply.token)
    try:
        _begin_anew(settings, reply.email)
    except StoreBroken as error:
        _fail(of_error(error))
    click.echo(sentence("pair_done", user=reply.user, where=sentence(f"kept_in_{where}")))
    if secrets.where(token_name(url)) == "environment":
        click.echo(sentence("pair_overridden", name=environment_name(token_name(url))), err=True)


def _begin_anew(settings: Settings, email: str) -> None:
    """What an earlier pairing left behind holds no more; a running agent is told at once."""
    store = Store.open(settings.state_dir, clock=CLOCK)
    try:
        store.held.forget_server()
        store.held.put({ME: email})
        store.queue.requeue_refused()
        if _is_running(settings):
            store.passes.ask(now=CLOCK.now())
    finally:
        store.close()


def _is_running(settings: Settings) -> bool:
    try:
        with Lock(settings.state_dir, wait_s=0.0):
            return False
    except AlreadyRunning:
        return True


@agent.command()
@with_config
def run(config: Path | None) -> None:
    """在后台持续工作 / Work until stopped (Ctrl-C)."""
    settings = _settings(config)
    os.umask(0o077)  # the log and whatever else is made from here on is this person's alone
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stopped.set())
    try:
        with Lock(settings.state_dir):
            _log_to(settings.state_dir / LOG_NAME)
            click.echo(sentence("running", file=settings.file), err=True)
            _run(settings, stopped)
    except GenjinError as error:
        _fail(of_error(error))
    click.echo(sentence("stopped"), err=True)


def _run(settings: Settings, stopped: threading.Event) -> None:
    """Until stopped; a store that cannot be opened now (a full disk) is tried again and again."""
    while not stopped.is_set():
        try:
            worker = build_agent(settings, clock=CLOCK)
        except StoreBroken as error:
            click.echo(of_error(error), err=True)
            stopped.wait(_STORE_PAUSE_S)
            continue
        _say_if_healed(worker)
        worker.run(stopped)
        if not worker.store_is_broken:
            return


def _say_if_healed(worker: Agent) -> None:
    if worker.store.put_aside is not None:
        click.echo(sentence("store_healed", file=worker.store.put_aside), err=True)


def _log_to(file: Path) -> None:
    """Counts and ids only: the log may be shown to whoever helps."""
    logging.basicConfig(
        level=logging.INFO, format=_LOG_FORMAT, handlers=[logging.StreamHandler(), _LogFile(file)]
    )
    # It logs every request with its address.
    logging.getLogger("httpx").setLevel(logging.WARNING)


class _LogFile(RotatingFileHandler):
    def __init__(self, file: Path) -> None:
        super().__init__(file, maxBytes=1_000_000, backupCount=3, encoding="utf-8", delay=True)
        self.setFormatter(logging.Formatter(_LOG_FORMAT))

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        """A full disk is told once, in the report, not as a traceback for each line."""


@contextmanager
def _quiet_log(file: Path) -> Iterator[None]:
    """Into the file only: on the screen the report says it in the person's words."""
    to_file, ours = _LogFile(file), logging.getLogger("agent")
    ours.addHandler(to_file)
    try:
        yield
    finally:
        ours.removeHandler(to_file)
        to_file.close()


@agent.command()
@with_config
@click.option("--json", "as_json", is_flag=True, help="JSON")
def once(config: Path | None, as_json: bool) -> None:
    """全部读取并发送一次 / Read everything once, send it, report."""
    settings = _settings(config)
    try:
        with Bar() as bar, _quiet_log(settings.state_dir / LOG_NAME):
            report = _once(settings, bar)
    except Misconfigured as error:
        _fail(*of_problems(error.problems), status=BAD_CONFIGURATION)
    except GenjinError as error:
        _fail(of_error(error))
    _show(report, as_json=as_json, **_facts(settings))
    if "fault" in report:
        sys.exit(1)


def _once(settings: Settings, bar: Callable[[str, int, int], None]) -> dict[str, object]:
    """A pass of our own, or, while an agent is running on the same data, one of its."""
    while True:
        try:
            with Lock(settings.state_dir):
                return _own_pass(settings, bar)
        except AlreadyRunning:
            report = _asked_pass(settings)
            if report is not None:
                return report


def _own_pass(settings: Settings, bar: Callable[[str, int, int], None]) -> dict[str, object]:
    worker = build_agent(settings, clock=CLOCK, on_progress=bar)
    _say_if_healed(worker)
    try:
        worker.start()
        worker.full_pass()
        return once_report(worker.store, settings.sources, fault=worker.last_fault)
    finally:
        worker.stop()


def _asked_pass(settings: Settings) -> dict[str, object] | None:
    """None when the running agent ended before it had served us."""
    store = Store.open(settings.state_dir, clock=CLOCK)
    pause = threading.Event()
    try:
        number = store.passes.ask(now=CLOCK.now())
        while not store.passes.is_done(number):
            if not _is_running(settings):
                return None
            pause.wait(_ASK_AGAIN_S)
        return once_report(store, settings.sources, fault=store.fault())
    finally:
        store.close()


@agent.command()
@with_config
@click.option("--json", "as_json", is_flag=True, help="JSON")
def status(config: Path | None, as_json: bool) -> None:
    """当前状态 / How things stand, without doing anything."""
    settings = _settings(config)
    try:
        store = Store.open(settings.state_dir, clock=CLOCK)
        try:
            report = status_report(store, settings.sources, running=_is_running(settings))
        finally:
            store.close()
    except GenjinError as error:
        _fail(of_error(error))
    _show(report, as_json=as_json, **_facts(settings))


def _facts(settings: Settings) -> dict[str, object]:
    """What the texts of bare codes speak of: a report holds no parameters."""
    model = settings.speech.model or modelfolder.DEFAULT
    command = modelfolder.command(model)
    return {"model": model, "command": command, "file": settings.state_dir}


def _show(report: Mapping[str, object], *, as_json: bool, **facts: object) -> None:
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
        return
    console = Console()
    console.print(table_of(report))
    for line in notes_of(report, **facts):
        console.print(line, markup=False, soft_wrap=True)


@agent.command()
@with_config
def doctor(config: Path | None) -> None:
    """检查并说明该怎么办 / Check everything, say what to do."""
    settings = _settings(config)
    marks = {"ok": "✓", "note": "·", "wrong": "✗"}
    wrong = False
    for finding in doctoring.findings(settings, clock=CLOCK):
        wrong |= finding.verdict == "wrong"
        params = {**finding.params}
        if "why" in params:
            params["why"] = sentence(str(params["why"]))
        click.echo(f"{marks[finding.verdict]} {sentence(finding.code, **params)}")
    if wrong:
        sys.exit(1)


@agent.group("config")
def config_group() -> None:
    """配置 / The configuration."""


@config_group.command("check")
@with_config
def config_check(config: Path | None) -> None:
    """检查配置文件 / List every fault of the configuration."""
    settings = _settings(config)
    click.echo(sentence("config_good", file=settings.file, sources=len(settings.sources)))

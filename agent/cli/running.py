"""``genjin agent run``."""

import os
import signal
import sys
import threading
from pathlib import Path

import click

from agent.bootstrap import build_agent
from agent.cli.configured import CLOCK, fail, settings_of, with_config
from agent.cli.logfile import NAME, log_to
from agent.cli.wording import of_error, sentence
from agent.cli.working import say_if_healed
from agent.errors import GenjinError, StoreBroken
from agent.outbox.lock import Lock
from agent.settings import Settings

_STORE_PAUSE_S = 10.0


@click.command()
@with_config
@click.option(
    "--until-stdin-closes",
    is_flag=True,
    help="标准输入关闭时结束 / end when standard input closes, as it does when its parent dies",
)
def run(config: Path | None, until_stdin_closes: bool) -> None:
    """在后台持续工作 / Work until stopped (Ctrl-C)."""
    settings = settings_of(config)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stopped.set())
    if until_stdin_closes:
        threading.Thread(target=_await_end_of_input, args=(stopped,), daemon=True).start()
    try:
        with Lock(settings.state_dir):
            log_to(settings.state_dir / NAME)
            click.echo(sentence("running", file=settings.file), err=True)
            _run(settings, stopped)
    except GenjinError as error:
        fail(of_error(error))
    click.echo(sentence("stopped"), err=True)


def _await_end_of_input(stopped: threading.Event) -> None:
    # By its number: whoever ends while the file object is being read would wait for its lock.
    try:
        while os.read(sys.stdin.fileno(), 4096):
            pass
    finally:
        stopped.set()


def _run(settings: Settings, stopped: threading.Event) -> None:
    """Until stopped; a store that cannot be opened now (a full disk) is tried again and again."""
    while not stopped.is_set():
        try:
            worker = build_agent(settings, clock=CLOCK)
        except StoreBroken as error:
            click.echo(of_error(error), err=True)
            stopped.wait(_STORE_PAUSE_S)
            continue
        say_if_healed(worker)
        worker.run(stopped)
        if not worker.store_is_broken:
            return

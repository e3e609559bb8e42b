"""Work that somebody asked for: done here, or by the agent that is running on the same data."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import click

from agent.bootstrap import build_agent
from agent.cli.configured import CLOCK
from agent.cli.wording import sentence
from agent.daemon import Agent
from agent.errors import AlreadyRunning
from agent.outbox.lock import Lock
from agent.outbox.passes import What
from agent.outbox.store import Store
from agent.settings import Settings

T = TypeVar("T")
Progress = Callable[[str, int, int], None]
_LOOK_AGAIN_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    what: What
    here: Callable[[Agent], None]
    """Does it with an agent of our own."""
    sources: Sequence[str] = ()
    """Empty: all of them."""


def done(
    work: Work, settings: Settings, on_progress: Progress, report: Callable[[Store, str], T]
) -> T:
    """What ``report`` says of the store once the work is done; it gets the store's fault, too.

    Raises ``Misconfigured`` and ``StoreBroken``.
    """
    while True:
        try:
            with Lock(settings.state_dir):
                return _here(work, settings, on_progress, report)
        except AlreadyRunning:
            told = _there(work, settings, on_progress, report)
            if told is not None:
                return told


def is_running(settings: Settings) -> bool:
    try:
        with Lock(settings.state_dir, wait_s=0.0):
            return False
    except AlreadyRunning:
        return True


def say_if_healed(worker: Agent) -> None:
    if worker.store.put_aside is not None:
        click.echo(sentence("store_healed", file=worker.store.put_aside), err=True)


def _here(
    work: Work, settings: Settings, on_progress: Progress, report: Callable[[Store, str], T]
) -> T:
    worker = build_agent(settings, clock=CLOCK, on_progress=on_progress)
    say_if_healed(worker)
    try:
        worker.start()
        work.here(worker)
        return report(worker.store, worker.last_fault)
    finally:
        worker.stop()


def _there(
    work: Work, settings: Settings, on_progress: Progress, report: Callable[[Store, str], T]
) -> T | None:
    """None when the running agent ended before it had served us."""
    store = Store.open(settings.state_dir, clock=CLOCK)
    pause = threading.Event()
    try:
        number = store.passes.ask(work.what, now=CLOCK.now(), sources=work.sources)
        while not store.passes.is_done(number):
            if not is_running(settings):
                return None
            for source in settings.sources:
                status = store.statuses.get(source.name)
                if status is not None and status.state == "reading":
                    on_progress(source.name, status.done, status.total)
                else:
                    on_progress(source.name, 0, 0)
            pause.wait(_LOOK_AGAIN_S)
        return report(store, store.fault())
    finally:
        store.close()

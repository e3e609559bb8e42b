"""An agent at work: bells, sign-ins, audits asked for by others, closing."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from agent.capture.base import Batch
from agent.daemon import Agent
from agent.errors import SourceAuthFailed, SourceUnavailable
from agent.outbox.store import Store
from agent.testing import BellSource, ListSource
from tests.agent.making import Laptop, build, mail


def wait_until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline, pause = monotonic() + seconds, threading.Event()
    while not condition():
        assert monotonic() < deadline, "waited in vain"
        pause.wait(0.02)


@contextmanager
def running(here: Laptop, **parts: Any) -> Iterator[Agent]:
    agent = build(
        here.settings,
        sources=here.sources,
        remote=here.server,
        clock=here.clock,
        tagger=here.tagger,
        ears=here.ears,
        desktop=here.desktop,
        **parts,
    )
    stopped = threading.Event()
    thread = threading.Thread(target=agent.run, args=(stopped,), daemon=True)
    thread.start()
    try:
        yield agent
    finally:
        stopped.set()
        thread.join(10)
        assert not thread.is_alive()


@contextmanager
def visiting(here: Laptop) -> Iterator[Store]:
    """Another process on the same data."""
    store = Store.open(here.settings.state_dir, clock=here.clock)
    try:
        yield store
    finally:
        store.close()


def test_a_servers_news_are_read_at_once(tmp_path: Path) -> None:
    source = BellSource([mail("a")])
    here = Laptop(tmp_path, {"mail": source})
    with running(here):
        wait_until(lambda: source.waits == 1)
        source.items.append(mail("b"))
        source.tell()
        wait_until(lambda: len(here.server.recorded) == 2)
        wait_until(lambda: source.waits == 2)
    assert source.closed


def test_nobody_waits_at_the_bell_of_a_source_that_is_not_well(tmp_path: Path) -> None:
    source = BellSource([mail("a")], fault=SourceAuthFailed("password_refused", source="mail"))
    here = Laptop(tmp_path, {"mail": source})
    with running(here) as agent:
        wait_until(lambda: len(here.desktop.shown) == 1)
        assert source.waits == 0
        source.fault = None
        agent.ring("mail")
        wait_until(lambda: source.waits == 1)


def test_a_bell_that_breaks_is_waited_for_again_and_hinders_nothing(tmp_path: Path) -> None:
    source = BellSource([mail("a")], bell_fault=SourceUnavailable("connection_lost", retry_after=1))
    here = Laptop(tmp_path, {"mail": source})
    with running(here):
        wait_until(lambda: source.waits == 2)
        assert len(here.server.recorded) == 1


@pytest.mark.parametrize("shown_at_first", [True, False])
def test_the_person_is_asked_to_sign_in_once(tmp_path: Path, shown_at_first: bool) -> None:
    source = ListSource([mail("a")], fault=SourceAuthFailed("password_refused", source="mail"))
    here = Laptop(tmp_path, {"mail": source})
    here.desktop.result = "shown" if shown_at_first else "unavailable"
    for _ in range(3):
        assert here.once()["sources"]["mail"]["state"] == "auth"
    here.desktop.result = "shown"
    here.once()
    ((title, text),) = here.desktop.shown
    assert "mail" in title
    assert "genjin agent sign-in mail" in text
    source.fault = None
    here.once()
    source.fault = SourceAuthFailed("password_refused", source="mail")
    here.once()
    assert len(here.desktop.shown) == 2


class Held(ListSource):
    """Its reading hangs until it is let go."""

    def __init__(self, *items: Any) -> None:
        super().__init__(list(items))
        self.reached, self.let_go = threading.Event(), threading.Event()

    def poll(self, cursor: str | None) -> Iterator[Batch]:
        for batch in super().poll(cursor):
            self.reached.set()
            self.let_go.wait(30)
            if self.closed:
                raise SourceUnavailable("source_stopped")
            yield batch

    def close(self) -> None:
        super().close()
        self.let_go.set()


def test_after_a_sign_in_it_goes_on_at_once_whatever_else_is_under_way(tmp_path: Path) -> None:
    slow = Held(mail("slow"))
    refused = ListSource([mail("a")], fault=SourceAuthFailed("password_refused", source="mail"))
    here = Laptop(tmp_path, {"mail": refused, "slow": slow})
    with running(here, anew=lambda _name: ListSource([mail("a")])), visiting(here) as visitor:
        assert slow.reached.wait(20)
        wait_until(lambda: len(here.desktop.shown) == 1)
        hangs = visitor.passes.ask(now=here.clock.now())
        number = visitor.passes.ask("signed_in", now=here.clock.now(), sources=["mail"])
        wait_until(lambda: visitor.passes.is_done(number))
        wait_until(lambda: len(here.server.recorded) == 1)
        assert not visitor.passes.is_done(hangs)
        slow.let_go.set()
        wait_until(lambda: visitor.passes.is_done(hangs))
    assert refused.closed


def test_an_audit_can_be_asked_of_the_running_agent(tmp_path: Path) -> None:
    source, other = ListSource([mail("a")]), ListSource([mail("x")])
    here = Laptop(tmp_path, {"mail": source, "other": other})
    with running(here), visiting(here) as visitor:
        wait_until(lambda: len(here.server.recorded) == 2)
        wait_until(lambda: visitor.statuses.get("other") is not None)
        here.clock.advance(minutes=10)
        source.items.append(mail("skipped"))
        source.passed_over.add("item-skipped")
        number = visitor.passes.ask("audit", now=here.clock.now(), sources=["mail"])
        wait_until(lambda: visitor.passes.is_done(number))
        assert len(here.server.recorded) == 3
        found, untouched = visitor.statuses.get("mail"), visitor.statuses.get("other")
        assert found is not None
        assert untouched is not None
        assert found.audited_at == here.clock.now()
        assert untouched.audited_at != here.clock.now()


def test_it_stops_within_a_second_while_a_source_reads(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    slow = Held(mail("slow"))
    here = Laptop(tmp_path, {"slow": slow})
    with running(here):
        assert slow.reached.wait(20)
    assert slow.closed
    assert not [record for record in caplog.records if record.levelname in ("ERROR", "WARNING")]


def test_one_source_that_hangs_delays_no_other(tmp_path: Path) -> None:
    here = Laptop(tmp_path, {"slow": Held(mail("slow")), "mail": ListSource([mail("a")])})
    with running(here):
        wait_until(lambda: len(here.server.recorded) == 1)


def test_heartbeats_tell_what_the_audit_found_in_numbers(tmp_path: Path) -> None:
    here = Laptop(tmp_path, {"mail": ListSource([mail("a"), mail("b", sensitivity="private")])})
    here.once()
    told = here.server.beats[-1].sources["mail"]
    assert (told.held, told.seen, told.stored, told.excluded) == (2, 2, 1, {"private": 1})
    assert told.audited_at == told.complete_to == told.read_at == here.clock.now()
    assert (told.unexplained, told.gone, told.unproven) == (0, 0, 0)

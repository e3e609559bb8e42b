"""What a source over a server promises beyond the contract of every source."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent import messages
from agent.capture import registry
from agent.capture.base import Capture, Source
from agent.errors import SourceAuthFailed, SourceError, SourceUnavailable
from tests.conformance.moving_clock import MovingClock
from tests.conformance.place import MailboxPlace
from tests.conformance.places import MAILBOXES, PLACES
from tests.conformance.surroundings import around

MANY = 300
"""More than one page of every mailbox."""
GIVES_UP_AFTER_S = 30
"""A bound for the test run; what is promised to people is a second."""


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock()


@pytest.fixture(params=sorted(MAILBOXES))
def place(
    request: pytest.FixtureRequest, tmp_path: Path, clock: MovingClock
) -> Iterator[MailboxPlace]:
    place = PLACES[request.param](tmp_path, clock)
    assert isinstance(place, MailboxPlace)
    yield place
    place.close()


def build(place: MailboxPlace, clock: MovingClock) -> Source:
    return registry.build("it", place.settings(), around(place, clock))


def take_all(
    place: MailboxPlace, clock: MovingClock, cursor: str | None = None
) -> tuple[list[Capture], str | None, int]:
    """Poll, in a new process after each failure, until a pass ends: captures, cursor, failures."""
    captures: list[Capture] = []
    failures = 0
    while True:
        source = build(place, clock)
        try:
            for batch in source.poll(cursor):
                captures += batch.captures
                cursor = batch.cursor
        except SourceUnavailable:
            failures += 1
            assert failures < 20
        else:
            return captures, cursor, failures
        finally:
            source.close()


def ids_of(captures: list[Capture]) -> list[str]:
    return [capture.external_id for capture in captures]


@pytest.mark.parametrize("request_number", range(1, 13))
def test_a_failure_at_any_request_costs_nothing(
    place: MailboxPlace, clock: MovingClock, request_number: int
) -> None:
    put = {place.add(n) for n in range(MANY)}
    place.fail(request_number)
    captures, cursor, _ = take_all(place, clock)
    assert set(ids_of(captures)) == put
    assert len(captures) == MANY, "what was safe is not read twice"
    place.recover()
    place.fail(request_number)
    assert take_all(place, clock, cursor)[0] == []


@pytest.mark.parametrize("begun", [False, True], ids=["before the first page", "between pages"])
def test_close_ends_what_hangs(place: MailboxPlace, clock: MovingClock, *, begun: bool) -> None:
    for n in range(MANY):
        place.add(n)
    source = build(place, clock)
    polling = source.poll(None)
    if begun:
        next(polling)
    place.stall()
    ended: list[SourceError | None] = []

    def go_on() -> None:
        try:
            list(polling)
        except SourceError as error:
            ended.append(error)
        else:
            ended.append(None)

    thread = threading.Thread(target=go_on)
    thread.start()
    thread.join(0.3)
    source.close()
    thread.join(GIVES_UP_AFTER_S)
    assert not thread.is_alive()
    (error,) = ended
    assert error is not None
    assert error.code == "source_stopped"
    place.recover()


def test_a_moved_item_stays_the_same_activity(place: MailboxPlace, clock: MovingClock) -> None:
    put = [place.add(n) for n in range(3)]
    captures, cursor, _ = take_all(place, clock)
    identity = {one.external_id: one.identity for one in captures}[put[1]]
    there = place.move(put[1])
    source = build(place, clock)
    gone: list[str] = []
    came: list[Capture] = []
    for batch in source.poll(cursor):
        gone += batch.removed
        came += batch.captures
    assert sorted(source.inventory()) == sorted([put[0], there, put[2]])
    source.close()
    assert {one.identity for one in came} <= {identity}
    assert (put[1] in gone) == (there != put[1])
    # Told again even under the same name: a rule about folders may decide otherwise there.
    assert [one.external_id for one in came] == [there]


def test_a_wrong_password_is_tried_once(place: MailboxPlace, clock: MovingClock) -> None:
    put = place.add(0)
    place.refuse_sign_in()
    surroundings = around(place, clock)
    before = place.sign_ins()
    for attempt in range(3):
        source = registry.build("it", place.settings(), surroundings)
        with pytest.raises(SourceAuthFailed) as caught:
            list(source.poll(None))
        with pytest.raises(SourceAuthFailed):
            list(source.inventory())
        source.close()
        assert place.sign_ins() == before + 1, attempt
    for language in messages.LANGUAGES:
        assert messages.text(caught.value.code, language, **caught.value.params)
    place.recover()
    captures, _, _ = take_all(place, clock)
    assert ids_of(captures) == [put]

"""The contract of ``agent.capture.base.Source``, run over every registered source."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from agent import messages
from agent.capture import registry
from agent.capture.base import Batch, Capture, Source
from agent.errors import CursorExpired, Misconfigured, SourceUnavailable
from tests.conformance.moving_clock import MovingClock
from tests.conformance.place import Place
from tests.conformance.places import PLACES
from tests.conformance.surroundings import around

MANY = 130
"""More than two batches of every source."""


@dataclass
class Taken:
    """What a run over some batches brought."""

    cursor: str | None = None
    captures: list[Capture] = field(default_factory=list)
    broken: dict[str, str] = field(default_factory=dict)
    accounted: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    batches: int = 0

    @property
    def ids(self) -> list[str]:
        return [capture.external_id for capture in self.captures]

    def add(self, batch: Batch) -> None:
        self.cursor = batch.cursor
        self.captures += batch.captures
        self.broken |= {seen.external_id: seen.code for seen in batch.broken}
        self.removed += batch.removed
        self.batches += 1
        seen = (*batch.excluded, *batch.broken, *batch.pending)
        self.accounted += [one.external_id for one in (*batch.captures, *seen)]


def take(source: Source, cursor: str | None = None, *, batches: int | None = None) -> Taken:
    taken = Taken(cursor)
    polling = source.poll(cursor)
    for batch in polling:
        taken.add(batch)
        if taken.batches == batches:
            polling.close()  # type: ignore[attr-defined]
            break
    return taken


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock()


@pytest.fixture(params=sorted(registry.SOURCES))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def place(kind: str, tmp_path: Path, clock: MovingClock) -> Iterator[Place]:
    assert kind in PLACES, f"{kind} has no place in tests/conformance/places.py"
    place = PLACES[kind](tmp_path, clock)
    yield place
    place.close()


@pytest.fixture
def source(place: Place, clock: MovingClock) -> Iterator[Source]:
    source = again(place, clock)
    yield source
    source.close()


def again(place: Place, clock: MovingClock) -> Source:
    """A new process: nothing is remembered but the cursor."""
    return registry.build("it", place.settings(), around(place, clock))


def test_knows_its_type(source: Source, kind: str) -> None:
    assert source.type == kind


def test_takes_everything_once(source: Source, place: Place) -> None:
    put = {place.add(n) for n in range(MANY)}
    taken = take(source)
    assert sorted(taken.ids) == sorted(put)
    assert taken.broken == {}


def test_captures_are_sound(source: Source, place: Place, clock: MovingClock, kind: str) -> None:
    place.add(1)
    (capture,) = take(source).captures
    assert capture.source == kind
    assert capture.identity.partition(":")[2]
    assert capture.version
    assert capture.occurred_at.utcoffset() == timedelta(0)
    assert capture.occurred_at <= clock.now()
    capture.text.encode()
    capture.subject.encode()


def test_progress_is_told(source: Source, place: Place) -> None:
    for n in range(MANY):
        place.add(n)
    steps = [(batch.done, batch.total) for batch in source.poll(None)]
    assert steps == sorted(steps)
    assert all(done <= total or total == 0 for done, total in steps)


def test_goes_on_after_every_batch(source: Source, place: Place, clock: MovingClock) -> None:
    put = {place.add(n) for n in range(MANY)}
    batches = take(source).batches
    assert batches > 1
    for stop in range(1, batches + 1):
        before = take(again(place, clock), batches=stop)
        after = take(again(place, clock), before.cursor)
        assert set(before.ids) | set(after.ids) == put
        assert not set(before.ids) & set(after.ids)


def test_cursor_is_never_ahead(source: Source, place: Place, clock: MovingClock) -> None:
    """Only what came with or before a cursor may be missing behind it: at least once."""
    put = {place.add(n) for n in range(MANY)}
    safe: set[str] = set()
    for batch in source.poll(None):
        safe |= {capture.external_id for capture in batch.captures}
        behind = take(again(place, clock), batch.cursor)
        assert set(behind.ids) >= put - safe


def test_nothing_new_gives_nothing(source: Source, place: Place, clock: MovingClock) -> None:
    for n in range(5):
        place.add(n)
    cursor = take(source).cursor
    assert take(source, cursor).accounted == []
    assert take(again(place, clock), cursor).accounted == []


def test_empty_place_gives_nothing(source: Source) -> None:
    assert take(source).accounted == []


def test_new_item_comes_alone(source: Source, place: Place) -> None:
    for n in range(3):
        place.add(n)
    cursor = take(source).cursor
    put = place.add(3)
    assert take(source, cursor).ids == [put]


def test_changed_item_keeps_its_identity(source: Source, place: Place, clock: MovingClock) -> None:
    put = [place.add(n) for n in range(3)]
    first = take(source)
    before = {capture.external_id: capture for capture in first.captures}
    changed = place.change(put[1])
    second = take(again(place, clock), first.cursor)
    assert second.ids == [changed]
    after = second.captures[0]
    assert after.identity == before[put[1]].identity
    assert (after.external_id, after.version) != (put[1], before[put[1]].version)
    place.change(changed)
    third = take(again(place, clock), second.cursor)
    assert [one.identity for one in third.captures] == [before[put[1]].identity]


def test_reading_again_gives_the_same_identities(
    source: Source, place: Place, clock: MovingClock
) -> None:
    for n in range(5):
        place.add(n)
    once = {one.external_id: one.identity for one in take(source).captures}
    twice = {one.external_id: one.identity for one in take(again(place, clock)).captures}
    assert once == twice
    assert len(set(once.values())) == 5


def test_removed_item_is_reported_once(source: Source, place: Place) -> None:
    put = [place.add(n) for n in range(3)]
    cursor = take(source).cursor
    place.remove(put[0])
    after = take(source, cursor)
    assert after.removed == [put[0]]
    assert after.ids == []
    assert take(source, after.cursor).removed == []


def test_broken_item_stops_nobody(source: Source, place: Place, clock: MovingClock) -> None:
    put = {place.add(n) for n in range(3)}
    bad = place.break_one()
    taken = take(source)
    assert set(taken.ids) == put
    assert set(taken.broken) == {bad}
    for language in messages.LANGUAGES:
        assert messages.text(taken.broken[bad], language)
    assert take(again(place, clock), taken.cursor).accounted == [], "and is not told every minute"


def test_may_be_closed_at_any_point(source: Source, place: Place) -> None:
    put = {place.add(n) for n in range(MANY)}
    for stop in range(3):
        polling = source.poll(None)
        for _ in range(stop):
            next(polling)
        polling.close()  # type: ignore[attr-defined]
    assert set(take(source).ids) == put


def test_inventory_is_everything_seen(source: Source, place: Place) -> None:
    for n in range(MANY):
        place.add(n)
    place.break_one()
    assert sorted(source.inventory()) == sorted(take(source).accounted)


def test_out_of_reach_and_back(source: Source, place: Place) -> None:
    put = place.add(0)
    cursor = take(source).cursor
    place.vanish()
    with pytest.raises(SourceUnavailable) as caught:
        take(source, cursor)
    assert caught.value.retry_after
    for language in messages.LANGUAGES:
        assert messages.text(caught.value.code, language, **caught.value.params)
    with pytest.raises(SourceUnavailable):
        list(source.inventory())
    place.come_back()
    assert take(source, cursor).accounted == []
    assert list(source.inventory()) == [put]


@pytest.mark.parametrize("cursor", ["", "{}", "no cursor", json.dumps({"v": 0}), "[" * 50_000])
def test_foreign_cursor_is_refused(source: Source, place: Place, cursor: str) -> None:
    place.add(0)
    with pytest.raises(CursorExpired):
        take(source, cursor)


def test_every_fault_of_the_settings_at_once(place: Place, clock: MovingClock) -> None:
    settings = {**place.settings(), "passwort": "hunter2", "colour": "hunter3"}
    with pytest.raises(Misconfigured) as caught:
        registry.build("mine", settings, around(place, clock))
    assert {problem[1]["setting"] for problem in caught.value.problems} == {"passwort", "colour"}
    for code, params in caught.value.problems:
        for language in messages.LANGUAGES:
            message = messages.text(code, language, **params)
            assert "mine" in message
            assert "hunter" not in message
    assert "hunter" not in repr(caught.value.problems)

"""Meetings that are deleted in real calendars: what the server of the company hears of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import pytest

from agent.capture.base import Source
from agent.capture.graph.source import GraphSource
from agent.contract.activity import Activity
from agent.testing import FrozenClock
from tests.agent.capture.calendarfiles.calendars import Calendars, calendar, event
from tests.agent.capture.exchange.box import Box
from tests.agent.capture.graph.desk import desk as make_desk
from tests.agent.making import ME, WANG, Laptop
from tests.conformance.moving_clock import MovingClock
from tests.servers.ews.calendar import Moved, Series, Told
from tests.servers.ews.store import Item
from tests.servers.graph.mailbox import person, zoned

UID = "040000008200E00074C5B7101A82E008".ljust(112, "0")
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)


class Place(Protocol):
    """A calendar of one kind. A series is weekly; its occurrences are counted from 0."""

    clock: MovingClock

    def source(self) -> Source: ...
    def put(self, start: datetime, count: int = 1) -> None:
        """The meeting, in place of whatever there was."""

    def take_out(self, number: int) -> None: ...
    def move(self, number: int, start: datetime) -> None: ...
    def delete(self) -> None: ...
    def close(self) -> None: ...


class InExchange:
    def __init__(self, root: Path) -> None:
        self.box = Box(root)
        self.clock = self.box.clock
        self._series: Series | None = None
        self._id = ""

    def source(self) -> Source:
        return self.box.build(since_days=30)

    def put(self, start: datetime, count: int = 1) -> None:
        if self._id:
            self.delete()
        told = Told(subject="周会", organizer=("李", ME), required=[("王", WANG, "Accept")])
        local = start.replace(tzinfo=None) + 8 * HOUR
        self._series = Series("m@x", local, HOUR, told, every=7 * (count > 1), count=count)
        item = Item(id="", folder="", item_class="IPM.Appointment", series=self._series)
        self._id = self.box.store.add(self.box.store.calendar, item)

    def take_out(self, number: int) -> None:
        assert self._series is not None
        self._series.exceptions[self._series.originals()[number]] = None
        self.box.store.change(self._id)

    def move(self, number: int, start: datetime) -> None:
        assert self._series is not None
        original = self._series.originals()[number]
        self._series.exceptions[original] = Moved(start, start + HOUR, self._series.told)
        self.box.store.change(self._id)

    def delete(self) -> None:
        self.box.store.remove(self._id)
        self._id = ""

    def close(self) -> None:
        self.box.server.close()


class InGraph:
    def __init__(self, root: Path) -> None:
        self.desk = make_desk(root / "graph")
        self.clock = self.desk.clock
        self.desk.options["since_days"] = 30
        self._key = ""

    def source(self) -> Source:
        return GraphSource("it", self.desk.settings(), self.desk.around)

    def put(self, start: datetime, count: int = 1) -> None:
        if self._key:
            self.delete()
        about: dict[str, Any] = {
            "iCalUId": UID,
            "organizer": person(ME),
            "attendees": [{**person(WANG), "status": {"response": "accepted"}}],
        }
        mailbox = self.desk.server.mailbox
        if count == 1:
            self._key = mailbox.add_event(start=start, **about)
            return
        self._key = mailbox.add_series([start + n * WEEK for n in range(count)], **about)

    def turn_into_series(self, start: datetime, count: int) -> None:
        """The single meeting becomes the master: its id stays."""
        mailbox = self.desk.server.mailbox
        single = mailbox.events.pop(self._key).fields
        made = mailbox.add_series(
            [start + n * WEEK for n in range(count)],
            **{name: single[name] for name in ("iCalUId", "organizer", "attendees")},
        )
        for key in [key for key in mailbox.events if key.startswith(made)]:
            one = mailbox.events.pop(key)
            one.key = key.replace(made, self._key)
            one.master = one.master and self._key
            mailbox.events[one.key] = one
            mailbox.edit_event(one.key)

    def take_out(self, number: int) -> None:
        self.desk.server.mailbox.delete_event(f"{self._key}.{number}")

    def move(self, number: int, start: datetime) -> None:
        self.desk.server.mailbox.make_exception(
            f"{self._key}.{number}", start=zoned(start), end=zoned(start + HOUR)
        )

    def delete(self) -> None:
        self.desk.server.mailbox.delete_event(self._key)
        self._key = ""

    def close(self) -> None:
        self.desk.server.close()


@dataclass
class InFile:
    root: Path
    exceptions: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.files = Calendars(self.root / "files", since_days=30)
        self.files.folder.mkdir()
        self.clock = self.files.clock

    def source(self) -> Source:
        return self.files.source()

    def put(self, start: datetime, count: int = 1) -> None:
        self.start, self.count = start, count
        self.exceptions = []
        self._write()

    def _write(self, name: str = "a.ics") -> None:
        people = (f"ORGANIZER:mailto:{ME}", f"ATTENDEE:mailto:{WANG}")
        rule = [f"RRULE:FREQ=WEEKLY;COUNT={self.count}"] if self.count > 1 else []
        rule += [one for one in self.exceptions if one.startswith("EXDATE")]
        ends = f"DTEND:{self._text(self.start + HOUR)}"
        made = [event(ends, *people, *rule, uid="m@x", start=f":{self._text(self.start)}")]
        made += [one for one in self.exceptions if one.startswith("BEGIN")]
        # Not twice in the same state to the clock of the file system.
        self._writes = getattr(self, "_writes", 0) + 1
        self.files.put(calendar(*made), name, age_s=600 - self._writes)

    def _text(self, moment: datetime) -> str:
        return f"{moment:%Y%m%dT%H%M%SZ}"

    def take_out(self, number: int) -> None:
        self.exceptions.append(f"EXDATE:{self._text(self.start + number * WEEK)}")
        self._write()

    def move(self, number: int, start: datetime) -> None:
        original = self._text(self.start + number * WEEK)
        people = (f"ORGANIZER:mailto:{ME}", f"ATTENDEE:mailto:{WANG}")
        ends = f"DTEND:{self._text(start + HOUR)}"
        self.exceptions.append(
            event(
                f"RECURRENCE-ID:{original}",
                ends,
                *people,
                uid="m@x",
                start=f":{self._text(start)}",
            )
        )
        self._write()

    def delete(self) -> None:
        (self.files.folder / "a.ics").unlink()

    def close(self) -> None:
        pass


PLACES: dict[str, Callable[[Path], Place]] = {
    "exchange": InExchange,
    "graph": InGraph,
    "calendarfiles": InFile,
}


class Reader:
    """The laptop; each ``told`` is a new process of the agent."""

    def __init__(self, root: Path, place: Place) -> None:
        self.place = place
        self.laptop = Laptop(root, {})

    def read(self) -> None:
        self.laptop.clock = FrozenClock(self.place.clock.now())
        self.laptop.sources = {"cal": self.place.source()}  # type: ignore[dict-item]
        self.laptop.once()

    def told(self) -> list[Activity]:
        self.read()
        return sorted(self.laptop.server.activities.values(), key=lambda one: one.occurred_at)

    def cancelled(self) -> list[bool]:
        return [one.signals.cancelled for one in self.told()]


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    made = PLACES[request.param](tmp_path)
    yield made
    made.close()


@pytest.fixture
def reader(place: Place, tmp_path: Path) -> Reader:
    return Reader(tmp_path, place)


def test_deleted_put_back_and_past(place: Place, reader: Reader) -> None:
    start = place.clock.now() + DAY
    place.put(start)
    assert reader.cancelled() == [False]
    place.delete()
    assert reader.cancelled() == [True]
    place.put(start)
    (told,) = reader.told()
    assert (told.signals.cancelled, told.revision) == (False, 3)
    place.clock.forward(2 * DAY.total_seconds())
    reader.read()
    place.delete()
    assert reader.told() == [told], "it has taken place"


def test_one_day_of_a_series_moved_another_taken_out_the_rest_deleted(
    place: Place, reader: Reader
) -> None:
    now = place.clock.now()
    starts = [now - 6 * DAY + n * WEEK for n in range(5)]
    place.put(starts[0], count=5)
    assert reader.cancelled() == [False] * 5
    place.take_out(2)
    place.move(3, starts[3] + 5 * HOUR)
    assert reader.cancelled() == [False, False, True, False, False]
    assert [one.occurred_at for one in reader.told()][3] == starts[3] + 5 * HOUR
    place.delete()
    assert reader.cancelled() == [False, True, True, True, True]


def test_a_window_that_rolls_on_calls_nothing_off(place: Place, reader: Reader) -> None:
    place.put(place.clock.now() + DAY, count=8)
    for _ in range(5):
        assert not any(reader.cancelled())
        place.clock.forward(2.5 * WEEK.total_seconds())
    assert not any(reader.cancelled())
    assert {one.revision for one in reader.told()} == {1}


def test_a_laptop_that_slept_longer_than_it_looks_back(place: Place, reader: Reader) -> None:
    place.put(place.clock.now() + DAY)
    reader.read()
    place.clock.forward(timedelta(days=90).total_seconds())
    assert reader.cancelled() == [False]
    assert reader.cancelled() == [False]


def test_a_clock_that_was_set_back_and_put_right(place: Place, reader: Reader) -> None:
    place.put(place.clock.now() + 50 * DAY)
    assert reader.cancelled() == [False]
    place.clock.forward(-20 * DAY.total_seconds())
    reader.read()
    place.clock.forward(20 * DAY.total_seconds())
    assert reader.cancelled() == [False]


@pytest.mark.parametrize("kind", PLACES)
def test_a_meeting_that_becomes_a_series_is_one_of_it(kind: str, tmp_path: Path) -> None:
    place = PLACES[kind](tmp_path)
    try:
        reader = Reader(tmp_path, place)
        start = place.clock.now() + DAY
        place.put(start)
        reader.read()
        if isinstance(place, InGraph):
            place.turn_into_series(start, count=2)
        else:
            place.put(start, count=2)
        standing = [one.occurred_at for one in reader.told() if not one.signals.cancelled]
        assert standing == [start, start + WEEK]
    finally:
        place.close()


def test_a_file_that_is_renamed_cut_off_or_hidden_holds_what_it_held(tmp_path: Path) -> None:
    place = InFile(tmp_path)
    reader = Reader(tmp_path, place)
    place.put(place.clock.now() + DAY)
    reader.read()
    file = place.files.folder / "a.ics"
    whole = file.read_bytes()
    place.files.put(whole[:-20], age_s=500)
    assert reader.cancelled() == [False], "cut off"
    place.files.put(whole, age_s=400)
    reader.read()
    (place.files.folder / "客户").mkdir()
    file.rename(place.files.folder / "客户" / "b.ics")
    assert reader.cancelled() == [False], "moved"
    place.files.folder.rename(tmp_path / "away")
    assert reader.cancelled() == [False], "the whole folder is out of reach"
    (tmp_path / "away").rename(place.files.folder)
    place.clock.forward(60)  # so long it is left alone
    (told,) = reader.told()
    assert (told.revision, told.signals.cancelled) == (1, False)
    (place.files.folder / "客户" / "b.ics").unlink()
    assert reader.cancelled() == [True]

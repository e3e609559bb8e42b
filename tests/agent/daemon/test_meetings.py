"""Meetings that vanish from the calendar before they are over, and those that do so afterwards."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from agent.capture.base import Batch, Capture, Seen
from agent.capture.meetings import Invited, Meeting, compose_meeting
from agent.contract.activity import Activity, Signals
from agent.contract.policy import Exclusions
from agent.errors import CursorExpired, SourceUnavailable
from agent.outbox import schema
from agent.outbox.forgetting import Target
from agent.outbox.store import Store
from agent.rules.identity import activity_id
from agent.testing import FrozenClock
from tests.agent.daemon.turns import bench
from tests.agent.making import ME, WANG, Laptop

NOW = FrozenClock().now()
TOMORROW = NOW + timedelta(days=1)


def meeting(
    name: str = "m", *, at: datetime = TOMORROW, external_id: str = "", **fields: Any
) -> Capture:
    version = fields.pop("version", "1")
    made = {
        "uid": f"{name}@x",
        "start": at,
        "end": at + timedelta(hours=1),
        "subject": "方案评审",
        "text": "讨论价格",
        "organizer": Invited("李雷", ME),
        "attendees": (Invited("王芳", WANG),),
        **fields,
    }
    return compose_meeting(
        Meeting(**made), source="list", external_id=external_id or name, version=version
    )


@dataclass
class Calendar:
    """A calendar that tells what changed, and what is gone."""

    held: dict[str, Capture] = field(default_factory=dict)
    type: str = "list"
    watched: Path | None = None
    pending: list[Seen] = field(default_factory=list)
    fault: SourceUnavailable | None = None
    expired: bool = False
    renumbered: bool = False
    """Everything is gone as a whole, and told again in a later batch."""

    def put(self, *captures: Capture) -> None:
        self.held |= {one.external_id: one for one in captures}

    def poll(self, cursor: str | None) -> Iterator[Batch]:
        if self.expired and cursor is not None:
            self.expired = False
            raise CursorExpired
        known: dict[str, str] = json.loads(cursor or "{}")
        if self.renumbered:
            known, self.renumbered = {}, False
            yield Batch(cursor="{}", emptied=("",))
        gone = tuple(key for key in known if key not in self.held)
        known = {key: version for key, version in known.items() if key in self.held}
        if gone or self.pending:
            yield Batch(cursor=json.dumps(known), removed=gone, pending=tuple(self.pending))
        if self.fault is not None:
            raise self.fault
        for key, capture in self.held.items():
            if known.get(key) != capture.version:
                known[key] = capture.version
                yield Batch(cursor=json.dumps(known), captures=(capture,))

    def inventory(self) -> Iterator[str]:
        yield from self.held
        yield from (seen.external_id for seen in self.pending)

    def close(self) -> None:
        pass


class Desk(Laptop):
    def told(self, name: str = "m") -> Activity:
        self.once()
        return self.server.activities[activity_id(f"ical:{name}@x")]

    def reason(self, name: str = "m") -> str:
        return self.told(name).contact.reason

    def kept(self) -> int:
        store = Store.open(self.settings.state_dir, clock=self.clock)
        try:
            with store.database.read() as tx:
                return tx.execute(select(func.count()).select_from(schema.upcoming)).scalar_one()
        finally:
            store.close()


@pytest.fixture
def calendar() -> Calendar:
    return Calendar()


@pytest.fixture
def desk(tmp_path: Path, calendar: Calendar) -> Desk:
    return Desk(tmp_path, {"cal": calendar})  # type: ignore[dict-item]


def test_one_that_is_deleted_before_its_time_is_called_off(desk: Desk, calendar: Calendar) -> None:
    calendar.put(meeting())
    assert desk.reason() == "meeting_future"
    calendar.held.clear()
    told = desk.told()
    assert (told.contact.reason, told.revision) == ("meeting_cancelled", 2)
    assert told.signals == Signals(cancelled=True, personal=True)
    assert told.text == ""
    assert told.subject == "方案评审"
    assert desk.told() == told, "said once"
    assert desk.kept() == 0


def test_one_that_comes_back_is_told_again(desk: Desk, calendar: Calendar) -> None:
    calendar.put(meeting())
    desk.once()
    calendar.held.clear()
    assert desk.reason() == "meeting_cancelled"
    calendar.put(meeting())
    told = desk.told()
    assert (told.contact.reason, told.revision, told.text) == ("meeting_future", 3, "讨论价格")
    calendar.held.clear()
    assert desk.told().revision == 4


def test_one_that_stood_there_when_it_was_over_has_taken_place(
    desk: Desk, calendar: Calendar
) -> None:
    calendar.put(meeting())
    desk.once()
    desk.clock.advance(days=2)
    desk.once()
    assert desk.kept() == 0
    calendar.held.clear()
    assert desk.told().revision == 1
    assert not desk.told().signals.cancelled


def test_cancelled_after_it_took_place_it_still_took_place(desk: Desk, calendar: Calendar) -> None:
    calendar.put(meeting())
    desk.once()
    desk.clock.advance(days=2)
    desk.once()
    calendar.put(meeting(version="2", cancelled=True))
    assert not desk.told().signals.cancelled
    calendar.put(meeting(version="3", subject="会议纪要"))
    assert desk.told().subject == "会议纪要"
    assert desk.told().contact.reason == "meeting_held"


def test_what_happened_while_the_laptop_was_off_is_known_afterwards(
    desk: Desk, calendar: Calendar
) -> None:
    calendar.put(meeting("deleted"), meeting("cancelled"), meeting("kept"))
    desk.once()
    desk.clock.advance(days=2)
    del calendar.held["deleted"]
    calendar.put(meeting("cancelled", version="2", cancelled=True))
    assert desk.reason("deleted") == "meeting_cancelled"
    assert desk.reason("cancelled") == "meeting_cancelled"
    assert desk.reason("kept") == "meeting_future", "the server knows what time it is"
    assert desk.told("kept").revision == 1


def test_one_that_was_never_told_while_it_was_to_come_is_past(
    desk: Desk, calendar: Calendar
) -> None:
    calendar.put(meeting(at=NOW - timedelta(days=3)))
    assert desk.reason() == "meeting_held"
    assert desk.kept() == 0
    calendar.held.clear()
    assert desk.reason() == "meeting_held"


def test_rescheduled_it_is_kept_until_its_new_end(desk: Desk, calendar: Calendar) -> None:
    calendar.put(meeting())
    desk.once()
    calendar.put(meeting(at=TOMORROW + timedelta(days=5), version="2"))
    assert desk.told().revision == 2
    desk.clock.advance(days=2)
    desk.once()
    calendar.held.clear()
    assert desk.reason() == "meeting_cancelled"


def test_told_as_cancelled_there_is_nothing_to_call_off(desk: Desk, calendar: Calendar) -> None:
    calendar.put(meeting())
    desk.once()
    calendar.put(meeting(version="2", cancelled=True))
    told = desk.told()
    assert told.signals == Signals(cancelled=True)
    calendar.held.clear()
    assert desk.told() == told


@pytest.mark.parametrize(
    ("fields", "signals", "reason"),
    [
        ({"declined": True}, Signals(declined=True, personal=True), "meeting_declined"),
        (
            {"attendees": (Invited("王芳", WANG, "declined"),)},
            Signals(declined=True),
            "meeting_declined",
        ),
        (
            {"attendees": (Invited("王芳", WANG, "declined"),), "declined": True},
            Signals(declined=True),
            "meeting_declined",
        ),
        ({"attendees": (Invited("王芳", WANG, "tentative"),)}, Signals(), "meeting_future"),
        (
            {"subject": "已取消: 方案评审", "declined": True},
            Signals(cancelled=True, declined=True),
            "meeting_cancelled",
        ),
    ],
)
def test_who_declined_and_for_whom_it_speaks(
    desk: Desk, calendar: Calendar, fields: dict[str, Any], signals: Signals, reason: str
) -> None:
    calendar.put(meeting())
    desk.once()
    calendar.put(meeting(version="2", **fields))
    told = desk.told()
    assert (told.signals, told.contact.reason) == (signals, reason)


def test_moved_within_its_calendar_it_is_there(desk: Desk, calendar: Calendar) -> None:
    calendar.put(meeting())
    desk.once()
    calendar.held.clear()
    calendar.put(meeting(external_id="elsewhere"))
    assert desk.told().revision == 1
    calendar.held.clear()
    assert desk.reason() == "meeting_cancelled"


def test_another_source_that_holds_it_keeps_it(desk: Desk, calendar: Calendar) -> None:
    other = Calendar()
    desk.sources = {"cal": calendar, "file": other}  # type: ignore[dict-item]
    calendar.put(meeting())
    other.put(meeting(external_id="a.ics#m@x"))
    desk.once()
    calendar.held.clear()
    assert desk.told().revision == 1
    other.held.clear()
    assert desk.reason() == "meeting_cancelled"
    other.put(meeting(external_id="a.ics#m@x"))
    assert desk.reason() == "meeting_future"


def test_a_resync_is_no_deletion(desk: Desk, calendar: Calendar) -> None:
    calendar.put(meeting(), meeting("n"))
    desk.once()
    calendar.renumbered = True
    assert desk.told().revision == 1
    calendar.expired = True
    assert desk.told().revision == 1
    del calendar.held["n"]
    calendar.renumbered = True
    assert desk.told("n").signals.cancelled
    assert desk.told().revision == 1


def test_a_resync_that_is_cut_ends_right(desk: Desk, calendar: Calendar) -> None:
    calendar.put(meeting())
    desk.once()
    calendar.renumbered = True
    calendar.fault = SourceUnavailable("server_down")
    desk.once()
    calendar.fault = None
    told = desk.told()
    assert told.contact.reason == "meeting_future"


def test_nobody_is_judged_while_a_file_is_being_written(tmp_path: Path, calendar: Calendar) -> None:
    calendar.put(meeting())
    with bench(tmp_path, calendar) as at:
        at.turn(asked=False)
        calendar.held.clear()
        calendar.pending = [Seen("b.ics", "1", "item_growing")]
        at.turn(asked=False)
        calendar.pending = []
        calendar.put(meeting(external_id="b.ics#m@x"))
        at.turn(asked=False)
        assert at.store.queue.status().pending == 1
        calendar.held.clear()
        at.turn(asked=False)
        assert at.store.queue.status().pending == 2


def test_a_source_out_of_reach_calls_nothing_off(desk: Desk, calendar: Calendar) -> None:
    calendar.put(meeting())
    desk.once()
    calendar.fault = SourceUnavailable("folder_missing")
    desk.clock.advance(hours=5)
    assert desk.told().revision == 1
    assert desk.kept() == 1


def test_without_its_customer_it_is_no_meeting_with_them(desk: Desk, calendar: Calendar) -> None:
    calendar.put(meeting())
    desk.once()
    calendar.put(meeting(version="2", attendees=(Invited("", "colleague@us.example"),)))
    assert desk.reason() == "meeting_cancelled"
    calendar.put(meeting(version="3"))
    assert desk.reason() == "meeting_future"


def test_what_became_private_is_spoken_of_no_more(desk: Desk, calendar: Calendar) -> None:
    calendar.put(meeting())
    desk.once()
    calendar.put(meeting(version="2", sensitivity="private"))
    desk.once()
    calendar.held.clear()
    told = desk.told()
    assert (told.revision, told.signals.cancelled) == (1, False)


def test_what_is_forgotten_is_forgotten(desk: Desk, calendar: Calendar) -> None:
    calendar.put(meeting())
    desk.once()
    store = Store.open(desk.settings.state_dir, clock=desk.clock)
    try:
        store.forgetting.forget(Target("address", WANG), now=desk.clock.now())
    finally:
        store.close()
    assert desk.kept() == 0
    for file in desk.settings.state_dir.glob("agent.db*"):
        assert "方案评审".encode() not in file.read_bytes()
    calendar.held.clear()
    desk.once()
    assert [one.revision for one in desk.server.activities.values()] in ([], [1])


def test_new_rules_reach_it(desk: Desk, calendar: Calendar) -> None:
    calendar.put(meeting())
    desk.once()
    store = Store.open(desk.settings.state_dir, clock=desk.clock)
    try:
        store.recall((Exclusions(exclude=("*@huarui.example",)),), now=desk.clock.now())
    finally:
        store.close()
    assert desk.kept() == 0


def test_a_store_begun_anew_goes_on_above_the_old_numbers(
    desk: Desk, calendar: Calendar, tmp_path: Path
) -> None:
    calendar.put(meeting())
    desk.once()
    (tmp_path / "state" / "agent.db").write_bytes(b"not a database" * 100)
    for suffix in ("-wal", "-shm"):
        (tmp_path / "state" / f"agent.db{suffix}").unlink(missing_ok=True)
    desk.once()
    calendar.held.clear()
    told = desk.told()
    assert told.contact.reason == "meeting_cancelled"
    assert told.revision > 1000


def test_a_series_deleted_half_way(desk: Desk, calendar: Calendar) -> None:
    days = [NOW + timedelta(days=n) for n in (-14, -7, 7, 14)]
    calendar.put(
        *(meeting(at=day, recurs_at=day, external_id=f"s/{n}") for n, day in enumerate(days))
    )
    desk.once()
    calendar.held.clear()
    desk.once()
    held = {one.occurred_at: one.contact.reason for one in desk.server.activities.values()}
    assert list(map(held.get, days)) == ["meeting_held"] * 2 + ["meeting_cancelled"] * 2

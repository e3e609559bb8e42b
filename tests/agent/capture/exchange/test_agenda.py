"""Meetings: the occurrences of the calendar as a person sees them there."""

from datetime import UTC, datetime, timedelta

from tests.agent.capture.exchange.box import Box
from tests.servers.ews.calendar import Moved, Series, Told
from tests.servers.ews.store import Item

UID = "040000008200E00074C5B7101A82E00800000000A0B1C2D3E4F5D60100000000000000001000000012345678"


def told(**values: object) -> Told:
    base = Told(
        subject="周会",
        body="讨论报价",
        location="苏州 会议室",
        organizer=("李", "li@example.com"),
        required=[
            ("张", "Zhang@Customer.example", "Accept"),
            ("王", "wang@customer.example", "Decline"),
            ("李", "li@example.com", "Unknown"),
        ],
        optional=[("陈", "chen@customer.example", "Tentative")],
    )
    for name, value in values.items():
        setattr(base, name, value)
    return base


def put(box: Box, series: Series) -> str:
    return box.store.add(
        box.store.calendar, Item(id="", folder="", item_class="IPM.Appointment", series=series)
    )


def weekly(**values: object) -> Series:
    return Series(
        uid=UID,
        start=datetime(2026, 11, 2, 10, 0),  # noqa: DTZ001 - local time in its zone
        length=timedelta(hours=1),
        told=told(**values),
        every=7,
        count=5,
    )


def at(day: int, hour: int = 2) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def test_a_series_with_exceptions(box: Box) -> None:
    series = weekly()
    series.exceptions[at(9)] = Moved(at(10, 6), at(10, 8), told(subject="改期的周会"))
    series.exceptions[at(16)] = None
    series.exceptions[at(23)] = Moved(at(23), at(23, 3), told(is_cancelled=True))
    put(box, series)
    found = {one.occurred_at: one for one in box.read().meetings}
    assert sorted(found) == [at(2), at(10, 6), at(23), at(30)]
    assert found[at(2)].ended_at == at(2, 3)
    assert found[at(10, 6)].subject == "改期的周会"
    assert found[at(10, 6)].identity == f"ical:{UID}/20261109T020000Z"
    assert found[at(23)].signals.cancelled
    assert not found[at(30)].signals.cancelled
    first = found[at(2)]
    assert first.folder == "日历"
    assert first.hints == ("苏州 会议室",)
    assert first.responses == {
        "zhang@customer.example": "accepted",
        "wang@customer.example": "declined",
        "chen@customer.example": "tentative",
        "li@example.com": "accepted",
    }
    assert [one.role for one in first.participants if one.email == "li@example.com"] == [
        "organizer"
    ]
    assert box.inventory() == sorted(one.external_id for one in found.values())
    assert box.read_on().batches == []


def test_only_what_changed_is_told_again(box: Box) -> None:
    series = weekly()
    id_ = put(box, series)
    first = {one.occurred_at: one for one in box.read().meetings}
    assert len(first) == 5
    series.exceptions[at(16)] = Moved(at(17), at(17, 3), series.told)
    series.exceptions[at(30)] = None
    box.store.change(id_)
    second = box.read_on()
    (moved,) = second.meetings
    assert moved.external_id == first[at(16)].external_id
    assert moved.identity == first[at(16)].identity
    assert moved.occurred_at == at(17)
    assert second.removed == [first[at(30)].external_id]
    assert box.read_on().batches == []


def test_a_series_that_is_deleted_takes_all_along(box: Box) -> None:
    id_ = put(box, weekly())
    first = box.read()
    box.store.remove(id_)
    second = box.read_on()
    assert sorted(second.removed) == sorted(one.external_id for one in first.meetings)
    assert second.captures == []
    assert box.inventory() == []


def test_one_of_its_own_declined_and_private(box: Box) -> None:
    series = weekly(mine="Decline", sensitivity="Private", categories=["客户"])
    series.every, series.count = 0, 1
    put(box, series)
    (one,) = box.read().meetings
    assert one.identity == f"ical:{UID}"
    assert one.signals.declined
    assert one.sensitivity == "private"
    assert one.categories == ("客户",)
    assert one.responses["li@example.com"] == "declined"


def test_the_clock_of_the_meeting_is_that_of_its_zone(box: Box) -> None:
    series = weekly()
    series.zone, series.start, series.count = (
        "W. Europe Standard Time",
        datetime(2026, 10, 19, 9, 0),  # noqa: DTZ001 - local time in its zone
        2,
    )
    put(box, series)
    times = sorted(one.occurred_at for one in box.read().meetings)
    assert times == [datetime(2026, 10, 19, 7, tzinfo=UTC), datetime(2026, 10, 26, 8, tzinfo=UTC)]


def test_the_window_rolls_on(box: Box) -> None:
    series = weekly()
    series.count = 40
    put(box, series)
    first = box.read(since_days=10)
    days = [one.occurred_at for one in first.meetings]
    assert min(days) == at(16)
    assert max(days) == datetime(2027, 1, 18, 2, tzinfo=UTC)
    box.clock.forward(7 * 86_400)
    second = box.read_on(since_days=10)
    assert [one.occurred_at for one in second.meetings] == [datetime(2027, 1, 25, 2, tzinfo=UTC)]
    assert second.removed == [], "what rolls out of the window is not gone"
    wider = box.read_on(since_days=60)
    assert sorted(one.occurred_at for one in wider.meetings) == [at(2), at(9), at(16)]


def test_a_full_calendar_is_asked_for_in_pieces(box: Box) -> None:
    box.server.operations.find_limit = 20
    series = weekly()
    series.every, series.count = 1, 60
    put(box, series)
    assert len(box.read().meetings) == 60
    assert len(box.inventory()) == 60


def test_a_lost_mark_tells_nothing_twice(box: Box) -> None:
    series = weekly()
    id_ = put(box, series)
    box.read()
    box.server.operations.forget_states()
    series.exceptions[at(16)] = None
    box.store.change(id_)
    taken = box.read_on()
    assert taken.meetings == []
    assert len(taken.removed) == 1


def test_a_pass_that_ends_early_goes_on(box: Box) -> None:
    series = weekly()
    series.every, series.count = 1, 400
    series.start = datetime(2026, 6, 1, 8, 0)  # noqa: DTZ001 - local time in its zone
    put(box, series)
    whole = box.read(calendar=True)
    seen: list[str] = []
    cursor = None
    for _ in range(10):
        part = box.read(cursor, pages=1)
        if not part.batches:
            break
        seen += [one.external_id for one in part.meetings]
        cursor = part.cursor
    assert len(seen) == len(set(seen)) == len(whole.meetings) > 220


def test_no_calendar_where_none_is_wanted(box: Box) -> None:
    put(box, weekly())
    first = box.read()
    off = box.read_on(calendar=False)
    assert off.emptied == ["calendar/"]
    assert box.inventory(calendar=False) == []
    assert len(box.read_on().meetings) == len(first.meetings)


def test_a_free_day_is_no_meeting_a_busy_one_is(box: Box) -> None:
    for uid, busy in (("holiday", "Free"), ("fair", "Busy")):
        series = weekly(all_day=True, busy=busy)
        series.uid, series.every, series.count = uid, 0, 1
        put(box, series)
    taken = box.read()
    assert [one.identity for one in taken.meetings] == ["ical:fair"]
    excluded = [one for batch in taken.batches for one in batch.excluded]
    assert [one.code for one in excluded] == ["item_all_day_note"]
    assert len(box.inventory()) == 2


def test_an_occurrence_that_cannot_be_read(box: Box) -> None:
    put(box, weekly())
    broken = weekly()
    broken.uid = "other"
    item = box.store.items[put(box, broken)]
    item.series.length = timedelta(hours=-1)  # type: ignore[union-attr]
    assert all(one.ended_at >= one.occurred_at for one in box.read().meetings if one.ended_at)

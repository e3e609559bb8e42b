"""Calendar files as a source: what goes beyond the conformance suite."""

from pathlib import Path

import pytest

from tests.agent.capture.calendarfiles.calendars import Calendars, at, calendar, event, starts


@pytest.fixture
def place(tmp_path: Path) -> Calendars:
    return Calendars(tmp_path)


def accounted(place: Calendars) -> list[str]:
    return sorted(
        one.external_id
        for batch in place.look()
        for one in (*batch.captures, *batch.excluded, *batch.broken, *batch.pending)
    )


def test_all_that_an_invitation_says(place: Calendars) -> None:
    place.put(
        calendar(
            event(
                "DTEND;TZID=Asia/Shanghai:20261120T113000",
                "SUMMARY:方案沟通\\, 第二次",
                "DESCRIPTION:预算九万\\n下周定",
                "LOCATION:苏州精密三楼",
                'ORGANIZER;CN="李雷: 销售":MAILTO:Li@Ours.example',
                "ATTENDEE;CN=王磊;PARTSTAT=ACCEPTED:mailto:wang@customer.example",
                "ATTENDEE;CN=韩梅;PARTSTAT=DECLINED;EMAIL=han@customer.example:urn:uuid:7",
                "ATTENDEE;CUTYPE=ROOM;CN=三楼会议室:mailto:room3@ours.example",
                "CLASS:PRIVATE",
                "CATEGORIES:客户,重要",
            ),
            head="METHOD:REQUEST\r\nX-WR-CALNAME:工作\r\n",
        ),
        "华锐/a.ics",
    )
    capture = place.only()
    assert capture.identity == "ical:u1@x"
    assert capture.kind == "meeting"
    assert (capture.occurred_at, capture.ended_at) == (
        at("2026-11-20T02:00Z"),
        at("2026-11-20T03:30Z"),
    )
    assert capture.subject == "方案沟通, 第二次"
    assert capture.text == "预算九万\n下周定"
    assert [(one.role, one.name, one.email) for one in capture.participants] == [
        ("organizer", "李雷: 销售", "li@ours.example"),
        ("attendee", "王磊", "wang@customer.example"),
        ("attendee", "韩梅", "han@customer.example"),
    ]
    assert capture.responses == {
        "wang@customer.example": "accepted",
        "han@customer.example": "declined",
    }
    assert capture.sensitivity == "private"
    assert capture.categories == ("客户", "重要")
    assert capture.hints == ("苏州精密三楼", "华锐")
    assert capture.folder == "工作"
    assert not capture.signals.cancelled


def test_series_with_all_that_can_happen_to_it(place: Calendars) -> None:
    zone = ";TZID=China Standard Time:"
    place.put(
        calendar(
            event(
                "DURATION:PT1H",
                "SUMMARY:周会",
                "RRULE:FREQ=WEEKLY;COUNT=5",
                f"EXDATE{zone}20261109T100000",
                f"RDATE{zone}20261111T150000",
                start=f"{zone}20261102T100000",
            ),
            event(
                f"RECURRENCE-ID{zone}20261116T100000",
                f"DTEND{zone}20261117T150000",
                "SUMMARY:改期",
                start=f"{zone}20261117T140000",
            ),
            event(
                f"RECURRENCE-ID{zone}20261123T100000",
                f"DTEND{zone}20261123T110000",
                "STATUS:CANCELLED",
                start=f"{zone}20261123T100000",
            ),
        )
    )
    found = {one.identity: one for one in place.captures()}
    assert sorted(found) == [
        "ical:u1@x/20261102T020000Z",
        "ical:u1@x/20261111T070000Z",
        "ical:u1@x/20261116T020000Z",
        "ical:u1@x/20261123T020000Z",
        "ical:u1@x/20261130T020000Z",
    ]
    moved = found["ical:u1@x/20261116T020000Z"]
    assert (moved.occurred_at, moved.subject) == (at("2026-11-17T06:00Z"), "改期")
    assert [key[-16:] for key, one in found.items() if one.signals.cancelled] == [
        "20261123T020000Z"
    ]


def test_exception_that_arrives_without_its_series(place: Calendars) -> None:
    place.put(calendar(event("RECURRENCE-ID:20261113T020000Z", start=":20261114T020000Z")))
    assert place.only().identity == "ical:u1@x/20261113T020000Z"


def test_this_and_all_that_follow(place: Calendars) -> None:
    place.put(
        calendar(
            event("DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=4", start=":20261101T020000Z"),
            event(
                "DURATION:PT1H",
                "RECURRENCE-ID;RANGE=THISANDFUTURE:20261103T020000Z",
                start=":20261103T040000Z",
            ),
        )
    )
    assert starts(place.captures()) == ["11-01 02:00", "11-02 02:00", "11-03 04:00", "11-04 04:00"]


def test_one_change_in_an_export_comes_alone(place: Calendars) -> None:
    def export(stamp: str, subject: str, *more: str) -> bytes:
        first = event(f"DTSTAMP:{stamp}", "SUMMARY:甲", "RRULE:FREQ=DAILY;COUNT=30", uid="s@x")
        other = event(f"DTSTAMP:{stamp}", f"SUMMARY:{subject}", uid="t@x")
        return calendar(first, other, *more)

    place.put(export("20261101T000000Z", "乙"))
    assert len(place.captures()) == 31
    place.put(export("20261102T000000Z", "乙"), age_s=500)
    assert place.captures() == [], "exported anew, nothing else"
    place.put(export("20261103T000000Z", "丙"), age_s=400)
    changed = place.only()
    assert (changed.identity, changed.subject) == ("ical:t@x", "丙")
    exception = event(
        "RECURRENCE-ID;TZID=Asia/Shanghai:20261122T100000",
        "SUMMARY:甲改",
        uid="s@x",
        start=";TZID=Asia/Shanghai:20261122T150000",
    )
    place.put(export("20261104T000000Z", "丙", exception), age_s=300)
    assert place.only().identity == "ical:s@x/20261122T020000Z"


def test_single_items_and_whole_files_go(place: Calendars) -> None:
    both = [event(uid="a@x"), event(uid="b@x")]
    place.put(calendar(*both))
    place.captures()
    place.put(calendar(both[1]), age_s=500)
    assert [batch.removed for batch in place.look()] == [("a.ics#a@x",)]
    assert list(place.source().inventory()) == ["a.ics#b@x"]
    (place.folder / "a.ics").unlink()
    assert [batch.removed for batch in place.look()] == [("a.ics#b@x",)]
    assert place.look() == []


def test_renamed_file_is_the_same_meetings_elsewhere(place: Calendars) -> None:
    place.put(calendar(event()))
    before = place.only()
    (place.folder / "a.ics").rename(place.folder / "b.ics")
    (batch,) = place.look()
    assert batch.removed == ("a.ics#u1@x",)
    assert [(one.external_id, one.identity) for one in batch.captures] == [
        ("b.ics#u1@x", before.identity)
    ]


def test_days_come_within_sight_and_leave_it(place: Calendars) -> None:
    place.settings["since_days"] = 2
    place.put(calendar(event("RRULE:FREQ=DAILY", start=";TZID=Asia/Shanghai:20260101T100000")))
    assert len(place.captures()) == 63
    assert place.look() == []
    place.clock.forward(24 * 3600)
    (batch,) = place.look()
    assert starts(list(batch.captures)) == ["01-23 02:00"]
    assert batch.removed == (), "past is not gone"
    assert place.look() == []
    place.clock.forward(3600)
    assert place.look() == []
    assert len(list(place.source().inventory())) == 63


def test_day_without_news_moves_only_the_cursor(place: Calendars) -> None:
    place.put(calendar(event()))
    place.captures()
    place.clock.forward(24 * 3600)
    assert accounted(place) == []
    assert place.look() == []


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_of_several_invitations_the_latest_holds(place: Calendars, order: tuple[int, ...]) -> None:
    states = [
        calendar(event("SEQUENCE:0", "SUMMARY:初定"), head="METHOD:REQUEST\r\n"),
        calendar(event("SEQUENCE:1", "SUMMARY:改期"), head="METHOD:REQUEST\r\n"),
        calendar(event("SEQUENCE:2", "SUMMARY:取消"), head="METHOD:CANCEL\r\n"),
    ]
    for age, n in enumerate(order):
        place.put(states[n], f"{n}.ics", age_s=100 + age)
    batches = place.look()
    captures = [one for batch in batches for one in batch.captures]
    assert [one.subject for one in captures] == ["取消"]
    assert captures[0].signals.cancelled
    excluded = {one.external_id for batch in batches for one in batch.excluded}
    assert {one.external_id for one in captures} | excluded == set(place.source().inventory())
    assert place.look() == []


def test_later_update_of_a_known_invitation(place: Calendars) -> None:
    place.put(calendar(event("SEQUENCE:1", "SUMMARY:改期")), "1.ics", age_s=500)
    assert place.only().subject == "改期"
    place.put(calendar(event("SEQUENCE:0", "SUMMARY:初定")), "0.ics", age_s=400)
    (batch,) = place.look()
    assert [one.code for one in batch.excluded] == ["item_superseded"]
    place.put(calendar(event("SEQUENCE:2", "SUMMARY:再改")), "2.ics", age_s=300)
    assert place.only().subject == "再改"


def test_answers_and_notes_for_the_day_are_no_meetings(place: Calendars) -> None:
    place.put(
        calendar(event("ATTENDEE;PARTSTAT=ACCEPTED:mailto:w@c.example"), head="METHOD:REPLY\r\n")
    )
    day = ";VALUE=DATE:20261120"
    place.put(
        calendar(
            event("SUMMARY:国庆节", "TRANSP:TRANSPARENT", uid="h@x", start=day),
            event("SUMMARY:客户来访", "ATTENDEE:mailto:w@c.example", uid="v@x", start=day),
        ),
        "b.ics",
    )
    (batch,) = place.look()
    assert {(one.external_id, one.code) for one in batch.excluded} == {
        ("a.ics#u1@x", "item_calendar_answer"),
        ("b.ics#h@x", "item_all_day_note"),
    }
    (visit,) = batch.captures
    assert (visit.occurred_at, visit.ended_at) == (at("2026-11-19T16:00Z"), at("2026-11-20T16:00Z"))


def test_declined_by_the_owner(place: Calendars) -> None:
    lines = ("ATTENDEE;PARTSTAT=DECLINED:mailto:Li@ours.example", "ATTENDEE:mailto:w@c.example")
    place.put(calendar(event(*lines)))
    assert not place.only().signals.declined, "nobody knows whose calendar it is"
    place.settings["owner"] = "li@ours.example"
    place.cursor = None
    assert place.only().signals.declined
    place.settings.pop("owner")
    place.put(calendar(event(*lines), head="X-WR-CALNAME:li@ours.example\r\n"))
    place.cursor = None
    capture = place.only()
    assert capture.signals.declined
    assert capture.folder == ""


def test_broken_file_that_is_mended_leaves_nothing_behind(place: Calendars) -> None:
    place.put(b"<html>sign in</html>")
    (batch,) = place.look()
    assert [(one.external_id, one.code) for one in batch.broken] == [
        ("a.ics", "item_not_a_calendar")
    ]
    assert place.look() == []
    assert list(place.source().inventory()) == ["a.ics"]
    place.put(calendar(event()), age_s=500)
    (batch,) = place.look()
    assert batch.removed == ("a.ics",)
    assert len(batch.captures) == 1


def test_file_that_breaks_keeps_what_it_gave(place: Calendars) -> None:
    place.put(calendar(event(uid="a@x"), event(uid="b@x")))
    assert len(place.captures()) == 2
    place.put(calendar(event(uid="a@x"))[:-20], age_s=500)
    (batch,) = place.look()
    assert [(one.external_id, one.code) for one in batch.broken] == [("a.ics", "item_cut_off")]
    assert batch.removed == ()
    assert place.look() == []


def test_growing_file_waits_and_then_comes(place: Calendars) -> None:
    source = place.source()
    place.put(calendar(event()), age_s=0)
    (batch,) = source.poll(None)
    assert [one.external_id for one in batch.pending] == ["a.ics"]
    assert list(source.inventory()) == ["a.ics"]
    place.clock.forward(5)
    (after,) = source.poll(batch.cursor)
    assert after.removed == ("a.ics",)
    assert [one.external_id for one in after.captures] == ["a.ics#u1@x"]


def test_one_bad_meeting_stops_no_other(place: Calendars) -> None:
    place.put(
        calendar(
            event(uid="good@x"),
            event(uid="nodate@x", start=""),
            event(uid="nonsense@x", start=":20269999T990000"),
            event("RRULE:FREQ=SECONDLY", uid="second@x"),
            event("RRULE:FREQ=DAILY;BYHOUR=0,1,2,3;BYMINUTE=0,10,20,30,40,50,5", uid="often@x"),
            event("RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", uid="never@x"),
            event("RRULE:FREQ=DAILY", uid="ancient@x", start=":00010101T000000Z"),
            event("RRULE:FREQ=DAILY;INTERVAL=0", uid="still@x"),
            event("RRULE:FREQ=WEEKLY;INTERVAL=-1", uid="back@x"),
            event("RRULE:FREQ=DAILY;BYMONTH=13", uid="month13@x"),
            event("RRULE:FREQ=MONTHLY;BYDAY=6MO", uid="monday6@x"),
            event("RRULE:W1 MO #0", uid="old@x"),
            event("RRULE:FREQ=DAILY", "DURATION:P999999W", uid="long@x"),
        )
    )
    (batch,) = place.look()
    assert [one.identity for one in batch.captures] == ["ical:good@x"]
    codes = {one.external_id.partition("#")[2]: one.code for one in batch.broken}
    assert codes == {
        "nodate@x": "item_damaged",
        "nonsense@x": "item_damaged",
        "second@x": "item_recurs_too_often",
        "often@x": "item_recurs_too_often",
        "never@x": "item_damaged",
        "ancient@x": "item_damaged",
        "still@x": "item_damaged",
        "back@x": "item_damaged",
        "month13@x": "item_damaged",
        "monday6@x": "item_damaged",
        "old@x": "item_damaged",
        "long@x": "item_damaged",
    }
    assert place.look() == []


def test_large_file_is_taken_in_pages_and_goes_on_after_each(place: Calendars) -> None:
    put = {f"e{n}@x" for n in range(1200)}
    place.put(calendar(*(event(uid=uid) for uid in sorted(put))))
    sizes = [len(batch.captures) for batch in place.source().poll(None)]
    assert sum(sizes) == 1200
    assert max(sizes) <= 60
    for stop in (1, 7, len(sizes) - 1):
        place.cursor = None
        polling = place.source().poll(None)
        before = [next(polling) for _ in range(stop)]
        polling.close()  # type: ignore[attr-defined]
        place.cursor = before[-1].cursor
        first = [one.external_id for batch in before for one in batch.captures]
        rest = [one.external_id for one in place.captures()]
        assert len(first) + len(rest) == 1200
        assert set(first) | set(rest) == {f"a.ics#{uid}" for uid in put}


def test_time_past_and_future_are_bounded(place: Calendars) -> None:
    place.put(
        calendar(
            event(uid="old@x", start=":20200101T000000Z"),
            event(uid="far@x", start=":20290101T000000Z"),
            event(uid="soon@x", start=":20261224T000000Z"),
        )
    )
    assert [one.identity for one in place.captures()] == ["ical:soon@x"]


def test_event_without_uid_is_known_by_what_it_says(place: Calendars) -> None:
    place.put(calendar(event("SUMMARY:甲", uid=""), event("SUMMARY:乙", uid="")))
    place.put(calendar(event("SUMMARY:甲", "DTSTAMP:20261101T000000Z", uid="")), "b.ics")
    (batch,) = place.look()
    assert len({one.identity for one in batch.captures}) == len(batch.captures) == 2
    assert [one.external_id for one in batch.excluded] == [
        f"a.ics#{one.identity.removeprefix('ical:')}"
        for one in batch.captures
        if one.external_id.startswith("b.ics")
    ]


def test_exchange_id_of_one_day_names_the_series(place: Calendars) -> None:
    uid = "040000008200e00074c5b7101a82e00807EA0B17B0A1D5E2C1C8DA01000000000000000010000000A1"
    place.put(calendar(event(uid=uid)))
    capture = place.only()
    assert capture.identity == f"ical:{uid[:32]}00000000{uid[40:]}".upper().replace("ICAL", "ical")
    assert len(capture.external_id) < 50


def test_rule_that_names_a_moment_twice(place: Calendars) -> None:
    day = ";VALUE=DATE:20261120"
    place.put(calendar(event("RRULE:FREQ=DAILY;COUNT=4;BYHOUR=3,4", start=day)))
    found = accounted(place)
    assert len(found) == len(set(found))
    assert found == sorted(place.source().inventory())

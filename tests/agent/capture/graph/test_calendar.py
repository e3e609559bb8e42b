"""The calendar of Microsoft 365: occurrences, exceptions, what is called off, and the moving window."""

from datetime import timedelta

from tests.agent.capture.graph.desk import NOW, Desk

DAY = timedelta(days=1)
WEEK = timedelta(days=7)


def test_a_single_meeting(desk: Desk) -> None:
    key = desk.server.mailbox.add_event(
        start=NOW - DAY, sensitivity="confidential", categories=["客户"]
    )
    (capture,) = desk.poll()
    assert capture.kind == "meeting"
    assert (capture.external_id, capture.subject) == (key, "方案评审")
    assert (capture.occurred_at, capture.ended_at) == (NOW - DAY, NOW - DAY + timedelta(hours=1))
    assert [(one.role, one.email) for one in capture.participants] == [
        ("organizer", "li@ours.example"),
        ("attendee", "wang@customer.example"),
    ]
    assert capture.responses == {"wang@customer.example": "accepted"}
    assert capture.sensitivity == "company-confidential"
    assert capture.categories == ("客户",)
    assert capture.is_html
    assert capture.hints == ("会议室",)
    assert not capture.signals.cancelled
    assert desk.inventory() == [key]


def test_every_occurrence_is_an_item_of_its_own_and_the_series_none(desk: Desk) -> None:
    starts = [NOW - 2 * WEEK + n * WEEK for n in range(6)]
    master = desk.server.mailbox.add_series(starts)
    told = desk.poll()
    assert sorted(one.occurred_at for one in told) == starts
    assert {one.subject for one in told} == {"周例会"}
    assert len({one.identity for one in told}) == 6
    assert {one.identity.partition("/")[0] for one in told} == {told[0].identity.partition("/")[0]}
    assert sorted(desk.held) == desk.inventory() == [f"{master}/{master}.{n}" for n in range(6)]


def test_an_exception_keeps_the_identity_of_its_place_in_the_series(desk: Desk) -> None:
    starts = [NOW + n * WEEK for n in range(1, 4)]
    master = desk.server.mailbox.add_series(starts)
    before = {one.external_id: one.identity for one in desk.poll()}
    moved = {
        "start": {"dateTime": "2026-12-08T02:00:00.0000000", "timeZone": "UTC"},
        "end": {"dateTime": "2026-12-08T03:00:00.0000000", "timeZone": "UTC"},
    }
    desk.server.mailbox.make_exception(f"{master}.1", subject="改期的例会", **moved)
    (told,) = desk.poll()
    assert told.subject == "改期的例会"
    assert told.occurred_at.isoformat() == "2026-12-08T02:00:00+00:00"
    assert before[told.external_id] == told.identity


def test_an_occurrence_is_the_same_however_it_is_told(desk: Desk) -> None:
    """Its changes name its times only; the instances of its series, and its list, all of it."""
    master = desk.server.mailbox.add_series([NOW + n * WEEK for n in range(1, 4)])
    assert len(desk.poll()) == 3
    desk.server.mailbox.edit_event(master, importance="high")
    assert desk.poll() == []
    desk.server.mailbox.edit_event(f"{master}.1")
    assert desk.poll() == []
    desk.server.api.links.clear()
    desk.server.api.tells_changes = False
    assert desk.poll() == []


def test_a_change_of_the_series_reaches_its_occurrences(desk: Desk) -> None:
    master = desk.server.mailbox.add_series([NOW + n * WEEK for n in range(1, 4)])
    desk.poll()
    desk.server.mailbox.edit_event(master, subject="新名字")
    assert [one.subject for one in desk.poll()] == ["新名字"] * 3
    assert desk.poll() == []


def test_a_single_occurrence_taken_out_and_the_whole_series(desk: Desk) -> None:
    mailbox = desk.server.mailbox
    master = mailbox.add_series([NOW + n * DAY for n in range(1, 5)])
    other = mailbox.add_series([NOW + n * DAY for n in range(1, 3)])
    desk.poll()
    mailbox.delete_event(f"{master}.1")
    desk.poll()
    assert desk.removed == [f"{master}/{master}.1"]
    mailbox.delete_event(master)
    desk.poll()
    assert sorted(desk.removed) == [f"{master}/{master}.{n}" for n in (0, 1, 2, 3)]
    assert sorted(desk.held) == desk.inventory() == [f"{other}/{other}.{n}" for n in range(2)]


def test_a_deleted_series_of_which_only_the_series_is_told(desk: Desk) -> None:
    mailbox = desk.server.mailbox
    master = mailbox.add_series([NOW + n * DAY for n in range(1, 5)])
    single = mailbox.add_event(start=NOW + DAY)
    desk.poll()
    mailbox.delete_event(master)
    mailbox.calendar_log[:] = [
        (number, key) for number, key in mailbox.calendar_log if not key.startswith(f"{master}.")
    ]
    desk.poll()
    assert sorted(desk.removed) == [f"{master}/{master}.{n}" for n in range(4)]
    assert list(desk.held) == [single]


def test_called_off_declined_and_private(desk: Desk) -> None:
    mailbox = desk.server.mailbox
    off = mailbox.add_event(start=NOW + DAY)
    no = mailbox.add_event(start=NOW + DAY, responseStatus={"response": "declined"})
    mine = mailbox.add_event(start=NOW + DAY, sensitivity="private")
    desk.poll()
    mailbox.edit_event(off, isCancelled=True)
    desk.poll()
    assert desk.held[off].signals.cancelled
    assert desk.held[no].signals.declined
    assert desk.held[mine].sensitivity == "private"


def test_the_window_moves_week_by_week_without_loss_or_doubles(desk: Desk) -> None:
    mailbox = desk.server.mailbox
    desk.options["since_days"] = 14
    master = mailbox.add_series([NOW + n * DAY for n in range(-30, 120)])
    desk.poll()
    for week in range(6):
        desk.clock.forward(WEEK.total_seconds() * 0.7)
        if week == 2:
            mailbox.delete_event(f"{master}.90")
        if week == 3:
            desk.server.api.links.clear()
        desk.poll()
        ids = desk.inventory()
        assert set(ids) <= set(desk.held), week
    told = [one.external_id for one in desk.captures]
    assert len(told) == len(set(told))
    assert f"{master}/{master}.90" in desk.removed


def test_a_removal_in_the_very_moment_the_window_moves(desk: Desk) -> None:
    keys = [desk.server.mailbox.add_event(start=NOW + n * DAY) for n in range(1, 30)]
    desk.poll()
    desk.clock.forward(WEEK.total_seconds())
    with desk.source() as source:
        for number, batch in enumerate(source.poll(desk.cursor)):
            desk.take(batch)
            if number == 1:
                desk.server.mailbox.delete_event(keys[20])
    desk.poll()
    assert desk.removed == [keys[20]]
    assert sorted(desk.held) == desk.inventory()


def test_without_a_calendar_none_is_asked_for(desk: Desk) -> None:
    desk.options["calendar"] = False
    desk.server.mailbox.add_event(start=NOW + DAY)
    key = desk.server.mailbox.deliver(at=NOW - DAY)
    desk.poll()
    assert list(desk.held) == [desk.id(key)] == desk.inventory()
    assert not any("calendar" in asked.url for asked in desk.server.api.asked)


def test_events_of_odd_shapes_are_set_aside(desk: Desk) -> None:
    mailbox = desk.server.mailbox
    bad = [
        mailbox.add_event(start=NOW, body="text"),
        mailbox.add_event(start=NOW, attendees=[7]),
        mailbox.add_event(start=NOW, organizer="li"),
    ]
    good = mailbox.add_event(start=NOW, attendees=[], organizer=None, location=None, body=None)
    desk.poll()
    assert list(desk.held) == [good]
    assert sorted(desk.broken) == sorted(bad)

from datetime import UTC, datetime, timedelta, timezone

from agent.capture.meetings import Invited, Meeting, clean_uid, compose_meeting

CHINA = timezone(timedelta(hours=8))
SERIES = "040000008200E00074C5B7101A82E00800000000B0A1D5E2C1C8DA01000000000000000010000000A1"
ONE_DAY = "040000008200e00074c5b7101a82e00807EA0B17B0A1D5E2C1C8DA01000000000000000010000000A1"


def made(**changes: object) -> Meeting:
    fields: dict[str, object] = {
        "uid": "u-1@x",
        "start": datetime(2026, 11, 23, 10, 0, tzinfo=CHINA),
        "end": datetime(2026, 11, 23, 11, 0, tzinfo=CHINA),
        "subject": "方案沟通",
        **changes,
    }
    return Meeting(**fields)  # type: ignore[arg-type]


def compose(meeting: Meeting):
    return compose_meeting(meeting, source="exchange", external_id="e", version="v")


def test_times_are_utc_and_people_are_normalised() -> None:
    capture = compose(
        made(
            organizer=Invited("李雷", "mailto:Li@Ours.example", "accepted"),
            attendees=(
                Invited("王总", "WANG@Customer.example", "declined"),
                Invited("李雷", "li@ours.example", "none"),
                Invited("三楼会议室", ""),
                Invited("", ""),
            ),
            location="苏州精密三楼",
        )
    )
    assert capture.occurred_at == datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
    assert [(one.role, one.email, one.name) for one in capture.participants] == [
        ("organizer", "li@ours.example", "李雷"),
        ("attendee", "wang@customer.example", "王总"),
        ("attendee", None, "三楼会议室"),
    ]
    assert capture.responses == {
        "li@ours.example": "accepted",
        "wang@customer.example": "declined",
    }
    assert capture.hints == ("苏州精密三楼",)


def test_an_occurrence_is_named_by_its_series_and_original_start() -> None:
    moved = made(recurs_at=datetime(2026, 11, 23, 9, 0, tzinfo=CHINA))
    assert compose(moved).identity == "ical:u-1@x/20261123T010000Z"
    assert compose(made()).identity == "ical:u-1@x"


def test_the_date_in_an_exchange_uid_makes_no_other_meeting() -> None:
    assert clean_uid(ONE_DAY) == clean_uid(SERIES) == SERIES
    assert clean_uid(" plain-uid@google.com ") == "plain-uid@google.com"

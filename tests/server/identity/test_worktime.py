from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from server.identity.worktime import worked

ZONE = "Asia/Shanghai"


def at(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(ZONE))


@pytest.mark.parametrize(
    ("since", "until", "hours"),
    [
        ("2026-11-23T10:00", "2026-11-23T12:00", 2),  # a Monday
        ("2026-11-23T07:00", "2026-11-23T23:00", 9),
        ("2026-11-23T20:00", "2026-11-24T08:00", 0),
        ("2026-11-20T17:00", "2026-11-23T10:00", 2),  # over a weekend
        ("2026-11-21T10:00", "2026-11-22T17:00", 0),
        ("2026-09-30T18:00", "2026-10-08T09:00", 0),  # the National Day week
        ("2026-10-09T18:00", "2026-10-10T18:00", 9),  # a Saturday that is worked for it
        ("2026-11-24T10:00", "2026-11-23T10:00", 0),  # a clock that was wrong
    ],
)
def test_what_was_worked(since, until, hours):
    assert worked(at(since), at(until), ZONE) == timedelta(hours=hours)


def test_by_the_persons_own_clock():
    since, until = at("2026-11-23T10:00"), at("2026-11-23T12:00")
    assert worked(since, until, "America/New_York") == timedelta()


def test_years_of_silence_cost_little():
    assert worked(at("1999-01-01T00:00"), at("2026-11-23T12:00"), ZONE) > timedelta(hours=300)

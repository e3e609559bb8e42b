from datetime import UTC, date, datetime, time

import pytest

from agent.capture.folders.dates import compact, date_in, moment_of, month_day_in

DAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("2026-11-20", None),
        ("拜访 20261120 纪要", None),
        ("2026年11月20日 会议", None),
        ("2026.11.20_1015", time(10, 15)),
        ("rec-20261120-101500-17", time(10, 15)),
        ("20261120101530", time(10, 15, 30)),
        ("2026-11-20 at 10.15.30", time(10, 15, 30)),
        ("2026年11月20日 10点15分", time(10, 15)),
        ("2026-11-20 第3次", None),
    ],
)
def test_date_in_a_name(text: str, clock: time | None) -> None:
    assert date_in(text) == (DAY, clock)


@pytest.mark.parametrize(
    "text", ["", "13800138000", "20261320", "2026-02-30", "合同2026", "1700000000"]
)
def test_no_date(text: str) -> None:
    assert date_in(text) is None


def test_month_and_day_take_the_year_from_the_file() -> None:
    assert month_day_in("11月20日 王总", date(2026, 11, 23)) == DAY
    assert month_day_in("12月30日", date(2027, 1, 3)) == date(2026, 12, 30)
    assert month_day_in("2月29日", date(2026, 3, 1)) is None
    assert month_day_in("13月1日", DAY) is None


@pytest.mark.parametrize(
    ("day", "clock", "found"),
    [
        ("20261120", "101500", (DAY, time(10, 15))),
        ("2026-11-20", "10-15-00", (DAY, time(10, 15))),
        ("20261120101500", "", (DAY, time(10, 15))),
        ("2611201015", "", (DAY, time(10, 15))),
        ("261120", "101500", (DAY, time(10, 15))),
        ("20261120", "", (DAY, None)),
        ("20261140", "101500", None),
        ("20261120", "250000", None),
        ("", "", None),
        ("1", "1", None),
    ],
)
def test_digits(day: str, clock: str, found: object) -> None:
    assert compact(day, clock) == found


def test_moment_in_the_zone_of_the_person() -> None:
    modified = datetime(2026, 11, 23, 1, tzinfo=UTC)
    zone = "Asia/Shanghai"
    assert moment_of((DAY, time(10, 15)), modified, zone) == datetime(
        2026, 11, 20, 2, 15, tzinfo=UTC
    )
    assert moment_of((DAY, None), modified, zone) == datetime(2026, 11, 20, 4, tzinfo=UTC)
    assert moment_of((date(2026, 11, 23), None), modified, zone) == modified
    assert moment_of(None, modified, zone) == modified
    aware = (DAY, time(10, 15, tzinfo=UTC))
    assert moment_of(aware, modified, zone) == datetime(2026, 11, 20, 10, 15, tzinfo=UTC)

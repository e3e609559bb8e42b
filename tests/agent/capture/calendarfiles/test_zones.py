import pytest

from agent.capture.calendarfiles.zones import zone_named
from tests.agent.capture.calendarfiles.calendars import Calendars, calendar, event, starts

LONDON = (
    "BEGIN:VTIMEZONE\r\nTZID:Customized Time Zone\r\nBEGIN:STANDARD\r\nDTSTART:16010101T000000\r\n"
    "TZOFFSETFROM:+0300\r\nTZOFFSETTO:+0300\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
)


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("Asia/Shanghai", "Asia/Shanghai"),
        ("China Standard Time", "Asia/Shanghai"),
        ("china standard time", "Asia/Shanghai"),
        ("中国标准时间", "Asia/Shanghai"),
        ("北京时间", "Asia/Shanghai"),
        ('"(UTC+08:00) 北京，重庆，香港特别行政区，乌鲁木齐"', "Asia/Shanghai"),
        ("(UTC+08:00) Beijing, Chongqing, Hong Kong, Urumqi", "Asia/Shanghai"),
        ("/mozilla.org/20050126_1/Asia/Shanghai", "Asia/Shanghai"),
        ("/freeassociation.sourceforge.net/Tzfile/America/New_York", "America/New_York"),
        ("tzone://Microsoft/Utc", "UTC"),
        ("GMT+0800", "Etc/GMT-8"),
        ("(GMT-05.00)", "Etc/GMT+5"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("Tokyo Standard Time", "Asia/Tokyo"),
        ("../../etc/passwd", None),
        ("Customized Time Zone", None),
        ("", None),
        ("\x00", None),
    ],
)
def test_names_of_zones(name: str, zone: str | None) -> None:
    assert zone_named(name) == zone


def start_of(tmp_path, start: str, head: str = "", **settings: str) -> list[str]:
    place = Calendars(tmp_path, **settings)
    place.put(calendar(event(start=start), head=head))
    return starts(place.captures())


def test_zone_defined_in_the_file(tmp_path) -> None:
    assert start_of(tmp_path, ";TZID=Customized Time Zone:20261120T100000", LONDON) == [
        "11-20 07:00"
    ]


def test_unknown_zone_is_the_persons_own(tmp_path) -> None:
    assert start_of(tmp_path, ";TZID=Nowhere:20261120T100000", timezone="Asia/Tokyo") == [
        "11-20 01:00"
    ]


def test_floating_time_is_the_calendars_then_the_persons(tmp_path) -> None:
    assert start_of(tmp_path, ":20261120T100000", timezone="Asia/Tokyo") == ["11-20 01:00"]
    named = "X-WR-TIMEZONE:Asia/Shanghai\r\n"
    assert start_of(tmp_path, ":20261120T100000", named, timezone="Asia/Tokyo") == ["11-20 02:00"]


def test_series_keeps_its_wall_clock_over_summer_time(tmp_path) -> None:
    place = Calendars(tmp_path)
    weekly = event("RRULE:FREQ=WEEKLY;COUNT=2", start=";TZID=Europe/Berlin:20261022T100000")
    place.put(calendar(weekly))
    assert starts(place.captures()) == ["10-22 08:00", "10-29 09:00"]


def test_floating_series(tmp_path) -> None:
    place = Calendars(tmp_path)
    place.put(
        calendar(
            event("RRULE:FREQ=DAILY;COUNT=2", "EXDATE:20261121T100000", start=":20261120T100000")
        )
    )
    assert starts(place.captures()) == ["11-20 02:00"]

"""Dates and times as people and programs write them into file names."""

import re
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from agent.capture.folders.settings import local_time

Dated = tuple[date, time | None]
"""A day and, where it is known, the time; on a wall clock unless the time has a zone."""

_YEARS = range(1990, 2100)

_DATE = re.compile(
    r"(?<!\d)(?:(?P<y>(?:19|20)\d\d)(?P<s>[-_.]?)(?P<m>0[1-9]|1[0-2])(?P=s)(?P<d>0[1-9]|[12]\d|3[01])"
    r"|(?P<cy>(?:19|20)\d\d)\s?年\s?(?P<cm>1[0-2]|0?[1-9])\s?月\s?(?P<cd>3[01]|[12]\d|0?[1-9])\s?[日号])"
)
_MONTH_DAY = re.compile(
    r"(?<![\d年])(?P<m>1[0-2]|0?[1-9])\s?月\s?(?P<d>3[01]|[12]\d|0?[1-9])\s?[日号]"
)
_TIME_AFTER = re.compile(
    r"[-_ T.,]{0,3}(?:at )?(?P<h>[01]\d|2[0-3])(?P<s>[-_.:：时点]?)(?P<mi>[0-5]\d)"
    r"(?:[-_.:：分]?(?P<se>[0-5]\d)(?!\d)|(?!\d))"
)


def date_in(text: str) -> Dated | None:
    """The first full date in ``text`` and the time right behind it, if one stands there."""
    for found in _DATE.finditer(text):
        year, month, day = (
            int(found[a] or found[b]) for a, b in (("y", "cy"), ("m", "cm"), ("d", "cd"))
        )
        try:
            day_found = date(year, month, day)
        except ValueError:
            continue
        clock = _TIME_AFTER.match(text, found.end())
        if clock is None:
            return day_found, None
        return day_found, time(int(clock["h"]), int(clock["mi"]), int(clock["se"] or 0))
    return None


def month_day_in(text: str, near: date) -> date | None:
    """``11月20日`` as the latest such day that is not well after ``near``."""
    for found in _MONTH_DAY.finditer(text):
        for year in (near.year, near.year - 1):
            try:
                day = date(year, int(found["m"]), int(found["d"]))
            except ValueError:
                continue
            if (day - near).days <= 31:
                return day
    return None


def compact(day: str, clock: str) -> Dated | None:
    """A day from digits, ``20261120`` or ``261120``, and its time ``101500``, ``1015`` or none.

    ``day`` may hold both. Separators are left out of account."""
    day, clock = re.sub(r"\D", "", day), re.sub(r"\D", "", clock)
    if not clock and len(day) in {10, 12, 14}:
        short_year = len(day) == 10 or (len(day) == 12 and int(day[:4]) not in _YEARS)
        split = 6 if short_year else 8
        day, clock = day[:split], day[split:]
    if len(day) == 6:
        day = f"20{day}"
    if len(day) != 8 or len(clock) not in {0, 4, 6}:
        return None
    try:
        day_found = date(int(day[:4]), int(day[4:6]), int(day[6:]))
        clock_found = time.fromisoformat(clock) if clock else None
    except ValueError:
        return None
    return (day_found, clock_found) if day_found.year in _YEARS else None


def moment_of(dated: Dated | None, modified: datetime, zone_name: str | None) -> datetime:
    """When it happened, in UTC: what is dated at its day, by the file's time where that agrees."""
    if dated is None:
        return modified
    day, clock = dated
    if clock is None:
        zone = ZoneInfo(zone_name) if zone_name else None
        if modified.astimezone(zone).date() == day:
            return modified
        clock = time(12)
    moment = datetime.combine(day, clock)
    if moment.tzinfo is None:
        moment = local_time(moment, zone_name)
    return moment.astimezone(UTC)

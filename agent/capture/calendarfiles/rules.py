"""Recurrence rules that are refused unexpanded: they would keep the computer busy for minutes."""

import re
from datetime import datetime

from dateutil.rrule import rrulestr

from agent.capture.calendarfiles.lines import RawEvent, named, value_of
from agent.errors import BadItem

_MAX_A_DAY = 24
_TOO_OFTEN = re.compile(r"FREQ=(?:SECONDLY|MINUTELY|HOURLY)", re.IGNORECASE)
_TIMES = re.compile(r"BY(?:HOUR|MINUTE|SECOND)=([\d,]*)", re.IGNORECASE)
_PICKY = re.compile(r"\bBY[A-Z]+=", re.IGNORECASE)
_INTERVAL = re.compile(r"INTERVAL=([^;]*)", re.IGNORECASE)
_ENDS = re.compile(r";?(?:COUNT|UNTIL|INTERVAL)=[^;]*", re.IGNORECASE)
_LATE = datetime(9970, 1, 1)  # noqa: DTZ001 - on no clock
"""From here to the end of time every date meets every weekday and leap year, and soon."""


def check(raw: RawEvent) -> None:
    """``BadItem`` for an event that recurs every second, or on 30 February."""
    for line in raw.lines:
        if named(line) not in {"RRULE", "EXRULE"}:
            continue
        rule = value_of(line)
        if "FREQ=" not in rule.upper():  # version 1.0 wrote rules of another kind
            raise BadItem("item_damaged")
        if any(not _is_counting(interval) for interval in _INTERVAL.findall(rule)):
            raise BadItem("item_damaged")  # the library would never come to the next day
        a_day = 1
        for listed in _TIMES.findall(rule):
            a_day *= listed.count(",") + 1
        if _TOO_OFTEN.search(rule) or a_day > _MAX_A_DAY:
            raise BadItem("item_recurs_too_often")
        if _PICKY.search(rule) and not _is_possible(rule):
            raise BadItem("item_damaged")


def _is_counting(number: str) -> bool:
    number = number.strip()
    return number.isascii() and number.isdigit() and int(number[:9]) > 0 and len(number) < 9


def _is_possible(rule: str) -> bool:
    """Does it name any day at all? The library would look for one until the year 9999."""
    found = rrulestr(_ENDS.sub("", rule).lstrip(";"), dtstart=_LATE)
    return next(iter(found), None) is not None

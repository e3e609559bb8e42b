"""How much working time has passed: nobody's laptop is expected to speak at night or on a holiday."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from agent.nlp.dates.holidays import coming, office_day

BEGINS, ENDS = time(9), time(18)
_MOST_DAYS = 60
"""Further back nothing changes any more."""


def worked(since: datetime, until: datetime, zone: str) -> timedelta:
    """Working hours of a person in ``zone`` between two moments: 9 to 18 on working days, with the
    holidays and the weekends that are worked for them."""
    here = ZoneInfo(zone)
    begin, end = since.astimezone(here), until.astimezone(here)
    day = max(begin.date(), end.date() - timedelta(days=_MOST_DAYS))
    total = timedelta()
    while day <= end.date():
        if _is_worked(day):
            opened = max(begin, datetime.combine(day, BEGINS, here))
            closed = min(end, datetime.combine(day, ENDS, here))
            total += max(closed - opened, timedelta())
        day += timedelta(days=1)
    return total


def _is_worked(day: date) -> bool:
    holiday = coming(day)
    return office_day(day, 1) == day and (holiday is None or day < holiday.first)

"""The ways a rule finds its day. ``on`` is the day it was said; weeks start on Monday.

A period (this week, 月底, Q1) resolves to its last day, a week to its Friday: the day by which a
promise must be kept. Days without a year or a month are the next ones to come.
"""

import calendar
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, Final

from agent.nlp.dates.holidays import coming, working_day
from agent.nlp.dates.numbers import month_number, number, weekday_number

Groups = Mapping[str, str]
Take = Callable[[Groups, Mapping[str, Any], date], date | None]
_DAY: Final = timedelta(days=1)
_PARTS: Final = {"begin": 5, "early": 10, "mid_late": 20}


def add_months(day: date, months: int) -> date:
    """The same day of another month, or that month's last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def month_end(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _monday(on: date, weeks: int) -> date:
    return on - _DAY * (on.isoweekday() - 1) + timedelta(weeks=weeks)


def _day(_groups: Groups, rule: Mapping[str, Any], on: date) -> date:
    days: int = rule["days"]
    return on + _DAY * days


def _weekday(groups: Groups, rule: Mapping[str, Any], on: date) -> date:
    offset = weekday_number(groups["weekday"]) - 1 if "weekday" in groups else rule["weekday"]
    day = _monday(on, rule["weeks"]) + _DAY * offset
    # Nobody promises a day that has passed: said on Saturday, "this Friday" is the coming one.
    return day if day >= on or rule["weeks"] != 0 else day + timedelta(weeks=1)


def _next_weekday(groups: Groups, _rule: Mapping[str, Any], on: date) -> date:
    return on + _DAY * ((weekday_number(groups["weekday"]) - on.isoweekday()) % 7)


def _week(_groups: Groups, rule: Mapping[str, Any], on: date) -> date:
    friday = _monday(on, rule["weeks"]) + _DAY * 4
    return friday if friday >= on else friday + _DAY * 2


def _weekend(groups: Groups, rule: Mapping[str, Any], on: date) -> date:
    sunday = _monday(on, rule["weeks"]) + _DAY * 6
    friday = sunday - _DAY * 2
    return friday if groups["all"].endswith(("前", "before")) and friday >= on else sunday


def _ahead(groups: Groups, rule: Mapping[str, Any], on: date) -> date:
    count = rule["n"] if "n" in rule else number(groups["n"])
    match rule["unit"]:
        case "day":
            return on + _DAY * count
        case "week":
            return on + timedelta(weeks=count)
        case "month":
            return add_months(on, count)
        case "year":
            return add_months(on, count * 12)
        case "hour":
            return on + _DAY * (count // 24)
    day = on
    for _ in range(count):
        day = working_day(day + _DAY, 1)
    return day


def _part(month: date, part: str, text: str) -> date:
    if part == "end":
        return month_end(month)
    if part == "middle":
        return month.replace(day=20 if "旬" in text else 15)
    return month.replace(day=_PARTS[part])


def _month(groups: Groups, rule: Mapping[str, Any], on: date) -> date:
    month = add_months(on.replace(day=1), rule["months"])
    return _part(month, rule["part"], groups["all"])


def _named_month(groups: Groups, rule: Mapping[str, Any], on: date) -> date:
    month = on.replace(month=month_number(groups["month"]), day=1)
    if month_end(month) < on:
        month = month.replace(year=month.year + 1)
    return _part(month, rule["part"], groups["all"])


def _month_day(groups: Groups, rule: Mapping[str, Any], on: date) -> date | None:
    if "years" in rule:
        month = rule["month"] if "month" in rule else month_number(groups["month"])
        first = date(on.year + rule["years"], month, 1)
        return _in_month(first, groups["dom"]) if "dom" in groups else month_end(first)
    if "months" in rule:
        return _in_month(add_months(on.replace(day=1), rule["months"]), groups["dom"])
    if "month" in groups:
        month = month_number(groups["month"])
        if "year" in groups:
            return _in_month(date(int(groups["year"]), month, 1), groups["dom"])
        day = _in_month(date(on.year, month, 1), groups["dom"])
        # A date that has just passed is that date; one long gone means next year's.
        if day is None or (on - day).days > 60:
            day = _in_month(date(on.year + 1, month, 1), groups["dom"])
        return day
    for months in range(3):
        day = _in_month(add_months(on.replace(day=1), months), groups["dom"])
        if day is not None and day >= on:
            return day
    return None


def _in_month(first: date, day_of_month: str) -> date | None:
    day = number(day_of_month)
    last = calendar.monthrange(first.year, first.month)[1]
    return first.replace(day=day) if 1 <= day <= last else None


def _quarter(groups: Groups, rule: Mapping[str, Any], on: date) -> date:
    if "quarters" in rule:
        months = (on.month - 1) // 3 * 3 + 2 + rule["quarters"] * 3
        return month_end(add_months(date(on.year, 1, 1), months))
    quarter = number(groups["quarter"] if "quarter" in groups else groups["q"])
    end = month_end(date(on.year, quarter * 3, 1))
    return end if end >= on else month_end(date(on.year + 1, quarter * 3, 1))


def _year(_groups: Groups, rule: Mapping[str, Any], on: date) -> date:
    return date(on.year + rule["years"], 12, 31)


def _after_holiday(_groups: Groups, rule: Mapping[str, Any], on: date) -> date | None:
    holiday = coming(on, rule.get("holiday"))
    return working_day(holiday.last + _DAY, 1) if holiday else None


def _before_holiday(_groups: Groups, rule: Mapping[str, Any], on: date) -> date | None:
    holiday = coming(on, rule.get("holiday"))
    return max(on, working_day(holiday.first - _DAY, -1)) if holiday else None


TAKES: Final[Mapping[str, Take]] = {
    "day": _day,
    "weekday": _weekday,
    "next_weekday": _next_weekday,
    "week": _week,
    "weekend": _weekend,
    "ahead": _ahead,
    "month": _month,
    "named_month": _named_month,
    "month_day": _month_day,
    "quarter": _quarter,
    "year": _year,
    "after_holiday": _after_holiday,
    "before_holiday": _before_holiday,
}

"""The ways a rule finds its day. ``on`` is the day it was said; weeks start on Monday.

A period (this week, 月底, Q1) resolves to its last day, a week to its Friday: the day by which a
promise must be kept. Days without a year or a month are the next ones to come.
"""

import calendar
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, Final

from agent.nlp.dates.holidays import Holiday, coming, holiday_kind, office_day, working_day
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
    weeks = rule["weeks"] if "weeks" in rule else number(groups["n"])
    day = _monday(on, weeks) + _DAY * offset
    # Nobody promises a day that has passed: said on Saturday, "this Friday" is the coming one.
    return day if day >= on or weeks != 0 else day + timedelta(weeks=1)


def _next_weekday(groups: Groups, rule: Mapping[str, Any], on: date) -> date:
    days = (weekday_number(groups["weekday"]) - on.isoweekday()) % 7
    plus: int = rule.get("plus", 0)
    return on + _DAY * (days + plus)


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
    if part == "before":
        return month - _DAY
    return month.replace(day=_PARTS[part])


def _month(groups: Groups, rule: Mapping[str, Any], on: date) -> date:
    month = add_months(on.replace(day=1), rule["months"])
    day = _part(month, rule["part"], groups["all"])
    if rule.get("coming") and day < on:
        day = _part(add_months(month, 1), rule["part"], groups["all"])
    return day


def _named_month(groups: Groups, rule: Mapping[str, Any], on: date) -> date:
    return _part(_month_named(groups, on), rule["part"], groups["all"])


def _month_named(groups: Groups, on: date) -> date:
    """The first day of the month that is named, the running one when none is."""
    month = on.replace(day=1)
    if "month" in groups:
        month = month.replace(month=month_number(groups["month"]))
    if "year" in groups:
        return month.replace(year=int(groups["year"]))
    return month if month_end(month) >= on else month.replace(year=month.year + 1)


def _week_of_month(groups: Groups, rule: Mapping[str, Any], on: date) -> date:
    """The first week ends on the 7th, the fourth on the 28th."""
    if rule.get("months") or groups["all"].startswith("下"):
        month = add_months(on.replace(day=1), 1)
    else:
        month = _month_named(groups, on)
    return month + _DAY * (7 * number(groups["n"]) - 1)


def _month_day(groups: Groups, rule: Mapping[str, Any], on: date) -> date | None:
    if "years" in rule:
        month = rule["month"] if "month" in rule else month_number(groups["month"])
        first = date(on.year + rule["years"], month, 1)
        if "day" in rule:
            return date(first.year, first.month, rule["day"])
        return _in_month(first, groups["dom"]) if "dom" in groups else month_end(first)
    if "months" in rule:
        return _in_month(add_months(on.replace(day=1), rule["months"]), groups["dom"])
    if "day" in rule:
        fixed = date(on.year, rule["month"], rule["day"])
        return fixed if fixed >= on else fixed.replace(year=on.year + 1)
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
    return _coming_end(groups, quarter * 3, on)


def _half(groups: Groups, rule: Mapping[str, Any], on: date) -> date:
    half = rule["half"] if "half" in rule else int(groups["half"])
    return _coming_end(groups, half * 6, on)


def _coming_end(groups: Groups, month: int, on: date) -> date:
    """The end of that month in the year that is named, else the next one to come."""
    if "year" in groups:
        return month_end(date(int(groups["year"]), month, 1))
    end = month_end(date(on.year, month, 1))
    return (
        end
        if end >= on and not groups["all"].startswith("明年")
        else month_end(date(on.year + 1, month, 1))
    )


def _year(_groups: Groups, rule: Mapping[str, Any], on: date) -> date:
    return date(on.year + rule["years"], 12, 31)


def _named_holiday(groups: Groups, on: date) -> Holiday | None:
    """In Chinese ``年`` without a name is the Spring Festival; other holidays are the next one."""
    if "feast" in groups:
        return coming(on, holiday_kind(groups["feast"]))
    return coming(on, holiday_kind("年") if "年" in groups["all"] else None)


def _after_holiday(groups: Groups, _rule: Mapping[str, Any], on: date) -> date | None:
    holiday = _named_holiday(groups, on)
    return office_day(holiday.last + _DAY, 1) if holiday else None


def _before_holiday(groups: Groups, _rule: Mapping[str, Any], on: date) -> date | None:
    holiday = _named_holiday(groups, on)
    return max(on, office_day(holiday.first - _DAY, -1)) if holiday else None


def _holiday(groups: Groups, _rule: Mapping[str, Any], on: date) -> date | None:
    holiday = _named_holiday(groups, on)
    return holiday.feast if holiday else None


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
    "holiday": _holiday,
    "week_of_month": _week_of_month,
    "half": _half,
}

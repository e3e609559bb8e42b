"""The holidays that people count deadlines by."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class Holiday:
    first: date
    last: date
    feast: date


def working_day(day: date, step: int) -> date:
    """``day``, or the next weekday in the direction of ``step`` when it is a weekend."""
    while day.isoweekday() > 5:
        day += timedelta(days=step)
    return day


def office_day(day: date, step: int) -> date:
    """As ``working_day``, where a weekend that was made a working day counts as one."""
    while day.isoweekday() > 5 and day not in _works():
        day += timedelta(days=step)
    return day


def coming(on: date, name: str | None = None) -> Holiday | None:
    """The holiday that is on or ahead of ``on``; without a name, the next public one."""
    for kind, public, holiday in _all():
        if holiday.last >= on and (kind == name if name else public):
            return holiday
    return None


@cache
def holiday_kind(name: str) -> str:
    """What a feast is called in the file, of a name as people use it. Raises ``KeyError``."""
    kinds: dict[str, str] = {
        said: kind for kind, entry in _read()["holidays"].items() for said in entry["names"]
    }
    return kinds[name]


@cache
def _read() -> dict[str, Any]:
    data: dict[str, Any] = yaml.load(
        (files("agent.nlp.dates") / "holidays.yaml").read_bytes(), yaml.CSafeLoader
    )
    return data


@cache
def _works() -> frozenset[date]:
    return frozenset(_read()["works"])


@cache
def _all() -> tuple[tuple[str, bool, Holiday], ...]:
    found: list[tuple[str, bool, Holiday]] = []
    for kind, entry in _read()["holidays"].items():
        days: list[date] = entry.get("days") or [
            date.fromisoformat(f"{year}-{entry['every']}") for year in range(2020, 2100)
        ]
        for day in days:
            first, last = entry.get("off", {}).get(
                day.year,
                (day + timedelta(days=entry["first"]), day + timedelta(days=entry["last"])),
            )
            found.append((kind, entry.get("public", True), Holiday(first, last, day)))
    return tuple(sorted(found, key=lambda item: item[2].first))

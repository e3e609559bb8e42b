"""The holidays that people count deadlines by."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files

import yaml


@dataclass(frozen=True, slots=True)
class Holiday:
    first: date
    last: date


def working_day(day: date, step: int) -> date:
    """``day``, or the next weekday in the direction of ``step`` when it is a weekend."""
    while day.isoweekday() > 5:
        day += timedelta(days=step)
    return day


def coming(on: date, name: str | None = None) -> Holiday | None:
    """The holiday that is on or ahead of ``on``; of any public kind without a name."""
    for kind, holiday in _all():
        if holiday.last >= on and (kind == name if name else kind != "christmas"):
            return holiday
    return None


@cache
def _all() -> tuple[tuple[str, Holiday], ...]:
    data = yaml.load((files("agent.nlp.dates") / "holidays.yaml").read_bytes(), yaml.CSafeLoader)
    found: list[tuple[str, Holiday]] = []
    for kind, entry in data.items():
        days: list[date] = entry.get("days") or [
            date.fromisoformat(f"{year}-{entry['every']}") for year in range(2020, 2100)
        ]
        found.extend(
            (
                kind,
                Holiday(day + timedelta(days=entry["first"]), day + timedelta(days=entry["last"])),
            )
            for day in days
        )
    return tuple(sorted(found, key=lambda item: item[1].first))

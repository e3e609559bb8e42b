"""Meetings of a calendar: single ones, and series with their exceptions."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

ZONES = {"China Standard Time": "Asia/Shanghai", "W. Europe Standard Time": "Europe/Berlin"}

Attendee = tuple[str, str, str]
"""Name, address, response type."""


@dataclass
class Told:
    """What a meeting says; an exception of a series may say it differently."""

    subject: str = ""
    body: str = ""
    is_html: bool = False
    location: str = ""
    organizer: tuple[str, str] | None = None
    required: list[Attendee] = field(default_factory=list)
    optional: list[Attendee] = field(default_factory=list)
    mine: str = "Organizer"
    is_cancelled: bool = False
    sensitivity: str = "Normal"
    categories: list[str] = field(default_factory=list)
    all_day: bool = False
    busy: str = "Busy"


@dataclass
class Moved:
    start: datetime
    end: datetime
    told: Told


@dataclass
class Series:
    """A meeting, or every ``every`` days the same meeting at the same time on the clock."""

    uid: str
    start: datetime
    """Local time in ``zone``, naive."""
    length: timedelta
    told: Told
    zone: str = "China Standard Time"
    every: int = 0
    """Days; 0: a single meeting."""
    count: int = 1
    exceptions: dict[datetime, Moved | None] = field(default_factory=dict)
    """By original start in UTC; None: that one was deleted."""

    def originals(self) -> list[datetime]:
        zone = ZoneInfo(ZONES[self.zone])
        local = [self.start + timedelta(days=self.every * n) for n in range(self.count)]
        return [one.replace(tzinfo=zone).astimezone(UTC) for one in local]

    def kind(self, original: datetime) -> str:
        if not self.every:
            return "Single"
        return "Exception" if original in self.exceptions else "Occurrence"

    def at(self, original: datetime) -> Moved | None:
        if original in self.exceptions:
            return self.exceptions[original]
        return Moved(original, original + self.length, self.told)

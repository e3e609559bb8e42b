"""The days a calendar is looked at. They move with today, and with them what a file holds."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from agent.clock import Clock

AHEAD_DAYS = 60


@dataclass(frozen=True, slots=True)
class Window:
    first: date
    last: date
    """Both included, in UTC."""

    @classmethod
    def around(cls, clock: Clock, since_days: int) -> "Window":
        today = clock.now().astimezone(UTC).date()
        return cls(today - timedelta(days=since_days), today + timedelta(days=AHEAD_DAYS))

    def holds(self, moment: datetime) -> bool:
        return self.first <= moment.astimezone(UTC).date() <= self.last

    def may_hold(self, day: date) -> bool:
        """The same for a day of an unknown zone."""
        slack = timedelta(days=2)
        return self.first - slack <= day <= self.last + slack

    @property
    def wide(self) -> tuple[datetime, datetime]:
        """From, to: with room for every zone."""
        slack = timedelta(days=2)
        return (
            datetime.combine(self.first - slack, time(), UTC),
            datetime.combine(self.last + slack, time(), UTC),
        )

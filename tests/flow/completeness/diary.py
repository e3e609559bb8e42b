"""Meetings and series of them, with what has to become of every occurrence."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.flow.completeness.company import COLLEAGUES, CUSTOMERS, EXCLUDED_ADDRESS, REP
from tests.flow.completeness.letters import Person

LENGTH = timedelta(hours=1)
PAST_DAYS, FUTURE_DAYS = 170, 50


@dataclass
class Appointment:
    token: str
    first: datetime
    every: int = 0
    """Days; 0: it is a single meeting."""
    count: int = 1
    rule: str = ""
    invited: tuple[Person, ...] = ()
    customers: frozenset[str] = frozenset()
    moved: dict[int, datetime] = field(default_factory=dict)
    """Number of the occurrence → when it is instead."""
    cancelled: set[int] = field(default_factory=set)
    dropped: set[int] = field(default_factory=set)

    @property
    def subject(self) -> str:
        return f"方案评审 {self.token}"

    def original(self, number: int) -> datetime:
        return self.first + timedelta(days=self.every * number)

    def starts(self) -> dict[int, datetime]:
        """When they take place, those that do."""
        return {
            number: self.moved.get(number, self.original(number))
            for number in range(self.count)
            if number not in self.dropped
        }


class Diary:
    """Seeded; ``change`` does to it what people do to calendars."""

    def __init__(self, seed: int, now: datetime, *, occurrences: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - a story, no secret
        self._now = now.replace(minute=0, second=0, microsecond=0)
        self.appointments: list[Appointment] = []
        self.possible: set[tuple[str, datetime]] = set()
        """(token, start) of all that ever could be seen and may leave."""
        self.refused: set[str] = set()
        while sum(one.count for one in self.appointments) < occurrences:
            self.add()

    def add(self) -> Appointment:
        kind = self._random.choices(
            ("customer", "internal", "stranger", "private", "excluded"), (60, 12, 12, 8, 8)
        )[0]
        token = "tk" + "".join(self._random.choices("bcdfghjklmnpqrstvwxz", k=9))
        domain = self._random.choice(list(CUSTOMERS))
        person = CUSTOMERS[domain][1][0]
        is_series = self._random.random() < 0.5
        every = self._random.choice((1, 7)) if is_series else 0
        # Minutes of its own: no two meetings begin at one moment.
        minutes = self._random.randint(-PAST_DAYS * 24 * 60, (FUTURE_DAYS - 20) * 24 * 60)
        first = self._now + timedelta(minutes=minutes)
        fits = (self._now + timedelta(days=FUTURE_DAYS) - first).days // (every or 1)
        made = Appointment(token, first, every, min(40, fits) if is_series else 1)
        match kind:
            case "customer":
                made.invited, made.customers = (person,), frozenset({domain})
            case "internal":
                made.invited, made.rule = COLLEAGUES, "internal"
            case "stranger":
                made.invited, made.rule = (
                    (("客人", f"x@stranger{minutes % 40}.example"),),
                    "unknown_customer",
                )
            case "private":
                made.invited, made.rule = (person,), "private"
            case _:
                made.invited, made.rule = (("总裁", EXCLUDED_ADDRESS),), "excluded_address"
        self.appointments.append(made)
        self._note(made)
        return made

    def change(self) -> tuple[Appointment, bool]:
        """Which one was changed, and whether it is gone as a whole."""
        one = self._random.choice(self.appointments)
        number = self._random.choice(list(one.starts()) or [0])
        deed = self._random.choice(("move", "move", "cancel", "drop", "delete"))
        if deed == "delete" or not one.starts() or (deed == "drop" and not one.every):
            self.appointments.remove(one)
            return one, True
        if deed == "move" and number not in one.cancelled:
            one.moved[number] = one.starts()[number] + timedelta(
                minutes=self._random.randint(5, 55)
            )
        elif deed == "cancel" and one.every:
            one.cancelled.add(number)
        elif deed == "drop":
            one.dropped.add(number)
        self._note(one)
        return one, False

    def _note(self, one: Appointment) -> None:
        if one.rule:
            self.refused.add(one.token)
        else:
            self.possible |= {(one.token, start) for start in one.starts().values()}


def organizer() -> Person:
    return REP


def utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"

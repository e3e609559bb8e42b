"""All that a calendar says of one meeting, taken apart into the occurrences within a window."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import recurring_ical_events
from icalendar import Calendar, Event

from agent.capture.calendarfiles import rules
from agent.capture.calendarfiles.lines import RawEvent, named
from agent.capture.calendarfiles.window import Window
from agent.capture.calendarfiles.zones import zone_named
from agent.capture.folders.settings import local_time
from agent.errors import BadItem

MAX_OCCURRENCES = 5_000
"""Of one meeting within the window; ten years of every day are fewer."""
_MAX_LENGTH = timedelta(days=366)
_FIRST_YEAR = 1970
_RULES = frozenset({"RRULE", "RDATE", "EXRULE"})
_FLEETING = frozenset({"DTSTAMP", "SEQUENCE", "LAST-MODIFIED", "CREATED", "EXDATE"}) | _RULES
"""Lines that change with every export, or with other occurrences."""
_TZID = re.compile(r""";TZID=("[^"]*"|[^;:]*)""", re.IGNORECASE)
_DIGITS = re.compile(r"\d{8}(?:T\d{6}Z?)?")
_DAMAGE = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RecursionError,
    NotImplementedError,
)
"""What the calendar libraries raise on values that make no sense; they promise nothing."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    raw: RawEvent
    """The lines that describe it."""
    start: datetime
    end: datetime
    """Both aware."""
    recurs_at: datetime | None
    """Original start, where it is one of a series."""
    is_all_day: bool
    version: str
    rank: str
    event: Event


class Series:
    """The lines of one UID. Raises ``BadItem`` where they make no sense."""

    def __init__(self, uid: str, zone: str | None) -> None:
        self.uid = uid
        self._zone = zone
        self._master: RawEvent | None = None
        self._exceptions: list[RawEvent] = []

    def add(self, raw: RawEvent) -> None:
        if raw.has("RECURRENCE-ID"):
            self._exceptions.append(raw)
        elif self._master is None or rank_of(raw) >= rank_of(self._master):
            self._master = raw

    @property
    def first(self) -> RawEvent:
        return self._master or self._exceptions[0]

    @property
    def recurs(self) -> bool:
        return bool(self._exceptions) or (self._master is not None and self._master.has(*_RULES))

    def occurrences(self, window: Window) -> Iterator[Occurrence]:
        """Those that begin within ``window``, the latest first."""
        if not self.recurs and not window.may_hold(_day(self.first)):
            return
        try:
            found = self._several(window) if self.recurs else [self._single()]
        except _DAMAGE as error:
            raise BadItem("item_damaged") from error
        held = [one for one in found if window.holds(one.start)]
        if len(held) > MAX_OCCURRENCES:
            raise BadItem("item_recurs_too_often")
        yield from sorted(held, key=lambda one: one.start, reverse=True)

    def _single(self) -> Occurrence:
        raw = self.first
        event = _parsed([raw])[0]
        return self._occurrence(raw, event, None)

    def _several(self, window: Window) -> list[Occurrence]:
        raws = [*([self._master] if self._master else []), *self._exceptions]
        for raw in raws:
            rules.check(raw)
            if _day(raw).year < _FIRST_YEAR:  # counted through from there
                raise BadItem("item_damaged")
        parsed = _parsed(raws)
        if any(self._aware(one.end) - self._aware(one.start) > _MAX_LENGTH for one in parsed):
            raise BadItem("item_damaged")
        by_original: dict[datetime, RawEvent] = {}
        reaching: dict[datetime, datetime] = {}
        """Exceptions that shift those after them too: original start → start."""
        reach = ""
        for raw, event in zip(raws, parsed, strict=True):
            original = event.get("RECURRENCE-ID")
            if original is None:
                continue
            by_original[self._aware(original.dt)] = raw
            if original.params.get("RANGE"):
                reaching[self._aware(original.dt)] = self._aware(event.start)
                reach += _content(raw)
        calendar = Calendar()
        for event in parsed:
            calendar.add_component(event)
        found: list[Occurrence] = []
        for event in recurring_ical_events.of(calendar).between(*window.wide):
            original = event.get("RECURRENCE-ID")
            recurs_at = self._aware(original.dt if original is not None else event.start)
            raw = by_original.get(recurs_at, self.first)
            if recurs_at in reaching:  # the library gives all of them the id of the first
                recurs_at += self._aware(event.start) - reaching[recurs_at]
            found.append(self._occurrence(raw, event, recurs_at, reach))
        return found

    def _occurrence(
        self, raw: RawEvent, event: Event, recurs_at: datetime | None, reach: str = ""
    ) -> Occurrence:
        start = event.start
        is_all_day = not isinstance(start, datetime)
        begins, ends = self._aware(start), self._aware(event.end)
        described = f"{raw.calendar.method} {begins} {ends} {_content(raw)}{reach}"
        digest = hashlib.sha256(described.encode()).hexdigest()[:12]
        return Occurrence(
            raw=raw,
            start=begins,
            end=max(begins, ends),
            recurs_at=recurs_at,
            is_all_day=is_all_day,
            version=f"{begins.astimezone(UTC):%Y%m%d}-{digest}",
            rank=rank_of(raw),
            event=event,
        )

    def _aware(self, moment: date) -> datetime:
        """All-day events begin at midnight of the person's own zone."""
        if not isinstance(moment, datetime):
            moment = datetime.combine(moment, time())
        return moment if moment.tzinfo else local_time(moment, self._zone)


def rank_of(raw: RawEvent) -> str:
    """Orders the states of one meeting: by SEQUENCE, then by the time it was written."""
    sequence = raw.value("SEQUENCE")
    number = min(int(sequence), 99_999) if sequence.isascii() and sequence.isdigit() else 0
    written = raw.value("LAST-MODIFIED") or raw.value("DTSTAMP")
    digits = "".join(letter for letter in written[:20] if letter.isascii() and letter.isdigit())
    return f"{number:05}{digits:<014}"


def day_of(version: str) -> date | None:
    """The day on which an occurrence held in ``version`` begins."""
    try:
        return datetime.strptime(version[:8], "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None


def _day(raw: RawEvent) -> date:
    found = _DIGITS.search(raw.value("DTSTART"))
    day = day_of(found[0]) if found else None
    if day is None:
        raise BadItem("item_damaged")
    return day


def _content(raw: RawEvent) -> str:
    return "\n".join(line for line in raw.lines if named(line) not in _FLEETING)


def _parsed(raws: list[RawEvent]) -> list[Event]:
    """``raws`` as the library's events, in order."""
    text: list[str] = ["BEGIN:VCALENDAR"]
    defined: set[str] = set()
    for raw in raws:
        surplus = "DURATION" if raw.has("DTEND") else ""
        lines = [
            _with_known_zone(line, raw, defined, text)
            for line in raw.lines
            if named(line) != surplus
        ]
        text += ["BEGIN:VEVENT", *lines, "END:VEVENT"]
    text.append("END:VCALENDAR")
    calendar = Calendar.from_ical("\r\n".join(text) + "\r\n")
    found = [one for one in calendar.subcomponents if isinstance(one, Event)]
    if len(found) != len(raws):
        raise BadItem("item_damaged")
    return found


def _with_known_zone(line: str, raw: RawEvent, defined: set[str], text: list[str]) -> str:
    """``line`` with its zone under a name that the library knows.

    A zone that nobody knows is taken from the calendar's own definition, else left out: the time
    is then one of the person's own zone."""
    found = _TZID.search(line)
    if found is None:
        return line
    name = found[1].strip('"')
    known = zone_named(name)
    if known is None and name in raw.calendar.zones:
        if name not in defined:
            defined.add(name)
            text += raw.calendar.zones[name]
        return line
    replacement = f";TZID={known}" if known else ""
    return line[: found.start()] + replacement + line[found.end() :]

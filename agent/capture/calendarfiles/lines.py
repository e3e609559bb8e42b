"""A calendar file as its events, still in raw lines: each stands or falls alone.

Exports are folded inside characters, cut off, glued together and half in another encoding. So
the file is taken apart by its lines, and only what is wanted is ever parsed.
"""

import codecs
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from agent.capture.charset import decode
from agent.errors import BadItem

MAX_LINE = 600_000
"""Characters of one unfolded line; a description is cut there."""

_FOLD = re.compile(rb"\r*\n[ \t]")
_SOFT = re.compile(rb"=\r?\n")
_QUOTED = re.compile(r";ENCODING=(?:QUOTED-PRINTABLE|Q)\b", re.IGNORECASE)
_CHARSET = re.compile(r";CHARSET=([^;:]+)", re.IGNORECASE)
_PROPERTY = re.compile(r"[A-Za-z0-9-]{1,60}[;:]")
_NAME = re.compile(r"[A-Za-z0-9-]+")
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(slots=True)
class Folder:
    """One VCALENDAR."""

    method: str = ""
    name: str = ""
    zone: str = ""
    """X-WR-TIMEZONE: of times that name none."""
    zones: dict[str, list[str]] = field(default_factory=dict)
    """Its own definitions of zones: TZID → lines."""


@dataclass(slots=True)
class RawEvent:
    calendar: Folder
    lines: list[str] = field(default_factory=list)

    def value(self, name: str) -> str:
        """What stands behind the colon of the first such line."""
        for line in self.lines:
            if named(line) == name:
                return value_of(line)
        return ""

    def has(self, *names: str) -> bool:
        return any(named(line) in names for line in self.lines)


def named(line: str) -> str:
    found = _NAME.match(line)
    return found[0].upper() if found else ""


def value_of(line: str) -> str:
    """The value of a property; a colon in a quoted parameter does not begin it."""
    quoted = False
    for at, letter in enumerate(line):
        if letter == '"':
            quoted = not quoted
        elif letter == ":" and not quoted:
            return line[at + 1 :].strip()
    return line.partition(":")[2].strip()


def events(raw: bytes) -> Iterator[RawEvent]:
    """Every event, in the order of the file. ``BadItem`` at its end when it was cut off."""
    apart = _Apart()
    for line in _lines(raw):
        event = apart.take(line)
        if event is not None:
            yield event
    if not apart.is_calendar:
        raise BadItem("item_not_a_calendar")
    if apart.calendar is not None:
        raise BadItem("item_cut_off")


class _Apart:
    """Takes a calendar apart, line by line."""

    def __init__(self) -> None:
        self.is_calendar = False
        self.calendar: Folder | None = None
        self._event: RawEvent | None = None
        self._zone: list[str] | None = None
        self._inside: list[str] = []
        """Components that are neither calendar nor event, outermost first."""

    def take(self, line: str) -> RawEvent | None:
        """The event that ends with this line."""
        match named(line):
            case "BEGIN":
                self._begin(value_of(line).upper(), line)
            case "END":
                return self._end(value_of(line).upper(), line)
            case name:
                self._within(name, line)
        return None

    def _begin(self, kind: str, line: str) -> None:
        if kind == "VCALENDAR":
            self.calendar, self._event, self._zone, self._inside = Folder(), None, None, []
            self.is_calendar = True
        elif kind == "VEVENT":
            self._event, self._inside = RawEvent(self.calendar or Folder()), []
        else:
            self._inside.append(kind)
            if kind == "VTIMEZONE":
                self._zone = []
            if self._zone is not None:
                self._zone.append(line)

    def _end(self, kind: str, line: str) -> RawEvent | None:
        if kind == "VEVENT":
            event, self._event = self._event, None
            return event
        if kind == "VCALENDAR":
            self.calendar = None
            return None
        if kind in self._inside:
            del self._inside[self._inside.index(kind) :]
        if self._zone is not None:
            self._zone.append(line)
        if kind == "VTIMEZONE":
            self._keep_zone()
        return None

    def _within(self, name: str, line: str) -> None:
        if self._zone is not None:
            self._zone.append(line)
        elif self._inside:
            pass  # an alarm, a task
        elif self._event is not None:
            self._event.lines.append(line)
        elif self.calendar is not None:
            _describe(self.calendar, name, line)

    def _keep_zone(self) -> None:
        lines, self._zone = self._zone or [], None
        tzid = next((value_of(line) for line in lines if named(line) == "TZID"), "")
        if self.calendar is not None and tzid:
            self.calendar.zones.setdefault(tzid, lines)


def _describe(calendar: Folder, name: str, line: str) -> None:
    match name:
        case "METHOD":
            calendar.method = value_of(line).upper()
        case "X-WR-CALNAME":
            calendar.name = value_of(line)
        case "X-WR-TIMEZONE":
            calendar.zone = value_of(line)
        case _:
            pass


def _lines(raw: bytes) -> Iterator[str]:
    """Unfolded before they are decoded: some fold inside a character."""
    if raw.startswith(_WIDE):
        raw = decode(raw).encode()
    if b"QUOTED-PRINTABLE" in raw or b"quoted-printable" in raw:
        raw = _joined(raw)
    text = decode(_FOLD.sub(b"", raw.removeprefix(codecs.BOM_UTF8)))
    held = ""
    for line in text.replace("\r", "\n").split("\n"):
        if not line.strip():
            continue
        if _PROPERTY.match(line):
            if held:
                yield _plain(held)[:MAX_LINE]
            held = line
        elif named(held) not in {"", "BEGIN", "END"} and len(held) < MAX_LINE:
            # Written with real line ends inside.
            held += "\\n" + line
    if held:
        yield _plain(held)[:MAX_LINE]


def _joined(raw: bytes) -> bytes:
    """In version 1.0 a line of quoted-printable that ends in ``=`` goes on in the next."""
    lines: list[bytes] = []
    goes_on = False
    for line in raw.split(b"\n"):
        bare = line.rstrip(b"\r")
        if goes_on:
            lines[-1] += bare
        else:
            lines.append(bare)
        head = lines[-1].partition(b":")[0].upper()
        goes_on = bare.endswith(b"=") and b"QUOTED-PRINTABLE" in head
        if goes_on:
            lines[-1] = lines[-1][:-1]
    return b"\r\n".join(lines)


def _plain(line: str) -> str:
    """A line of quoted-printable as the later versions of the format write it."""
    head, colon, value = line.partition(":")
    if not colon or not _QUOTED.search(head):
        return line
    charset = _CHARSET.search(head)
    text = decode(quopri.decodestring(value.encode()), charset[1].strip() if charset else None)
    head = _CHARSET.sub("", _QUOTED.sub("", head))
    text = text.replace("\r\n", "\n").replace("\\", "\\\\").replace("\n", "\\n")
    return f"{head}:{text.replace(';', chr(92) + ';').replace(',', chr(92) + ',')}"

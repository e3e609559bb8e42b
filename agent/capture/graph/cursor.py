"""What the source must know to go on: the links of each folder, and what it has told already.

A folder (or the calendar) is a *track*. It has a ``steady`` link, which tells what is new, and,
while older items are still to be fetched, a ``building`` one, whose round began further back. When
that round is done its link becomes the steady one.

What was told is kept as short digests of id and version, by day: moves, rounds begun anew and
overlapping rounds then tell nothing twice, and what a round has left out can be seen.
"""

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from agent.errors import CursorExpired

_VERSION = 1
_ID = 10
_DIGEST = 6
_ENTRY = _ID + _DIGEST
ROUNDS = 20
"""So many times in a pass the news are asked for until there are none: a server that repeats
itself does not keep us for ever."""
MOST_KNOWN = 50_000
"""Of each kind; beyond that the oldest are forgotten, and at worst told again."""
CALENDAR = "calendar"


class Known:
    """Item → version, as short digests. 60 bits tell the items of any mailbox apart."""

    def __init__(self, days: dict[str, dict[str, str]] | None = None) -> None:
        self._days = days if days is not None else {}
        self._day_of = {key: day for day, held in self._days.items() for key in held}
        self._most = MOST_KNOWN

    def __len__(self) -> int:
        return len(self._day_of)

    @property
    def may_have_forgotten(self) -> bool:
        return len(self) > self._most // 2

    def has(self, external_id: str) -> bool:
        return self.has_key(short(external_id, _ID))

    def has_key(self, key: str) -> bool:
        return key in self._day_of

    def is_told(self, external_id: str, version: str) -> bool:
        key = short(external_id, _ID)
        day = self._day_of.get(key)
        return day is not None and self._days[day][key] == short(version, _DIGEST)

    def note(self, external_id: str, version: str, moment: datetime) -> None:
        key, day = short(external_id, _ID), f"{moment:%Y%m%d}"
        before = self._day_of.get(key)
        if before is not None and before != day:
            del self._days[before][key]
        self._days.setdefault(day, {})[key] = short(version, _DIGEST)
        self._day_of[key] = day

    def forget(self, external_id: str) -> None:
        self.forget_key(short(external_id, _ID))

    def forget_key(self, key: str) -> None:
        day = self._day_of.pop(key, None)
        if day is not None:
            del self._days[day][key]

    def trim(self, since: datetime, most: int = MOST_KNOWN) -> None:
        """Forget what lies before the window, and what is too much."""
        self._most = most
        first = f"{since:%Y%m%d}"
        for day in sorted(self._days):
            if day >= first and len(self._day_of) <= most:
                break
            for key in self._days.pop(day):
                del self._day_of[key]

    def dump(self) -> dict[str, str]:
        return {
            day: "".join(key + digest for key, digest in held.items())
            for day, held in self._days.items()
            if held
        }

    @classmethod
    def load(cls, dumped: Any) -> "Known":
        days: dict[str, dict[str, str]] = {}
        for day, line in dict(dumped).items():
            if not isinstance(line, str) or len(line) % _ENTRY or len(day) != 8:
                raise ValueError
            days[day] = {
                line[at : at + _ID]: line[at + _ID : at + _ENTRY]
                for at in range(0, len(line), _ENTRY)
            }
        return cls(days)


class Series:
    """Which occurrences were told of which series: when a series is deleted, only the series is
    said to be gone."""

    def __init__(self, members: dict[str, set[str]] | None = None) -> None:
        self._members = members if members is not None else {}

    def note(self, master: str, occurrence: str) -> None:
        self._members.setdefault(master, set()).add(short(occurrence, _ID))

    def of(self, occurrence: str) -> str:
        """Its series; empty for a single meeting."""
        key = short(occurrence, _ID)
        return next((master for master, keys in self._members.items() if key in keys), "")

    def drop(self, master: str, known: Known) -> bool:
        """True when occurrences of it were told."""
        keys = self._members.pop(master, set())
        for key in keys:
            known.forget_key(key)
        return bool(keys)

    def trim(self, known: Known) -> None:
        self._members = {
            master: kept
            for master, keys in self._members.items()
            if (kept := {key for key in keys if known.has_key(key)})
        }

    def dump(self) -> dict[str, str]:
        return {master: "".join(sorted(keys)) for master, keys in self._members.items()}

    @classmethod
    def load(cls, dumped: Any) -> "Series":
        return cls(
            {
                str(master): {line[at : at + _ID] for at in range(0, len(line), _ID)}
                for master, line in dict(dumped).items()
            }
        )


def short(text: str, length: int = _ID) -> str:
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return urlsafe_b64encode(digest[:9]).decode("ascii")[:length]


@dataclass(slots=True)
class Track:
    since: str = ""
    """Where the window begins that ``building`` or, without one, ``steady`` covers."""
    until: str = ""
    """Calendar: where that window ends."""
    steady: str | None = None
    building: str | None = None
    is_midway: bool = False
    """``steady`` leads to the next page of a round that has begun, not to a round to come."""
    is_built: bool = False
    """Nothing older is left to be fetched."""
    is_checked: bool = False
    """What the round has left out was looked for."""
    checked_to: str = ""
    """Down to this second of arrival, while that is under way."""
    checked: list[str] = field(default_factory=list)
    """What was told of that very second: digests of ids."""
    marked: str = ""
    """The latest change that was seen, by the server's clock."""
    floor: str = ""
    """What was changed since then may have been missed: a round was lost."""
    supported: bool = True
    """The server tells changes; else they are found by comparing lists."""

    def restart(self) -> None:
        """The server has forgotten its links."""
        self.floor = min(filter(None, (self.floor, self.marked)), default="")
        self.steady = self.building = None
        self.is_midway = self.is_built = self.is_checked = False
        self.checked_to = ""
        self.checked = []

    def go_on(self, following: str | None, end: str | None) -> bool:
        """Keep the link of a page of news; True when that page may have told less than there is:
        a round that had begun earlier ends where things stood then."""
        was_midway, self.is_midway = self.is_midway, following is not None
        self.steady = following or end
        return was_midway or self.is_midway


@dataclass(slots=True)
class Cursor:
    tracks: dict[str, Track] = field(default_factory=dict)
    """Id of the folder, or ``calendar`` → how far it was read."""
    mails: Known = field(default_factory=Known)
    meetings: Known = field(default_factory=Known)
    series: Series = field(default_factory=Series)

    def dump(self) -> str:
        return json.dumps(
            {
                "graph": _VERSION,
                "tracks": {
                    key: [getattr(track, name) for name in Track.__slots__]
                    for key, track in self.tracks.items()
                },
                "mails": self.mails.dump(),
                "meetings": self.meetings.dump(),
                "series": self.series.dump(),
            },
            separators=(",", ":"),
        )


def load(text: str | None, is_ours: Callable[[str], bool]) -> Cursor:
    """Raises ``CursorExpired`` for a text that ``dump`` has not made, or for another server."""
    if text is None:
        return Cursor()
    try:
        parsed = json.loads(text)
        if parsed["graph"] != _VERSION:
            raise CursorExpired
        cursor = Cursor(
            mails=Known.load(parsed["mails"]),
            meetings=Known.load(parsed["meetings"]),
            series=Series.load(parsed["series"]),
        )
        for key, values in parsed["tracks"].items():
            track = Track(**dict(zip(Track.__slots__, values, strict=True)))
            if not all(link is None or is_ours(link) for link in (track.steady, track.building)):
                raise CursorExpired
            for moment in filter(None, (track.since, track.until, track.checked_to)):
                datetime.fromisoformat(moment)
            cursor.tracks[key] = track
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise CursorExpired from None
    return cursor

"""A calendar file to one capture for each meeting that begins within the window."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC
from pathlib import Path, PurePosixPath

from agent.capture.calendarfiles import lines
from agent.capture.calendarfiles.meeting import describe, kept_out
from agent.capture.calendarfiles.series import Occurrence, Series, day_of
from agent.capture.calendarfiles.window import Window
from agent.capture.calendarfiles.zones import zone_named
from agent.capture.folders.containers import ContainerReader, Contents, Inside
from agent.capture.folders.scan import Found
from agent.capture.meetings import clean_uid, compose_meeting
from agent.clock import Clock
from agent.errors import BadItem

MAX_BYTES = 100 * 1024 * 1024
_QUIET_S = 1.0
_MAX_KEY = 64


class CalendarReader(ContainerReader):
    suffixes = frozenset({".ics", ".ical", ".vcs"})

    def __init__(
        self,
        source: str,
        *,
        clock: Clock,
        since_days: int,
        timezone: str | None,
        owner: tuple[str, ...],
    ) -> None:
        self._source = source
        self._clock = clock
        self._since_days = since_days
        self._timezone = timezone
        self._owner = owner

    def quiet_s(self, found: Found, age_s: float) -> float:  # noqa: ARG002 - same for all
        return _QUIET_S

    def epoch(self) -> str:
        """Today: tomorrow another day of every series has come within sight."""
        window = self._window()
        return f"{window.first:%Y%m%d}-{window.last:%Y%m%d}"

    def is_past(self, version: str) -> bool:
        day = day_of(version)
        return day is not None and day < self._window().first

    def open(self, found: Found, held: Mapping[str, str]) -> Contents:
        series, fault = self._series(found)
        return Contents(len(series), self._items(found, series, fault, held))

    def keys(self, found: Found) -> Iterator[str]:
        series, fault = self._series(found)
        for one in self._items(found, series, fault, None):
            yield one.key

    def _window(self) -> Window:
        return Window.around(self._clock, self._since_days)

    def _series(self, found: Found) -> tuple[list[Series], BadItem | None]:
        """The meetings of a file, and what is wrong with it as a whole."""
        if found.size > MAX_BYTES:
            raise BadItem("item_too_large")
        raw = Path(found.path).read_bytes()
        if not raw.strip():
            raise BadItem("item_empty")
        by_uid: dict[str, Series] = {}
        fault: BadItem | None = None
        try:
            for event in lines.events(raw):
                uid = _uid(event)
                zone = zone_named(event.calendar.zone) if event.calendar.zone else None
                by_uid.setdefault(uid, Series(uid, zone or self._timezone)).add(event)
        except BadItem as bad:
            fault = bad
        return list(by_uid.values()), fault

    def _items(
        self,
        found: Found,
        series: list[Series],
        fault: BadItem | None,
        held: Mapping[str, str] | None,
    ) -> Iterator[Inside]:
        """``held`` None: only keys are wanted."""
        window = self._window()
        told: set[str] = set()
        for one in series:
            key = _key(one.uid)
            try:
                for occurrence in one.occurrences(window):
                    inside = self._inside(found, one, occurrence, held)
                    if inside.key not in told:  # some rules name a moment twice
                        told.add(inside.key)
                        yield inside
            except BadItem as bad:
                version = hashlib.sha256("\n".join(one.first.lines).encode()).hexdigest()[:12]
                same = held is not None and held.get(key) == version
                yield Inside(key=key, version=version, code="" if same else bad.code)
        if fault is not None:
            raise fault

    def _inside(
        self,
        found: Found,
        series: Series,
        occurrence: Occurrence,
        held: Mapping[str, str] | None,
    ) -> Inside:
        key = _key(series.uid)
        if occurrence.recurs_at is not None:
            key = f"{key}/{occurrence.recurs_at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        version = occurrence.version
        if held is None or held.get(key) == version:
            return Inside(key=key, version=version)
        rule = kept_out(occurrence)
        if rule:
            return Inside(key=key, version=version, code=rule, is_excluded=True)
        capture = compose_meeting(
            describe(occurrence, series.uid, self._owner),
            source=self._source,
            external_id=f"{found.external_id}#{key}",
            version=version,
        )
        hints = (*capture.hints, *PurePosixPath(found.external_id).parent.parts)
        return Inside(
            key=key,
            version=version,
            rank=occurrence.rank,
            capture=replace(capture, hints=hints),
        )


def _uid(event: lines.RawEvent) -> str:
    """Of an event without one: what it says, so that the same event is the same meeting."""
    uid = clean_uid(event.value("UID"))
    if uid:
        return uid
    said = "\n".join(
        f"{name}:{event.value(name)}" for name in ("DTSTART", "DTEND", "SUMMARY", "ORGANIZER")
    )
    return f"sha256-{hashlib.sha256(said.encode()).hexdigest()[:32]}"


def _key(uid: str) -> str:
    if len(uid) <= _MAX_KEY and uid.isprintable():
        return uid
    return hashlib.sha256(uid.encode()).hexdigest()[:32]

"""Short ways to write a calendar file and to read a folder of them."""

import os
from datetime import datetime
from pathlib import Path
from typing import Any

from agent.capture import registry
from agent.capture.base import Batch, Capture, Source
from tests.conformance.moving_clock import MovingClock
from tests.conformance.surroundings import alone

ZONE = "Asia/Shanghai"


def event(
    *lines: str, uid: str = "u1@x", start: str = ";TZID=Asia/Shanghai:20261120T100000"
) -> str:
    named = [f"UID:{uid}"] if uid else []
    named += [f"DTSTART{start}"] if start else []
    return "\r\n".join(["BEGIN:VEVENT", *named, *lines, "END:VEVENT", ""])


def calendar(*events: str, head: str = "") -> bytes:
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{head}{''.join(events)}END:VCALENDAR\r\n".encode()


class Calendars:
    """A folder of calendar files and a source that reads it; restarts between any two looks."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.folder = folder
        self.clock = MovingClock()
        self.settings = {"timezone": ZONE, **settings}
        self.cursor: str | None = None

    def source(self) -> Source:
        settings = {"type": "calendarfiles", "path": str(self.folder), **self.settings}
        return registry.build("it", settings, alone(self.clock))

    def put(self, raw: bytes, name: str = "a.ics", age_s: float = 600) -> None:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(raw)
        changed = self.clock.now().timestamp() - age_s
        os.utime(path, (changed, changed))

    def look(self) -> list[Batch]:
        batches = list(self.source().poll(self.cursor))
        if batches:
            self.cursor = batches[-1].cursor
        return batches

    def captures(self) -> list[Capture]:
        return [one for batch in self.look() for one in batch.captures]

    def only(self) -> Capture:
        (capture,) = self.captures()
        return capture


def starts(captures: list[Capture]) -> list[str]:
    """``11-20 02:00``: in UTC, in order."""
    return sorted(f"{one.occurred_at:%m-%d %H:%M}" for one in captures)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)

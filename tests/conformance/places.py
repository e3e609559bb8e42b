"""Where each source reads from, for the conformance suite.

To join, a source gives a ``Place``: how to fill, change and break what it reads. A source over a
folder needs a suffix and the bytes of its n-th file.
"""

import io
import os
import shutil
import struct
import wave
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from tests.conformance.exchange_place import ExchangePlace
from tests.conformance.graph_place import GraphPlace
from tests.conformance.imap_place import ImapPlace
from tests.conformance.moving_clock import MovingClock
from tests.conformance.place import Place


class FolderPlace:
    type: ClassVar[str]
    suffix: ClassVar[str]

    def __init__(self, root: Path, clock: MovingClock) -> None:
        self.folder = root / "watched"
        self.folder.mkdir()
        self._away = root / "away"
        self._clock = clock
        self._changes = 0

    def content(self, n: int, revision: int) -> bytes:
        raise NotImplementedError

    def settings(self) -> Mapping[str, Any]:
        return {"type": self.type, "path": str(self.folder)}

    def add(self, n: int) -> str:
        external_id = f"客户{n % 3}/item-{n:04}{self.suffix}"
        self._write(external_id, self.content(n, 0), age_s=3600 + n)
        return external_id

    def secrets(self) -> Mapping[str, str]:
        return {}

    def close(self) -> None:
        pass

    def change(self, external_id: str) -> str:
        self._changes += 1
        n = int(external_id.rpartition("-")[2].removesuffix(self.suffix))
        self._write(external_id, self.content(n, self._changes), age_s=600 - self._changes)
        return external_id

    def remove(self, external_id: str) -> None:
        (self.folder / external_id).unlink()

    def break_one(self) -> str:
        external_id = f"nowhere{self.suffix}"
        (self.folder / external_id).symlink_to(self.folder / "gone")
        return external_id

    def vanish(self) -> None:
        shutil.move(self.folder, self._away)

    def come_back(self) -> None:
        shutil.move(self._away, self.folder)

    def _write(self, external_id: str, content: bytes, *, age_s: float) -> None:
        path = self.folder / external_id
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        changed = self._clock.now().timestamp() - age_s
        os.utime(path, (changed, changed))


class MailFilesPlace(FolderPlace):
    type = "mailfiles"
    suffix = ".eml"

    def content(self, n: int, revision: int) -> bytes:
        return (
            f"From: a{n}@customer.example\r\nTo: li@ours.example\r\nSubject: 第{n}封\r\n"
            f"Date: Fri, 20 Nov 2026 10:{n % 60:02}:00 +0800\r\nMessage-ID: <{n}@customer.example>\r\n"
            f"Content-Type: text/plain; charset=utf-8\r\n\r\n您好，第{revision}版\r\n"
        ).encode()


class CalendarFilesPlace(FolderPlace):
    """One file an invitation; the item is the meeting inside."""

    type = "calendarfiles"
    suffix = ".ics"

    def add(self, n: int) -> str:
        return f"{super().add(n)}#{n}@customer.example"

    def change(self, external_id: str) -> str:
        path, _, key = external_id.partition("#")
        return f"{super().change(path)}#{key}"

    def remove(self, external_id: str) -> None:
        super().remove(external_id.partition("#")[0])

    def content(self, n: int, revision: int) -> bytes:
        return (
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\n"
            f"UID:{n}@customer.example\r\nDTSTAMP:20261101T000000Z\r\nSEQUENCE:{revision}\r\n"
            f"DTSTART;TZID=China Standard Time:20261120T10{n % 60:02}00\r\nDURATION:PT1H\r\n"
            f"SUMMARY:第{n}次会\r\nDESCRIPTION:第{revision}版\r\n"
            f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:a{n}@customer.example\r\n"
            "END:VEVENT\r\nEND:VCALENDAR\r\n"
        ).encode()


class RecordingsPlace(FolderPlace):
    type = "recordings"
    suffix = ".wav"

    def content(self, n: int, revision: int) -> bytes:
        """A recording that grows: what was there stays, more follows."""
        sound = struct.pack("<h", n) * (8000 + 800 * revision)
        file = io.BytesIO()
        with wave.open(file, "wb") as recording:
            recording.setnchannels(1)
            recording.setsampwidth(2)
            recording.setframerate(8000)
            recording.writeframes(sound)
        return file.getvalue()


class NotesPlace(FolderPlace):
    type = "notes"
    suffix = ".md"

    def content(self, n: int, revision: int) -> bytes:
        return f"# 拜访记录 {n}\n\n今天和王总谈了预算，第{revision}次修改。\n".encode()


PLACES: Mapping[str, Callable[[Path, MovingClock], Place]] = {
    place.type: place
    for place in (
        MailFilesPlace,
        CalendarFilesPlace,
        ImapPlace,
        ExchangePlace,
        GraphPlace,
        RecordingsPlace,
        NotesPlace,
    )
}

MAILBOXES: frozenset[str] = frozenset({"exchange", "graph", "imap"})
"""Those whose place is a ``MailboxPlace``."""

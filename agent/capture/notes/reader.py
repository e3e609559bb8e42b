"""One note to one capture."""

import hashlib
import os
import platform
from datetime import UTC
from pathlib import Path, PurePosixPath

from agent.capture.base import Capture
from agent.capture.folders.dates import Dated, date_in, moment_of, month_day_in
from agent.capture.folders.scan import Found
from agent.capture.folders.source import Reading
from agent.capture.mailhead import addresses
from agent.capture.notes import documents
from agent.contract.activity import Participant
from agent.errors import BadItem

_QUIET_S = 0.7
_MAX_SUBJECT = 2_000


class NoteReader:
    suffixes = frozenset({".md", ".markdown", ".txt", ".docx", ".html", ".htm"})

    def __init__(
        self,
        source: str,
        folder: Path,
        *,
        timezone: str | None = None,
        computer: str | None = None,
    ) -> None:
        self._source = source
        self._folder = folder
        self._timezone = timezone
        self._computer = platform.node() if computer is None else computer

    def quiet_s(self, found: Found, age_s: float) -> float:  # noqa: ARG002 - same for every note
        return _QUIET_S

    def read(self, found: Found, mark: str) -> Reading:
        if found.size > documents.MAX_BYTES:
            raise BadItem("item_too_large")
        where = PurePosixPath(found.external_id)
        note = documents.read(Path(found.path).read_bytes(), where.suffix.lower())
        # A note is edited in place and may be moved: what it was called first stays its identity.
        identity = mark or self._identity(found.external_id)
        dated = note.front.dated or self._dated_by_name(where, found)
        capture = Capture(
            source=self._source,
            external_id=found.external_id,
            identity=identity,
            version=found.version,
            kind="note",
            occurred_at=moment_of(dated, found.modified, self._timezone),
            participants=tuple(
                Participant(role="attendee", name=name[:200], email=email)
                for entry in note.front.participants
                for name, email in addresses(entry)
            ),
            subject=(note.title or where.stem)[:_MAX_SUBJECT],
            text=note.text,
            is_html=note.is_html,
            sensitivity="private" if note.front.private else "",
            categories=note.front.tags,
            hints=(*note.front.customers, *reversed(where.parent.parts), where.stem),
        )
        return Reading(capture, identity)

    def _identity(self, external_id: str) -> str:
        """Paths are only unique on one computer: many people keep ``/Users/sales/Notes``."""
        place = f"{self._computer}\n{os.path.realpath(self._folder)}\n{external_id}"
        return f"note:{hashlib.sha256(place.encode('utf-8', 'surrogateescape')).hexdigest()}"

    def _dated_by_name(self, where: PurePosixPath, found: Found) -> Dated | None:
        if named := date_in(where.stem):
            return named
        near = found.modified.astimezone(UTC).date()
        day = month_day_in(where.stem, near)
        return (day, None) if day else None

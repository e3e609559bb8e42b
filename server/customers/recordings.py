"""The sound of calls, kept as files beside the database and played on the timeline.

A file goes when its row is gone: whatever erases an activity needs to know nothing of files.
"""

import hashlib
import os
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from server.customers.models import Activity, ActivityCapture, Recording
from server.customers.visibility import visible_activities
from server.identity.service import audit
from server.kernel.auth import Principal
from server.kernel.db import UnitOfWork
from server.kernel.errors import Invalid, NotFound

FOLDER = "recordings"
MAX_BYTES = 30_000_000
MEDIA = {
    "audio/mpeg": (b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"),
    "audio/wav": (b"RIFF",),
    "audio/ogg": (b"OggS",),
    "audio/mp4": (),
    "audio/webm": (b"\x1aE\xdf\xa3",),
    "audio/flac": (b"fLaC",),
    "audio/amr": (b"#!AMR",),
}
"""What browsers or people play, and how such files begin."""


def path_of(folder: Path, activity_id: UUID) -> Path:
    return folder / FOLDER / activity_id.hex[:2] / activity_id.hex


def keep(
    uow: UnitOfWork, who: Principal, activity_id: UUID, media_type: str, data: bytes, folder: Path
) -> Recording:
    """Keep the sound of a call that this person's device delivered; another one replaces it."""
    session = uow.session
    call = session.scalar(
        visible_activities(who)
        .join(ActivityCapture, ActivityCapture.activity_id == Activity.id)
        .where(
            Activity.id == activity_id,
            Activity.kind == "call",
            ActivityCapture.person_id == who.user_id,
        )
    )
    if call is None:
        raise NotFound("activity_not_found")
    if not data or len(data) > MAX_BYTES or not _is(media_type, data):
        raise Invalid(fields={"body": "bad_recording"})
    path = path_of(folder, activity_id)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_bytes(data)
    part.replace(path)
    row = session.get(Recording, activity_id) or Recording(activity_id=activity_id)
    row.person_id, row.media_type, row.size = who.user_id, media_type, len(data)
    row.digest, row.at = hashlib.sha256(data).hexdigest(), uow.clock.now()
    session.add(row)
    audit(uow, who.user_id, "recording.keep", f"activity/{activity_id}", after=len(data))
    uow.bump("feed")
    return row


def _is(media_type: str, data: bytes) -> bool:
    if media_type == "audio/mp4":
        return data[4:8] == b"ftyp"
    return media_type in MEDIA and data.startswith(MEDIA[media_type])


def drop_orphans(uow: UnitOfWork) -> int:
    """Delete files whose row is gone; returns how many."""
    folder = uow.files
    if folder is None:
        return 0
    there = {path.name: path for path in (folder / FOLDER).glob("??/*") if path.is_file()}
    ids = [UUID(name) for name in there if len(name) == 32 and not name.strip("0123456789abcdef")]
    held: set[str] = set()
    for start in range(0, len(ids), 500):
        rows = uow.session.scalars(
            select(Recording.activity_id).where(Recording.activity_id.in_(ids[start : start + 500]))
        )
        held.update(row.hex for row in rows)
    gone = [path for name, path in there.items() if name not in held and not name.endswith(".part")]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)

"""One mail file to one capture."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path, PurePosixPath

from agent.capture import mime
from agent.capture.base import Capture
from agent.capture.folders.scan import Found
from agent.capture.folders.source import Reading
from agent.capture.mailfiles import msg, tnef
from agent.capture.mailhead import parse_fields, split_head
from agent.capture.mime import MailBody
from agent.capture.mimeparts import parts
from agent.errors import BadItem

_QUIET_S = 0.7
_MAX_WRAPPED = 64 * 1024 * 1024


class MailReader:
    suffixes = frozenset({".eml", ".msg"})

    def __init__(self, source: str) -> None:
        self._source = source

    def quiet_s(self, found: Found, age_s: float) -> float:  # noqa: ARG002 - same for every mail
        return _QUIET_S

    def read(self, found: Found, mark: str) -> Reading:
        if found.size > mime.MAX_BYTES:
            raise BadItem("item_too_large")
        if found.size == 0:
            raise BadItem("item_empty")
        raw = Path(found.path).read_bytes()
        read = msg.read if msg.is_msg(raw) else _read_mime
        capture = read(
            raw,
            source=self._source,
            external_id=found.external_id,
            version=found.version,
            fallback=found.modified,
            hints=PurePosixPath(found.external_id).parent.parts,
        )
        return _keep_identity(capture, mark)


def _read_mime(
    raw: bytes,
    *,
    source: str,
    external_id: str,
    version: str,
    fallback: datetime,
    hints: tuple[str, ...] = (),
) -> Capture:
    """A raw mail; what its ``winmail.dat`` holds stands where that stood."""
    capture = mime.read(
        raw,
        source=source,
        external_id=external_id,
        version=version,
        fallback=fallback,
        hints=hints,
    )
    wrapped = _wrapped(raw) if any(tnef.may_be(one.name) for one in capture.attachments) else None
    if wrapped is None:
        return capture
    files = [one for one in capture.attachments if not tnef.may_be(one.name)]
    capture = replace(capture, attachments=(*files, *wrapped.attachments))
    if capture.text.strip() or not wrapped.text.strip():
        return capture
    return replace(capture, text=wrapped.text, is_html=wrapped.is_html)


def _wrapped(raw: bytes) -> MailBody | None:
    block, start = split_head(raw)
    for part in parts(raw, parse_fields(block), start):
        if tnef.may_be(part.file_name) or tnef.may_be(part.content_type):
            return tnef.read(part.content(_MAX_WRAPPED))
    return None


def _keep_identity(capture: Capture, mark: str) -> Reading:
    """A mail without Message-ID is known by its content. Should the file have been read before
    it was whole, it stays the item it was then: same header, more text."""
    if not capture.identity.startswith("sha256:"):
        return Reading(capture)
    head = mime.head_digest(capture.occurred_at, capture.participants, capture.subject)[:16]
    identity, _, head_before = mark.rpartition(" ")
    if head_before == head:
        capture = replace(capture, identity=identity)
    return Reading(capture, f"{capture.identity} {head}")

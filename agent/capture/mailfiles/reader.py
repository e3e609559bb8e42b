"""One mail file to one capture."""

from dataclasses import replace
from pathlib import Path, PurePosixPath

from agent.capture import mime
from agent.capture.base import Capture
from agent.capture.folders.scan import Found
from agent.capture.folders.source import Reading
from agent.capture.mailfiles import msg, wrapped
from agent.errors import BadItem

_QUIET_S = 0.7


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
        read = msg.read if msg.is_msg(raw) else wrapped.read
        capture = read(
            raw,
            source=self._source,
            external_id=found.external_id,
            version=found.version,
            fallback=found.modified,
            hints=PurePosixPath(found.external_id).parent.parts,
        )
        return _keep_identity(capture, mark)


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

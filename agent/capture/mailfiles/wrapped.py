"""A mail with what its ``winmail.dat`` holds in the place where that stood."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from agent.capture import mime
from agent.capture.base import Capture
from agent.capture.contentfields import ContentFields
from agent.capture.mailfiles import tnef
from agent.capture.mailhead import MailHead, parse_fields, split_head
from agent.capture.mime import MailBody
from agent.capture.mimeparts import Part, parts

_MAX_WRAPPED = 64 * 1024 * 1024


def read(
    raw: bytes,
    *,
    source: str,
    external_id: str,
    version: str,
    fallback: datetime,
    hints: tuple[str, ...] = (),
) -> Capture:
    """As ``mime.read``."""
    capture = mime.read(
        raw,
        source=source,
        external_id=external_id,
        version=version,
        fallback=fallback,
        hints=hints,
    )
    if not any(tnef.may_be(one.name) for one in capture.attachments):
        return capture
    block, start = split_head(raw)
    body = MailBody(
        text=capture.text, is_html=capture.is_html, attachments=list(capture.attachments)
    )
    _unwrap(body, list(parts(raw, ContentFields(parse_fields(block)), start)))
    return replace(
        capture, text=body.text, is_html=body.is_html, attachments=tuple(body.attachments)
    )


def body_of(head: MailHead, leaves: Sequence[Part]) -> MailBody:
    """As ``mime.body_of``."""
    body = mime.body_of(head, leaves)
    _unwrap(body, leaves)
    return body


def read_body(raw: bytes, head: MailHead, start: int) -> MailBody:
    """As ``mime.read_body``."""
    body = mime.read_body(raw, head, start)
    if any(tnef.may_be(one.name) for one in body.attachments):
        _unwrap(body, list(parts(raw, head.content, start)))
    return body


def _unwrap(body: MailBody, leaves: Sequence[Part]) -> None:
    wrapped = next(
        (one for one in leaves if tnef.may_be(one.file_name) or tnef.may_be(one.content_type)),
        None,
    )
    held = tnef.read(wrapped.content(_MAX_WRAPPED)) if wrapped is not None else None
    if held is None:
        return
    others = [one for one in body.attachments if not tnef.may_be(one.name)]
    body.attachments = [*others, *held.attachments]
    if held.text.strip() and not body.text.strip():
        body.text, body.is_html = held.text, held.is_html

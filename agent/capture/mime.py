"""A raw mail to a capture: for files, IMAP and everything else that delivers RFC 5322 bytes.

Any bytes give a capture or a ``BadItem``. Attachments are listed, never unpacked; attached
messages are not read as part of the text.
"""

import hashlib
import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from agent.capture.base import Capture
from agent.capture.charset import decode, decode_html, storable
from agent.capture.mailhead import MailHead, parse_fields, split_head
from agent.capture.mimeparts import Part, parts
from agent.contract.activity import Attachment, Participant, Signals
from agent.errors import BadItem
from agent.rules.identity import normalize_email

MAX_BYTES = 100 * 1024 * 1024
MAX_TEXT = 500_000
"""Characters of plain text."""
MAX_HTML = 2_000_000
"""Characters of HTML: markup takes several times the room of the words in it."""
CALENDAR_METHOD = "x-genjin-calendar-method"
"""Header-like key of a capture: the method of a calendar part (REQUEST, REPLY, CANCEL)."""
REPORT_TYPE = "x-genjin-report-type"
"""Header-like key of a capture: what a multipart/report reports (delivery-status …)."""
DRAFT = "x-genjin-draft"
"""Header-like key of a capture: ``1`` for a mail that was not sent."""

_MAX_SUBJECT = 2_000
_MAX_ID = 300
_MAX_HTML_BYTES = 8 * 1024 * 1024
"""Decoded bytes of one HTML part that are looked at, pictures and style sheets included."""
_WORDLESS = re.compile(
    r"<!--(?:-?>|.*?(?:-->|\Z))"
    r"|<(style|script)\b.*?(?:</\1\s*>|\Z)"
    r"|(?<=[\"'(=])data:[a-z0-9.+/;=-]{0,200},[a-z0-9+/=%\s-]*",
    re.IGNORECASE | re.DOTALL,
)
"""What HTML carries without a word to read: comments, style sheets, pictures written in place."""
_LEADING_LINES = re.compile(rb"[\r\n]*")
_SPACE = re.compile(r"\s+")
_BETWEEN = re.compile(r"[,\s]+")
_METHOD = re.compile(rb"^METHOD:[ \t]*([A-Za-z-]{3,20})", re.MULTILINE | re.IGNORECASE)
_SENSITIVITY = frozenset({"private", "personal", "company-confidential"})


@dataclass(slots=True)
class MailBody:
    """What the body of a mail holds, in whatever format it came."""

    text: str = ""
    is_html: bool = False
    attachments: list[Attachment] = field(default_factory=list)
    calendar_method: str = ""
    report_type: str = ""
    failed: list[str] = field(default_factory=list)
    """Addresses a delivery report names as not reached."""


def read(
    raw: bytes,
    *,
    source: str,
    external_id: str,
    version: str,
    fallback: datetime,
    hints: tuple[str, ...] = (),
) -> Capture:
    """The capture of a raw mail; ``fallback`` is its time when it names none."""
    if len(raw) > MAX_BYTES:
        raise BadItem("item_too_large")
    if not raw or raw.isspace():
        raise BadItem("item_empty")
    before = _LEADING_LINES.match(raw)
    start = before.end() if before else 0
    if raw.startswith(b"\xef\xbb\xbf", start):
        start += 3
    if raw.startswith(b"From ", start):  # the envelope line of a mailbox file
        start = raw.find(b"\n", start) + 1 or len(raw)
    block, body_start = split_head(raw, start)
    head = MailHead.parse(block)
    if not head.is_mail:
        raise BadItem("item_not_a_mail")
    return compose(
        head,
        read_body(raw, head, body_start),
        source=source,
        external_id=external_id,
        version=version,
        fallback=fallback,
        hints=hints,
    )


def compose(
    head: MailHead,
    body: MailBody,
    *,
    source: str,
    external_id: str,
    version: str,
    fallback: datetime,
    hints: tuple[str, ...] = (),
) -> Capture:
    """The capture of a mail whose header and body are already apart."""
    sent = head.date()
    people = head.participants()
    subject = storable(head.text("subject"))[:_MAX_SUBJECT]
    headers = head.kept()
    if body.calendar_method:
        headers[CALENDAR_METHOD] = body.calendar_method
    if body.report_type:
        headers[REPORT_TYPE] = body.report_type
    failed = [*body.failed, *_BETWEEN.split(head.text("x-failed-recipients"))]
    if head.text("x-unsent") == "1":
        headers[DRAFT] = "1"
    sensitivity = headers.get("sensitivity", "").strip().lower()
    return Capture(
        source=source,
        external_id=external_id,
        identity=mail_identity(head.message_id, sent, people, subject, body.text),
        version=version,
        kind="mail",
        occurred_at=sent or fallback.astimezone(UTC),
        participants=people + _failed(failed),
        subject=subject,
        text=body.text,
        is_html=body.is_html,
        headers=headers,
        signals=Signals(is_reply=bool(head.raw("in-reply-to") or head.raw("references"))),
        references=head.references,
        sensitivity=sensitivity if sensitivity in _SENSITIVITY else "",
        categories=tuple(filter(None, (one.strip() for one in head.text("keywords").split(",")))),
        hints=hints,
        attachments=tuple(body.attachments),
    )


def mail_identity(
    message_id: str,
    sent: datetime | None,
    people: Iterable[Participant],
    subject: str,
    text: str,
) -> str:
    """``mid:<…>``; for a mail without Message-ID a hash on which two copies of it agree."""
    if message_id:
        if len(message_id) > _MAX_ID:
            message_id = hashlib.sha256(message_id.encode()).hexdigest()
        return f"mid:<{message_id}>"
    return f"sha256:{head_digest(sent, people, subject, text)}"


def head_digest(
    sent: datetime | None, people: Iterable[Participant], subject: str, text: str = ""
) -> str:
    """Hash of who wrote what to whom when, whatever the white space and order of fields."""
    named = sorted({f"{one.role} {one.email or one.name}" for one in people})
    canonical = [
        sent.isoformat(timespec="seconds") if sent else "",
        *named,
        _SPACE.sub(" ", subject).strip(),
        _SPACE.sub("", text),
    ]
    return hashlib.sha256("\x00".join(canonical).encode()).hexdigest()


def read_body(raw: bytes, head: MailHead, start: int) -> MailBody:
    """Text, attachments and reports of the body that begins at ``start``."""
    leaves = list(parts(raw, head.content, start))
    if not leaves:  # a multipart of which not even the first part has arrived
        raise BadItem("item_cut_off")
    return body_of(head, leaves)


def body_of(head: MailHead, leaves: Sequence[Part]) -> MailBody:
    """The same of a body whose leaves are known, wherever they are kept. Asks for the content of
    those parts only that have something to say."""
    body = MailBody()
    if head.content.type == "multipart/report":
        body.report_type = head.content.parameter("report-type").lower() or "unknown"
    texts: list[Part] = []
    for part in leaves:
        match part.content_type:
            case _ if part.disposition == "attachment":
                body.attachments.append(_attachment(part))
            case "text/calendar":
                method = part.parameter("method") or _calendar_method(part)
                body.calendar_method = body.calendar_method or method.upper()
            case "text/plain" | "text/html" if not part.file_name or not texts:
                texts.append(part)
            case kind if kind.startswith("multipart/") and not part.within:
                texts.append(part)  # it names no boundary, so it is read as one text
            case "message/delivery-status" | "message/global-delivery-status":
                body.failed += _failed_recipients(part)
            case "text/rfc822-headers" | "message/disposition-notification":
                pass
            case _:
                body.attachments.append(_attachment(part))
    body.text, body.is_html = _text(texts)
    return body


def _text(candidates: Sequence[Part]) -> tuple[str, bool]:
    """The text a person would read: of alternatives the plain one, else the HTML one."""
    chosen: list[tuple[str, bool]] = []
    done: set[int] = set()
    room = MAX_HTML
    for part in candidates:
        if part.alternative is not None:
            if part.alternative in done:
                continue
            done.add(part.alternative)
            text, is_html = _best(
                [one for one in candidates if one.alternative == part.alternative]
            )
        else:
            text, is_html = _decoded(part)
        if text.strip() and room > 0:
            chosen.append((text[:room], is_html))
            room -= len(text)
    if any(is_html for _, is_html in chosen):
        pages = (text if is_html else f"<pre>{html.escape(text)}</pre>" for text, is_html in chosen)
        return "\n".join(pages)[:MAX_HTML], True
    return "\n".join(text for text, _ in chosen)[:MAX_TEXT], False


def _best(alternatives: Sequence[Part]) -> tuple[str, bool]:
    best = ("", False)
    for part in sorted(alternatives, key=lambda one: one.content_type != "text/plain"):
        best = _decoded(part)
        if best[0].strip():
            break
    return best


def _decoded(part: Part) -> tuple[str, bool]:
    if part.content_type != "text/html":
        text = decode(part.content(MAX_TEXT * 4), part.charset)
        return text.replace("\r\n", "\n")[:MAX_TEXT], False
    page = decode_html(part.content(_MAX_HTML_BYTES), part.charset).replace("\r\n", "\n")
    return bounded_html(page), True


def bounded_html(page: str) -> str:
    """At most ``MAX_HTML`` characters; a page that is long loses first what holds no words."""
    if len(page) > MAX_TEXT:
        page = _WORDLESS.sub("", page)
    return page[:MAX_HTML]


def _attachment(part: Part) -> Attachment:
    name = part.file_name
    if not name:
        name = "message.eml" if part.content_type == "message/rfc822" else part.content_type
    return Attachment(name=storable(name), size=part.size())


def _calendar_method(part: Part) -> str:
    found = _METHOD.search(part.content(8192))
    return found[1].decode("ascii") if found else ""


def _failed_recipients(report: Part) -> list[str]:
    """The recipients of a delivery report that were not reached."""
    failed: list[str] = []
    for block in re.split(rb"\r?\n[ \t]*\r?\n", report.content(256 * 1024))[:500]:
        fields = parse_fields(block)
        action = str(fields.get("action", "failed")).strip().lower()
        recipient = str(fields.get("final-recipient") or fields.get("original-recipient") or "")
        if recipient and action.startswith("failed"):
            failed.append(recipient.rpartition(";")[2].strip())
    return failed


def _failed(raw: Iterable[str]) -> tuple[Participant, ...]:
    found = dict.fromkeys(filter(None, (normalize_email(one[:400]) for one in raw if one)))
    return tuple(Participant(role="failed", email=email) for email in list(found)[:100])

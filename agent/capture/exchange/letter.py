"""A mail of Exchange to a capture, the same as the raw mail would give.

Where the mail came over the network, its header is kept as it came; what a header cannot tell
(a mail just sent has none yet) is put together from what Exchange knows.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email.message import Message
from email.utils import format_datetime

from agent.capture import mime
from agent.capture.base import Capture
from agent.capture.charset import storable
from agent.capture.exchange.elements import Fields
from agent.capture.mailfiles import wrapped
from agent.capture.mailhead import KEPT, MailHead, split_head
from agent.contract.activity import Attachment
from agent.errors import BadItem

SOURCE = "exchange"

_WANTED = frozenset({*KEPT, "to", "cc", "bcc", "date", "received", "x-unsent"})
_METHODS = (
    ("ipm.schedule.meeting.request", "REQUEST"),
    ("ipm.schedule.meeting.canceled", "CANCEL"),
    ("ipm.schedule.meeting.resp", "REPLY"),
    ("ipm.schedule.meeting", "REQUEST"),
)
"""Item class → the calendar method of the mail it came as."""
_REPORTS = (
    (".ipnrn", "disposition-notification"),
    (".ipnnrn", "disposition-notification"),
    (".ndr", "delivery-status"),
    (".dr", "delivery-status"),
)
"""End of the class of a report → what it reports."""
_NO_MAIL = (
    "ipm.contact",
    "ipm.distlist",
    "ipm.stickynote",
    "ipm.appointment",
    "ipm.activity",
    "ipm.document",
    "ipm.configuration",
    "ipm.task",
)
_SENSITIVITY = {
    "personal": "Personal",
    "private": "Private",
    "confidential": "Company-Confidential",
}
_MAX_HEADERS = 2_000


def is_letter(item_class: str) -> bool:
    """Whether an item of a mail folder is one; people drop contacts and tasks there too."""
    name = item_class.strip().lower()
    if name == "ipm.taskrequest" or name.startswith("ipm.taskrequest."):
        return True
    return not any(name == one or name.startswith(f"{one}.") for one in _NO_MAIL)


def needs_mime(item_class: str) -> bool:
    """Whether its body says less than its parts: who was not reached, what was signed."""
    name = item_class.strip().lower()
    return name.startswith(("report.", "ipm.note.smime"))


def read(
    fields: Fields, *, external_id: str, folder: str, fallback: datetime, raw: bytes | None = None
) -> Capture:
    """``raw``: the mail as it came, where that was asked for."""
    head = _head(fields)
    body = _body(fields, raw)
    item_class = fields.text("ItemClass").strip().lower()
    if not body.calendar_method:
        body.calendar_method = _calendar_method(item_class)
    if not body.report_type:
        body.report_type = _report_type(item_class, head)
    capture = mime.compose(
        head,
        body,
        source=SOURCE,
        external_id=external_id,
        version="",
        fallback=fields.moment("DateTimeReceived") or fields.moment("DateTimeCreated") or fallback,
    )
    categories = tuple(
        dict.fromkeys(
            filter(
                None, (storable(one.text or "").strip() for one in fields.children("Categories"))
            )
        )
    )
    capture = replace(capture, categories=categories or capture.categories, folder=folder)
    return replace(capture, version=version_of(capture))


def version_of(capture: Capture) -> str:
    """Changes with what a person would call a change, and not because it was read."""
    content = repr(
        (
            capture.identity,
            capture.occurred_at,
            capture.ended_at,
            [(one.role, one.name, one.email) for one in capture.participants],
            capture.subject,
            capture.text,
            sorted(capture.headers.items()),
            capture.sensitivity,
            capture.categories,
            [(one.name, one.size) for one in capture.attachments],
            capture.signals.is_reply,
            capture.signals.cancelled,
            capture.signals.declined,
            sorted(capture.responses.items()),
            capture.hints,
        )
    )
    return hashlib.sha256(content.encode()).hexdigest()[:24]


def decoded_mime(fields: Fields) -> bytes | None:
    text = fields.text("MimeContent")
    if not text:
        return None
    if len(text) > mime.MAX_BYTES * 4 // 3:
        raise BadItem("item_too_large")
    try:
        return base64.b64decode(text)
    except (binascii.Error, ValueError):
        raise BadItem("item_damaged") from None


def _head(fields: Fields) -> MailHead:
    message: Message[str, str] = Message()
    for number, header in enumerate(fields.children("InternetMessageHeaders")):
        name = (header.get("HeaderName") or "").strip().lower()
        if number < _MAX_HEADERS and name in _WANTED:
            _add(message, name, header.text or "")
    sender = "From" if "From" in fields else "Sender"
    for name, people in (
        ("from", fields.mailboxes(sender)),
        ("to", fields.mailboxes("ToRecipients")),
        ("cc", fields.mailboxes("CcRecipients")),
        ("bcc", fields.mailboxes("BccRecipients")),
    ):
        if name not in message and people:
            _add(message, name, _address_list(people))
    if "Subject" in fields:
        message["subject"] = storable(_one_line(fields.text("Subject")))
    sent = fields.moment("DateTimeSent")
    if "date" not in message and sent is not None:
        message["date"] = format_datetime(sent.astimezone(UTC))
    for name, given in (
        ("message-id", fields.text("InternetMessageId")),
        ("in-reply-to", fields.text("InReplyTo")),
        ("references", fields.text("References")),
        ("sensitivity", _SENSITIVITY.get(fields.text("Sensitivity").strip().lower(), "")),
    ):
        if given.strip() and (name not in message or name == "sensitivity"):
            del message[name]
            _add(message, name, given)
    if fields.is_true("IsDraft"):
        message["x-unsent"] = "1"
    return MailHead(message)


def _add(message: "Message[str, str]", name: str, value: str) -> None:
    message[name] = storable(_one_line(value))


def _one_line(value: str) -> str:
    return " ".join(value.splitlines()).strip() if "\n" in value or "\r" in value else value.strip()


def _address_list(people: Sequence[tuple[str, str]]) -> str:
    return ", ".join(f'"{_quoted(name)}" <{address}>' for name, address in people)


def _quoted(name: str) -> str:
    return name.replace("\\", "\\\\").replace('"', '\\"')


def _body(fields: Fields, raw: bytes | None) -> mime.MailBody:
    if raw:
        block, start = split_head(raw)
        body = wrapped.read_body(raw, MailHead.parse(block), start)
        if body.text.strip() or body.report_type:
            return body
    text = storable(fields.text("Body").replace("\r\n", "\n"))
    is_html = fields.attribute("Body", "BodyType").lower() == "html"
    return mime.MailBody(
        text=mime.bounded_html(text) if is_html else text[: mime.MAX_TEXT],
        is_html=is_html,
        attachments=list(_attachments(Fields(one) for one in fields.children("Attachments"))),
    )


def _attachments(found: Iterable[Fields]) -> Iterable[Attachment]:
    for one in found:
        size = one.text("Size").strip()
        name = storable(one.text("Name")).strip()[:255]
        if not name:
            name = "message.eml" if one.name == "ItemAttachment" else "attachment"
        yield Attachment(name=name, size=int(size) if size.isdecimal() else 0)


def _calendar_method(item_class: str) -> str:
    return next((method for start, method in _METHODS if item_class.startswith(start)), "")


def _report_type(item_class: str, head: MailHead) -> str:
    if item_class.startswith("report."):
        return next((kind for end, kind in _REPORTS if item_class.endswith(end)), "unknown")
    if head.content.type == "multipart/report":
        return head.content.parameter("report-type").lower() or "unknown"
    return ""

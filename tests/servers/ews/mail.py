"""A raw mail as Exchange takes it in: read with Python's own parser, not with ours."""

import email
import email.policy
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.utils import getaddresses, parsedate_to_datetime

from tests.servers.ews.store import Item, Person

_METHODS = {
    "REQUEST": "IPM.Schedule.Meeting.Request",
    "CANCEL": "IPM.Schedule.Meeting.Canceled",
    "REPLY": "IPM.Schedule.Meeting.Resp.Pos",
}


def item_of(raw: bytes, *, received: datetime, keeps_headers: bool = True) -> Item:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    wire: Message[str, str] = Message()  # the header fields as they came
    for name, value in email.message_from_bytes(raw).raw_items():
        wire[name] = _guessed(value)
    html = message.get_body(("html",))
    plain = message.get_body(("plain",))
    body = html if html is not None else plain
    text = body.get_content() if body is not None else ""
    date = wire["date"]
    headers = [(name, " ".join(str(value).split())) for name, value in wire.items()]
    return Item(
        id="",
        folder="",
        item_class=_item_class(message),
        subject=_decoded(wire["subject"]),
        body=text,
        is_html=html is not None,
        sender=next(iter(_people(wire, "from")), None),
        to=_people(wire, "to"),
        cc=_people(wire, "cc"),
        bcc=_people(wire, "bcc"),
        headers=headers if keeps_headers else [],
        message_id=" ".join(str(wire["message-id"] or "").split()),
        in_reply_to=str(wire["in-reply-to"] or ""),
        references=str(wire["references"] or ""),
        sent=parsedate_to_datetime(date).astimezone(UTC) if date else None,
        received=received,
        created=received,
        attachments=[
            (part.get_filename() or "", len(part.get_payload(decode=True) or b""), False)
            for part in message.iter_attachments()
            if part.get_content_type() != "text/calendar" and not part.is_multipart()
        ]
        if message.get_content_type() != "multipart/report"
        else [],
        sensitivity={"private": "Private", "personal": "Personal"}.get(
            str(wire["sensitivity"] or "").lower(), "Normal"
        ),
        is_draft=wire["x-unsent"] == "1",
        mime=raw,
    )


def _item_class(message: EmailMessage) -> str:
    if message.get_content_type() == "multipart/report":
        kind = str(message.get_param("report-type") or "")
        return "REPORT.IPM.Note.NDR" if kind == "delivery-status" else "REPORT.IPM.Note.IPNRN"
    for part in message.walk():
        if part.get_content_type() == "text/calendar":
            return _METHODS.get(str(part.get_param("method") or "").upper(), "IPM.Note")
    return "IPM.Note"


def _people(message: "Message[str, str]", name: str) -> list[Person]:
    values = [str(one) for one in message.get_all(name, [])]
    return [(_decoded(shown), address) for shown, address in getaddresses(values)]


def _guessed(value: str) -> str:
    """Bytes beyond ASCII stand in some headers as they are."""
    raw = value.encode("ascii", "surrogateescape")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("gb18030", "replace")


def _decoded(value: object) -> str:
    return str(make_header(decode_header(str(value or "")))) if value else ""

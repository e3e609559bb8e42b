"""A message as Graph tells it, to a capture."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.message import Message
from typing import Any

from agent.capture.base import Capture
from agent.capture.charset import storable
from agent.capture.mailhead import MAX_PARTICIPANTS, MailHead, parse_date
from agent.capture.mime import (
    CALENDAR_METHOD,
    DRAFT,
    MAX_TEXT,
    REPORT_TYPE,
    bounded_html,
    mail_identity,
)
from agent.contract.activity import Attachment, Participant, ParticipantRole, Signals
from agent.errors import BadItem
from agent.rules.identity import normalize_email

KIND = "graph"
HEADERS = "internetMessageHeaders"
BARE_SELECT = (
    "id,parentFolderId,internetMessageId,subject,body,from,sender,toRecipients,ccRecipients,"
    "bccRecipients,receivedDateTime,sentDateTime,lastModifiedDateTime,isDraft,hasAttachments,"
    "categories"
)
SELECT = f"{BARE_SELECT},{HEADERS}"
_TELLING = ("internetMessageId", "subject", "body", "receivedDateTime", "hasAttachments")
"""A change of the read flag comes as a row without these."""
_VERSIONED = (
    "parentFolderId",
    "subject", "body", "from", "sender", "toRecipients", "ccRecipients", "bccRecipients",
    "sentDateTime", "isDraft", "hasAttachments", "categories",
)  # fmt: skip
_ROLES: tuple[tuple[str, ParticipantRole], ...] = (
    ("toRecipients", "to"),
    ("ccRecipients", "cc"),
    ("bccRecipients", "bcc"),
)
_METHODS = {
    "meetingrequest": "REQUEST",
    "meetingcancelled": "CANCEL",
    "meetingaccepted": "REPLY",
    "meetingtenativelyaccepted": "REPLY",
    "meetingtentativelyaccepted": "REPLY",
    "meetingdeclined": "REPLY",
}
_METHOD_OF_TYPE = {
    "#microsoft.graph.eventmessagerequest": "REQUEST",
    "#microsoft.graph.eventmessageresponse": "REPLY",
}
SENSITIVITY = "Integer 0x0036"
"""The extended property that says private: Graph's messages have no such field of their own, and
what was never sent or received has no header to say it."""
_SENSITIVITIES = ("", "personal", "private", "company-confidential")
_MAX_SUBJECT = 2_000
_MAX_HEADERS = 500
_MAX_VALUE = 64 * 1024


def is_whole(row: Mapping[str, Any]) -> bool:
    return all(name in row for name in _TELLING)


def is_invitation(row: Mapping[str, Any]) -> bool:
    return str(row.get("@odata.type", "")).lower().startswith("#microsoft.graph.eventmessage")


def received(row: Mapping[str, Any]) -> datetime:
    return moment_of(row.get("receivedDateTime"))


def moment_of(value: object) -> datetime:
    """Raises ``BadItem`` for what is no moment."""
    moment = parse_date(value) if isinstance(value, str) else None
    if moment is None:
        raise BadItem("item_damaged")
    return moment


def version_of(row: Mapping[str, Any], names: Iterable[str] = _VERSIONED) -> str:
    """Changes with what is said and with the folder, by which a rule may keep it here or no longer;
    not with read flags."""
    said = json.dumps([row.get(name) for name in names], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:24]


def compose(
    row: Mapping[str, Any], attachments: Iterable[Mapping[str, Any]], folder: str
) -> Capture:
    """``row`` with its ``internetMessageHeaders``. Raises ``BadItem``."""
    try:
        return _compose(row, attachments, folder)
    except (AttributeError, TypeError, ValueError, KeyError):
        # A field is of another kind than it should be. Not chained: the original quotes it.
        raise BadItem("item_damaged") from None


def _compose(
    row: Mapping[str, Any], attachments: Iterable[Mapping[str, Any]], folder: str
) -> Capture:
    head = _head(row)
    sent = moment_of(row.get("sentDateTime") or row.get("receivedDateTime"))
    people = _people(row)
    subject = storable(row.get("subject") or "")[:_MAX_SUBJECT]
    text, is_html = _text(row.get("body"))
    headers = head.kept()
    if method := _method(row):
        headers[CALENDAR_METHOD] = method
    if report := _report_type(head):
        headers[REPORT_TYPE] = report
    if row.get("isDraft") is True:
        headers[DRAFT] = "1"
    failed = normalize_email(head.text("x-failed-recipients")[:400])
    if failed:
        people = (*people, Participant(role="failed", email=failed))
    return Capture(
        source=KIND,
        external_id=row["id"],
        identity=mail_identity(head.message_id, sent, people, subject, text),
        version=version_of(row),
        kind="mail",
        occurred_at=sent.astimezone(UTC),
        participants=people,
        subject=subject,
        text=text,
        is_html=is_html,
        headers=headers,
        signals=Signals(is_reply=bool(head.raw("in-reply-to") or head.raw("references"))),
        references=head.references,
        sensitivity=_sensitivity(row, headers),
        categories=tuple(storable(str(one)) for one in row.get("categories") or ()),
        attachments=tuple(_attachment(one) for one in attachments),
        folder=folder,
    )


def _head(row: Mapping[str, Any]) -> MailHead:
    """The fields that stood in the mail; for one that never travelled, what Graph knows."""
    fields: Message[str, str] = Message()
    for one in (row.get(HEADERS) or ())[:_MAX_HEADERS]:
        name, value = storable(str(one.get("name") or "")), storable(str(one.get("value") or ""))
        if name and name.lower() != "message-id":
            fields[name] = " ".join(value[:_MAX_VALUE].split("\n"))
    if row.get("internetMessageId"):
        fields["message-id"] = storable(str(row["internetMessageId"]))
    return MailHead(fields)


def _people(row: Mapping[str, Any]) -> tuple[Participant, ...]:
    found: dict[tuple[str, str], Participant] = {}
    named: list[tuple[ParticipantRole, Any]] = [("from", row.get("from") or row.get("sender"))]
    for name, role in _ROLES:
        named += [(role, one) for one in row.get(name) or ()]
    for role, one in named[: MAX_PARTICIPANTS + 1]:
        name, email = address_of(one)
        if name or email:
            person = Participant(role=role, name=name, email=email)
            found.setdefault((role, email or name), person)
    return tuple(found.values())[:MAX_PARTICIPANTS]


def address_of(recipient: Any) -> tuple[str, str | None]:
    """(name, normalised address) of ``{"emailAddress": {"name", "address"}}`` or nothing."""
    within = (recipient or {}).get("emailAddress") or {}
    address = storable(str(within.get("address") or ""))[:400]
    name = storable(str(within.get("name") or "")).strip(" '\"")[:200]
    return name, normalize_email(address)


def _text(body: Any) -> tuple[str, bool]:
    content = storable(str((body or {}).get("content") or "")).replace("\r\n", "\n")
    if str((body or {}).get("contentType") or "").lower() == "html":
        return bounded_html(content), True
    return content[:MAX_TEXT], False


def _method(row: Mapping[str, Any]) -> str:
    named = _METHODS.get(str(row.get("meetingMessageType") or "").lower(), "")
    if named or not is_invitation(row):
        return named
    # A cancellation is an eventMessage without a type of its own.
    return _METHOD_OF_TYPE.get(str(row["@odata.type"]).lower(), "CANCEL")


def _report_type(head: MailHead) -> str:
    if head.content.type != "multipart/report":
        return ""
    return head.content.parameter("report-type").lower() or "unknown"


def _sensitivity(row: Mapping[str, Any], headers: Mapping[str, str]) -> str:
    for one in row.get("singleValueExtendedProperties") or ():
        if str(one.get("id", "")).lower() == SENSITIVITY.lower():
            number = str(one.get("value"))
            return _SENSITIVITIES[int(number)] if number in ("1", "2", "3") else ""
    named = headers.get("sensitivity", "").strip().lower()
    return named if named in _SENSITIVITIES else ""


def _attachment(row: Mapping[str, Any]) -> Attachment:
    size = row.get("size")
    name = storable(str(row.get("name") or "attachment"))[:255]
    return Attachment(name=name, size=size if isinstance(size, int) and size > 0 else 0)

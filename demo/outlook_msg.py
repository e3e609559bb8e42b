"""Writes Outlook ``.msg`` files: MAPI properties (MS-OXMSG, MS-OXPROPS) in a compound file.

Only what a message saved from Outlook really carries: Unicode strings, sender, recipients,
attachments, times and, for received mail, the transport headers.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from demo.compound_file import Storage, compound_file

_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_UNICODE, _BINARY, _INT, _BOOL, _TIME = 0x001F, 0x0102, 0x0003, 0x000B, 0x0040
_READABLE_WRITABLE = 0x00000006
_RECIPIENT_TYPE = {"to": 1, "cc": 2}
_UNICODE_STORE = 0x00040000

Value = str | bytes | bool | int | datetime


@dataclass(frozen=True, slots=True)
class MsgRecipient:
    role: Literal["to", "cc"]
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class MsgAttachment:
    name: str
    mime: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlookMessage:
    subject: str
    prefix: str
    """``RE: ``, ``答复: `` or empty; the subject starts with it."""
    body: str
    html: str
    sender_name: str
    sender_email: str
    recipients: tuple[MsgRecipient, ...]
    sent: datetime
    received: datetime
    message_id: str
    in_reply_to: str
    references: str
    headers: str
    """The transport headers; empty for what was sent from this Outlook."""
    attachments: tuple[MsgAttachment, ...] = ()
    sensitivity: int = 0
    """0 normal, 1 personal, 2 private, 3 confidential."""


def outlook_msg(message: OutlookMessage) -> bytes:
    root = Storage()
    _write(root, dict(_message(message)), _header(message))
    root.storages["__nameid_version1.0"] = Storage(
        streams={f"__substg1.0_000{part}0102": b"" for part in (2, 3, 4)}
    )
    for number, recipient in enumerate(message.recipients):
        storage = Storage()
        _write(storage, dict(_recipient(number, recipient)), bytes(8))
        root.storages[f"__recip_version1.0_#{number:08X}"] = storage
    for number, attachment in enumerate(message.attachments):
        storage = Storage()
        _write(storage, dict(_attachment(number, attachment)), bytes(8))
        root.storages[f"__attach_version1.0_#{number:08X}"] = storage
    return compound_file(root)


def _message(message: OutlookMessage) -> Iterator[tuple[int, Value]]:
    """Property id → value, as in MS-OXPROPS."""
    yield 0x001A, "IPM.Note"
    yield 0x0036, message.sensitivity
    yield 0x0037, message.subject
    yield 0x003D, message.prefix
    yield 0x0039, message.sent
    yield 0x0070, message.subject.removeprefix(message.prefix)
    for name, address_type, email, smtp in (
        (0x0C1A, 0x0C1E, 0x0C1F, 0x5D01),  # sender
        (0x0042, 0x0064, 0x0065, 0x5D02),  # sent representing
    ):
        yield name, message.sender_name
        yield address_type, "SMTP"
        yield email, message.sender_email
        yield smtp, message.sender_email
    if message.headers:
        yield 0x007D, message.headers
    yield 0x0E04, _names(message.recipients, "to")
    yield 0x0E03, _names(message.recipients, "cc")
    yield 0x0E06, message.received
    yield 0x0E07, 0x01 | (0 if message.headers else 0x20) | (0x10 if message.attachments else 0)
    yield 0x0E1B, bool(message.attachments)
    yield 0x0E1D, message.subject.removeprefix(message.prefix)
    yield 0x1000, message.body
    yield 0x1013, message.html.encode()
    yield 0x1035, message.message_id
    yield 0x1039, message.references
    yield 0x1042, message.in_reply_to
    yield 0x3007, message.received
    yield 0x3008, message.received
    yield 0x340D, _UNICODE_STORE
    yield 0x3FDE, 65001


def _recipient(number: int, recipient: MsgRecipient) -> Iterator[tuple[int, Value]]:
    yield 0x0C15, _RECIPIENT_TYPE[recipient.role]
    yield 0x3000, number
    yield 0x3001, recipient.name
    yield 0x3002, "SMTP"
    yield 0x3003, recipient.email
    yield 0x39FE, recipient.email


def _attachment(number: int, attachment: MsgAttachment) -> Iterator[tuple[int, Value]]:
    stem, dot, ending = attachment.name.rpartition(".")
    yield 0x0E20, len(attachment.data)
    yield 0x0E21, number
    yield 0x3701, attachment.data
    yield 0x3703, f"{dot}{ending}"
    yield 0x3704, f"{stem[:8]}{dot}{ending}"
    yield 0x3705, 1  # by value
    yield 0x3707, attachment.name
    yield 0x370B, 0xFFFFFFFF  # not rendered in the text
    yield 0x370E, attachment.mime


def _names(recipients: Iterable[MsgRecipient], role: str) -> str:
    return "; ".join(recipient.name for recipient in recipients if recipient.role == role)


def _header(message: OutlookMessage) -> bytes:
    """MS-OXMSG 2.4.1.1: reserved, next recipient and attachment id, their counts, reserved."""
    counts = len(message.recipients), len(message.attachments)
    return struct.pack("<8x4I8x", *counts, *counts)


def _write(storage: Storage, properties: Mapping[int, Value], header: bytes) -> None:
    """The property stream, and a stream of its own for every value that has no fixed size."""
    entries = bytearray(header)
    for number, value in sorted(properties.items()):
        kind, fixed, stream = _encoded(value)
        if stream is not None:
            storage.streams[f"__substg1.0_{number:04X}{kind:04X}"] = stream
        entries += struct.pack("<HHI8s", kind, number, _READABLE_WRITABLE, fixed)
    storage.streams["__properties_version1.0"] = bytes(entries)


def _encoded(value: Value) -> tuple[int, bytes, bytes | None]:
    """Type code, the eight bytes in the property stream, and the bytes of its own stream."""
    match value:
        case bool():
            return _BOOL, struct.pack("<H6x", value), None
        case int():
            return _INT, struct.pack("<I4x", value), None
        case datetime():
            ticks = (value - _EPOCH) // (datetime.resolution) * 10
            return _TIME, struct.pack("<Q", ticks), None
        case str():
            raw = value.encode("utf-16-le")
            # The size in the entry counts the terminator that the stream leaves out.
            return _UNICODE, struct.pack("<I4x", len(raw) + 2), raw
        case bytes():
            return _BINARY, struct.pack("<I4x", len(value)), value

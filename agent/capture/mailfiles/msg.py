"""Outlook's ``.msg`` to a capture."""

import struct
from datetime import datetime

from olefile import OleFileIO
from oxmsg.attachment import Attachment as OutlookAttachment
from oxmsg.domain import constants as pid
from oxmsg.message import Message as OutlookMessage
from oxmsg.properties import Properties as Numbers
from oxmsg.recipient import Recipient
from oxmsg.storage import Storage

from agent.capture import mime
from agent.capture.base import Capture
from agent.capture.mailfiles.outlook import (
    CODEPAGE,
    OutlookItem,
    attachment,
    charset_of,
    text_of,
)
from agent.capture.mailhead import MailHead
from agent.contract.activity import Attachment
from agent.errors import BadItem

_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_DAMAGE = (
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    ArithmeticError,
    EOFError,
    RecursionError,
    NotImplementedError,
    MemoryError,
    struct.error,
)
"""What the reader of this format raises on damaged files; it promises nothing."""


def is_msg(raw: bytes) -> bool:
    return raw.startswith(_MAGIC)


def read(
    raw: bytes,
    *,
    source: str,
    external_id: str,
    version: str,
    fallback: datetime,
    hints: tuple[str, ...] = (),
) -> Capture:
    """The capture of a ``.msg``; ``BadItem`` when it cannot be read."""
    try:
        with OleFileIO(raw) as ole:
            storage = Storage.from_ole(ole)
        item = _item(storage)
        head = MailHead(item.fields())
        body = item.body()
    except _DAMAGE as error:
        raise BadItem("item_damaged") from error
    if not head.is_mail:
        raise BadItem("item_not_a_mail")
    return mime.compose(
        head,
        body,
        source=source,
        external_id=external_id,
        version=version,
        fallback=fallback,
        hints=hints,
    )


def _item(storage: Storage) -> OutlookItem:
    properties = _Stored(storage, OutlookMessage(storage).properties)
    charset = charset_of(properties.number(CODEPAGE))
    return OutlookItem(
        properties,
        [_Stored(one, Recipient(one).properties) for one in storage.iter_recipient_storages()],
        [_attachment(one, charset) for one in storage.iter_attachment_storages()],
    )


def _attachment(storage: Storage, charset: str | None) -> Attachment:
    found = OutlookAttachment(storage)
    return attachment(_Stored(storage, found.properties), found.size, charset)


class _Stored:
    """Strings are decoded here: the library gives up on undeclared code pages."""

    def __init__(self, storage: Storage, numbers: Numbers) -> None:
        self._storage = storage
        self._numbers = numbers

    def string(self, prop: int, charset: str | None = None) -> str:
        for kind in (pid.PTYP_STRING, pid.PTYP_STRING8):
            try:
                raw = self._storage.property_stream_bytes(prop, kind)
            except KeyError:
                continue
            return text_of(raw, wide=kind == pid.PTYP_STRING, charset=charset)
        return ""

    def number(self, prop: int) -> int | None:
        found: int | None = self._numbers.int_prop_value(prop)
        return found

    def moment(self, prop: int) -> datetime | None:
        found: datetime | None = self._numbers.date_prop_value(prop)
        return found

    def raw(self, prop: int) -> bytes | None:
        found: bytes | None = self._numbers.binary_prop_value(prop)
        return found

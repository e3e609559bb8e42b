"""Outlook's ``.msg`` to a capture. The transport header is trusted before Outlook's properties."""

import re
import struct
from datetime import datetime
from email.message import Message
from email.utils import format_datetime

from olefile import OleFileIO
from oxmsg import Message as Outlook
from oxmsg.attachment import Attachment as OutlookAttachment
from oxmsg.domain import constants as pid
from oxmsg.recipient import Recipient
from oxmsg.storage import Storage

from agent.capture import mime
from agent.capture.base import Capture
from agent.capture.charset import decode, decode_html, storable
from agent.capture.mailhead import MailHead, parse_fields
from agent.capture.mime import MailBody
from agent.contract.activity import Attachment
from agent.errors import BadItem

_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FIELDS = {1: "To", 2: "Cc", 3: "Bcc"}
_SENSITIVITY = {1: "Personal", 2: "Private", 3: "Company-Confidential"}
_UNSENT = 0x8
_SENT_REPRESENTING_SMTP = 0x5D02
_METHODS = (
    ("IPM.SCHEDULE.MEETING.REQUEST", "REQUEST"),
    ("IPM.SCHEDULE.MEETING.CANCELED", "CANCEL"),
    ("IPM.SCHEDULE.MEETING.RESP", "REPLY"),
)
_REPORTS = (
    (re.compile(r"REPORT\..*\.NDR$"), "delivery-status"),
    (re.compile(r"REPORT\..*\.DR$"), "delivery-status"),
    (re.compile(r"REPORT\..*\.IPN(RN|NRN)$"), "disposition-notification"),
)
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
        outlook = _Outlook(storage)
        head = MailHead(outlook.fields())
        body = outlook.body()
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


class _Outlook:
    """One message. Strings are decoded here: the library gives up on undeclared code pages."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._message = Outlook(storage)
        self._numbers = self._message.properties
        self._charset = _charset(self._numbers.int_prop_value(pid.PID_MESSAGE_CODEPAGE))

    def fields(self) -> "Message[str, str]":
        """The transport header, completed from the properties: sent mail has none of its own."""
        transport = self._string(pid.PID_TRANSPORT_MESSAGE_HEADERS)
        fields = parse_fields(transport.lstrip("\r\n").encode())
        flags = self._numbers.int_prop_value(pid.PID_MESSAGE_FLAGS) or 0
        sensitivity = self._numbers.int_prop_value(pid.PID_SENSITIVITY) or 0
        completed = {
            "From": self._sender(),
            **self._recipients(),
            "Subject": self._string(pid.PID_SUBJECT),
            "Date": self._date(),
            "Message-ID": self._string(pid.PID_INTERNET_MESSAGE_ID),
            "In-Reply-To": self._string(pid.PID_IN_REPLY_TO_ID),
            "References": self._string(pid.PID_INTERNET_REFERENCES),
            "Sensitivity": _SENSITIVITY.get(sensitivity, ""),
            "X-Unsent": "1" if flags & _UNSENT and not transport else "",
        }
        for name, value in completed.items():
            if value and name not in fields:
                fields[name] = re.sub(r"[\r\n]+", " ", value)
        return fields

    def body(self) -> MailBody:
        text = self._string(pid.PID_BODY, self._body_charset())
        is_html = not text.strip()
        if is_html:
            text = self._html()
        kind = self._string(pid.PID_MESSAGE_CLASS).upper()
        return MailBody(
            text=mime.bounded_html(text) if is_html else _plain(text),
            is_html=is_html and bool(text.strip()),
            attachments=[self._attachment(one) for one in self._storage.iter_attachment_storages()],
            calendar_method=next((m for prefix, m in _METHODS if kind.startswith(prefix)), ""),
            report_type=next((report for name, report in _REPORTS if name.match(kind)), ""),
        )

    def _html(self) -> str:
        raw = self._message.properties.binary_prop_value(pid.PID_HTML)
        if raw is None:
            return self._string(pid.PID_BODY_HTML, self._body_charset())
        return decode_html(raw, self._body_charset())

    def _body_charset(self) -> str | None:
        page = self._numbers.int_prop_value(pid.PID_INTERNET_CODEPAGE)
        return _charset(page) or self._charset

    def _sender(self) -> str:
        emails = (
            self._string(_SENT_REPRESENTING_SMTP),
            self._string(pid.PID_SENDER_SMTP_ADDRESS),
            self._string(pid.PID_SENDER_EMAIL_ADDRESS),
        )
        email = next((one for one in emails if "@" in one), "")
        return _address(self._string(pid.PID_SENDER_NAME), email)

    def _recipients(self) -> dict[str, str]:
        people: dict[str, list[str]] = {}
        for storage in self._storage.iter_recipient_storages():
            kind = Recipient(storage).properties.int_prop_value(pid.PID_RECIPIENT_TYPE) or 1
            email = self._string(pid.PID_SMTP_ADDRESS, within=storage) or self._string(
                pid.PID_EMAIL_ADDRESS, within=storage
            )
            name = self._string(pid.PID_DISPLAY_NAME, within=storage)
            people.setdefault(_FIELDS.get(kind, "To"), []).append(_address(name, email))
        return {field: ", ".join(filter(None, named)) for field, named in people.items()}

    def _attachment(self, storage: Storage) -> Attachment:
        name = self._string(pid.PID_ATTACH_LONG_FILENAME, within=storage) or self._string(
            pid.PID_ATTACH_FILENAME, within=storage
        )
        size = OutlookAttachment(storage).size
        return Attachment(name=name[:255] or "message.msg", size=size)

    def _date(self) -> str:
        for prop in (pid.PID_CLIENT_SUBMIT_TIME, pid.PID_MESSAGE_DELIVERY_TIME):
            moment = self._numbers.date_prop_value(prop)
            if moment is not None:
                return format_datetime(moment)
        return ""

    def _string(
        self, prop: int, charset: str | None = None, *, within: Storage | None = None
    ) -> str:
        """A string property, empty when it is missing. Kept as UTF-16 or in some code page."""
        storage = within or self._storage
        for kind in (pid.PTYP_STRING, pid.PTYP_STRING8):
            try:
                raw = storage.property_stream_bytes(prop, kind)
            except KeyError:
                continue
            if kind == pid.PTYP_STRING:
                return storable(raw.decode("utf-16-le", "replace"))
            return decode(raw.rstrip(b"\x00"), charset or self._charset)
        return ""


def _charset(page: int | None) -> str | None:
    """The name of a Windows code page; None when it is not declared."""
    match page:
        case None:
            return None
        case 65001:
            return "utf-8"
        case 54936:
            return "gb18030"
        case _:
            return f"cp{page}"


def _address(name: str, email: str) -> str:
    """An address field's entry; Exchange's internal ``/O=…`` addresses are left out."""
    plain = re.sub(r'[\\"\r\n]', "", name).strip()
    email = email.strip() if "@" in email else ""
    return f'"{plain}" <{email}>' if email else f'"{plain}" <>' if plain else ""


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n")[: mime.MAX_TEXT]

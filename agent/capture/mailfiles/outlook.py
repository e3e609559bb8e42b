"""An item as Outlook keeps it, in properties, to a mail: of a ``.msg``, a mail store or a
``winmail.dat``. The transport header is trusted before the properties."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import format_datetime
from typing import Protocol

from agent.capture import mime
from agent.capture.charset import decode, decode_html, storable
from agent.capture.mailfiles import lzfu, rtf
from agent.capture.mailhead import parse_fields
from agent.capture.mime import MailBody
from agent.contract.activity import Attachment

MESSAGE_CLASS, SENSITIVITY, SUBJECT, SUBMITTED = 0x001A, 0x0036, 0x0037, 0x0039
REPRESENTED_NAME, REPRESENTED_EMAIL, TRANSPORT = 0x0042, 0x0065, 0x007D
RECIPIENT_TYPE, SENDER_NAME, SENDER_EMAIL, DELIVERED, FLAGS = 0x0C15, 0x0C1A, 0x0C1F, 0x0E06, 0x0E07
BODY, RTF, HTML = 0x1000, 0x1009, 0x1013
MESSAGE_ID, REFERENCES, IN_REPLY_TO = 0x1035, 0x1039, 0x1042
DISPLAY_NAME, EMAIL, SMTP = 0x3001, 0x3003, 0x39FE
ATTACHED_AS, ATTACHED_LONG = 0x3704, 0x3707
BODY_CODEPAGE, CODEPAGE, CREATOR_EMAIL = 0x3FDE, 0x3FFD, 0x4023
SENDER_SMTP, REPRESENTED_SMTP, CREATOR_SMTP = 0x5D01, 0x5D02, 0x5D0A

UNSENT = 0x8
_FIELDS = {1: "To", 2: "Cc", 3: "Bcc"}
_SENSITIVITY = {1: "Personal", 2: "Private", 3: "Company-Confidential"}
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
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_SUBJECT_PREFIX = re.compile("^\x01.", re.DOTALL)
"""A store notes in two letters before the subject how long its ``Re: `` is."""


class Properties(Protocol):
    """Values by property id. Missing ones are empty or None."""

    def string(self, prop: int, charset: str | None = None) -> str:
        """``charset``: of a text that is kept in a code page and does not say in which."""
        ...

    def number(self, prop: int) -> int | None: ...
    def moment(self, prop: int) -> datetime | None: ...
    def raw(self, prop: int) -> bytes | None: ...


class Values:
    """Properties in memory: id → (type, bytes as they are kept)."""

    def __init__(self, values: dict[int, tuple[int, bytes]]) -> None:
        self.values = values

    def string(self, prop: int, charset: str | None = None) -> str:
        kind, raw = self.values.get(prop, (0, b""))
        if kind not in {0x1E, 0x1F}:
            return ""
        return text_of(raw, wide=kind == 0x1F, charset=charset)

    def number(self, prop: int) -> int | None:
        kind, raw = self.values.get(prop, (0, b""))
        if kind not in {2, 3, 0xA, 0xB, 0x14}:
            return None
        return int.from_bytes(raw, "little", signed=kind != 0xB)

    def moment(self, prop: int) -> datetime | None:
        kind, raw = self.values.get(prop, (0, b""))
        ticks = int.from_bytes(raw, "little") if kind == 0x40 else 0
        try:
            return _EPOCH + timedelta(microseconds=ticks // 10) if ticks else None
        except OverflowError:
            return None

    def raw(self, prop: int) -> bytes | None:
        kind, raw = self.values.get(prop, (0, b""))
        return raw if kind == 0x102 else None


class OutlookItem:
    def __init__(
        self,
        properties: Properties,
        people: Sequence[Properties],
        attachments: Sequence[Attachment] = (),
        *,
        categories: Sequence[str] = (),
    ) -> None:
        self.properties = properties
        self.people = people
        self._attachments = attachments
        self.categories = categories
        self.charset = charset_of(properties.number(CODEPAGE))

    def fields(self) -> "Message[str, str]":
        """The transport header, completed from the properties: sent mail has none of its own."""
        transport = self.text(TRANSPORT)
        fields = parse_fields(transport.lstrip("\r\n").encode())
        flags = self.properties.number(FLAGS) or 0
        sensitivity = self.properties.number(SENSITIVITY) or 0
        completed: Mapping[str, str] = {
            "From": self.sender(),
            **self._recipients(),
            "Subject": self.subject,
            "Date": self._date(),
            "Message-ID": self.text(MESSAGE_ID),
            "In-Reply-To": self.text(IN_REPLY_TO),
            "References": self.text(REFERENCES),
            "Sensitivity": _SENSITIVITY.get(sensitivity, ""),
            "Keywords": ", ".join(self.categories),
            "X-Unsent": "1" if flags & UNSENT and not transport else "",
        }
        for name, value in completed.items():
            if value and name not in fields:
                fields[name] = re.sub(r"[\r\n]+", " ", value)
        return fields

    def body(self) -> MailBody:
        kind = self.kind
        text, is_html = self.words()
        return MailBody(
            text=text,
            is_html=is_html,
            attachments=list(self._attachments),
            calendar_method=next((m for prefix, m in _METHODS if kind.startswith(prefix)), ""),
            report_type=next((report for name, report in _REPORTS if name.match(kind)), ""),
        )

    @property
    def kind(self) -> str:
        """The message class, upper-cased."""
        return self.text(MESSAGE_CLASS).upper()

    @property
    def subject(self) -> str:
        return _SUBJECT_PREFIX.sub("", self.text(SUBJECT))

    def text(self, prop: int) -> str:
        return self.properties.string(prop, self.charset)

    def words(self) -> tuple[str, bool]:
        """The plain text, else the HTML, else what the rich text says; and whether it is HTML."""
        charset = charset_of(self.properties.number(BODY_CODEPAGE)) or self.charset
        text = self.properties.string(BODY, charset)
        if text.strip():
            return text.replace("\r\n", "\n")[: mime.MAX_TEXT], False
        raw = self.properties.raw(HTML)
        page = decode_html(raw, charset) if raw else self.properties.string(HTML, charset)
        if page.strip():
            return mime.bounded_html(page), True
        text, is_html = rtf.read(lzfu.decompress(self.properties.raw(RTF) or b"", rtf.MAX_BYTES))
        return (mime.bounded_html(text) if is_html else text[: mime.MAX_TEXT]), is_html

    def sender(self) -> str:
        emails = map(self.text, (REPRESENTED_SMTP, SENDER_SMTP, REPRESENTED_EMAIL, SENDER_EMAIL))
        email = next((one for one in emails if "@" in one), "") or self._creator()
        return _address(self.text(SENDER_NAME) or self.text(REPRESENTED_NAME), email)

    def _creator(self) -> str:
        """Who wrote the item down, where that is the sender: Exchange names its own people by
        ``/O=…``, in sent mail only there."""
        sender, creator = self.text(SENDER_EMAIL), self.text(CREATOR_EMAIL)
        same = bool(sender) and sender.lower() == creator.lower()
        return self.text(CREATOR_SMTP) if same else ""

    def _recipients(self) -> dict[str, str]:
        found: dict[str, list[str]] = {}
        for person in self.people:
            name, email = named(person, self.charset)
            field = _FIELDS.get(person.number(RECIPIENT_TYPE) or 1, "To")
            found.setdefault(field, []).append(_address(name, email))
        return {field: ", ".join(filter(None, people)) for field, people in found.items()}

    def _date(self) -> str:
        for prop in (SUBMITTED, DELIVERED):
            moment = self.properties.moment(prop)
            if moment is not None:
                return format_datetime(moment)
        return ""


def named(person: Properties, charset: str | None) -> tuple[str, str]:
    """Name and address of a recipient."""
    email = person.string(SMTP, charset) or person.string(EMAIL, charset)
    return person.string(DISPLAY_NAME, charset), email


def attachment(properties: Properties, size: int, charset: str | None) -> Attachment:
    name = properties.string(ATTACHED_LONG, charset) or properties.string(ATTACHED_AS, charset)
    return Attachment(name=storable(name)[:255] or "message.msg", size=max(0, size))


def charset_of(page: int | None) -> str | None:
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


def text_of(raw: bytes, *, wide: bool, charset: str | None) -> str:
    """A string property: UTF-16 when ``wide``, else in a code page."""
    if wide:
        return storable(raw.decode("utf-16-le", "replace")).rstrip("\x00")
    return decode(raw.rstrip(b"\x00"), charset)


def _address(name: str, email: str) -> str:
    """An address field's entry; Exchange's internal ``/O=…`` addresses are left out."""
    plain = re.sub(r'[\\"\r\n]', "", name).strip()
    email = email.strip() if "@" in email else ""
    return f'"{plain}" <{email}>' if email else f'"{plain}" <>' if plain else ""

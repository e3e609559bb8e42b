"""``winmail.dat``: what Outlook sends to those it takes for Outlook ([MS-OXTNEF]).

The words of the mail and its attachments are then in there, and nowhere else.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from agent.capture.charset import decode
from agent.capture.mailfiles.outlook import BODY, OutlookItem, Values, attachment, charset_of
from agent.capture.mime import MailBody
from agent.contract.activity import Attachment

_SIGNATURE = 0x223E9F78
_BODY, _CODEPAGE, _MESSAGE = 0x0002800C, 0x00069007, 0x00069003
_RENDER, _TITLE, _DATA, _ATTACHED = 0x00069002, 0x00018010, 0x0006800F, 0x00069005
_MAX_ATTRIBUTES = 5_000
_MAX_VALUES = 10_000
_FIXED = {2: 2, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 0xA: 4, 0xB: 2, 0x14: 8, 0x40: 8, 0x48: 16}
"""Bytes of a value, by its type."""
_COUNTED = frozenset({0xD, 0x1E, 0x1F, 0x102})
_NAME = re.compile(r"winmail\.dat|win\.dat|application/(?:vnd\.)?ms-tnef", re.IGNORECASE)


def may_be(name: str) -> bool:
    """By the name or the type of an attachment."""
    return bool(_NAME.fullmatch(name))


def read(raw: bytes) -> MailBody | None:
    """What stands in it; of a damaged one what comes before the damage; None when it is none."""
    if len(raw) < 6 or struct.unpack_from("<I", raw)[0] != _SIGNATURE:
        return None
    charset: str | None = None
    plain = b""
    properties = Values({})
    files: list[_File] = []
    for kind, data in _attributes(raw):
        match kind:
            case n if n == _CODEPAGE and len(data) >= 4:
                charset = charset_of(struct.unpack_from("<I", data)[0])
            case n if n == _BODY:
                plain = data
            case n if n == _MESSAGE:
                properties = Values(dict(_properties(data)))
            case n if n == _RENDER:
                files.append(_File())
            case n if n == _TITLE and files:
                files[-1].title = data
            case n if n == _DATA and files:
                files[-1].size = len(data)
            case n if n == _ATTACHED and files:
                files[-1].properties = Values(dict(_properties(data)))
            case _:
                pass
    if plain and not properties.string(BODY).strip():
        properties.values[BODY] = (0x1E, plain)
    body = OutlookItem(properties, ()).body()
    if plain and charset and body.text and not body.is_html and not properties.number(0x3FFD):
        body.text = decode(plain.rstrip(b"\x00"), charset).replace("\r\n", "\n")
    body.attachments = [one.told(charset) for one in files]
    return body


@dataclass(slots=True)
class _File:
    title: bytes = b""
    size: int = 0
    properties: Values = field(default_factory=lambda: Values({}))

    def told(self, charset: str | None) -> Attachment:
        found = attachment(self.properties, self.size, charset)
        title = decode(self.title.rstrip(b"\x00"), charset)
        if title and found.name == "message.msg":
            return Attachment(name=title[:255], size=found.size)
        return found


def _attributes(raw: bytes) -> Iterator[tuple[int, bytes]]:
    at = 6
    for _ in range(_MAX_ATTRIBUTES):
        if at + 9 > len(raw):
            return
        kind, size = struct.unpack_from("<II", raw, at + 1)
        data = raw[at + 9 : at + 9 + size]
        yield kind, data
        at += 9 + size + 2  # and a checksum, which some gateways get wrong


def _properties(data: bytes) -> Iterator[tuple[int, tuple[int, bytes]]]:
    """(id, (type, value)) of a property stream, as far as it can be read."""
    try:
        yield from _walk(data)
    except (struct.error, ValueError):  # cut off, or of a type that nobody knows
        return


def _walk(data: bytes) -> Iterator[tuple[int, tuple[int, bytes]]]:
    (count,) = struct.unpack_from("<I", data)
    at = 4
    for _ in range(min(count, _MAX_VALUES)):
        kind, prop = struct.unpack_from("<HH", data, at)
        at += 4
        if prop >= 0x8000:
            at = _behind_name(data, at)
        several = kind & 0x1000
        kind &= 0xFFF
        values = 1
        if several or kind in _COUNTED:
            (values,) = struct.unpack_from("<I", data, at)
            at += 4
        for n in range(min(values, _MAX_VALUES)):
            if kind in _COUNTED:
                (size,) = struct.unpack_from("<I", data, at)
                at += 4
            elif kind in _FIXED:
                size = _FIXED[kind]
            else:
                raise ValueError(kind)
            value = data[at : at + size]
            if len(value) < size:
                return
            at += max(4, -(-size // 4) * 4) if size else 0
            if n == 0 and prop < 0x8000 and not several:
                yield prop, (kind, value)


def _behind_name(data: bytes, at: int) -> int:
    (kind,) = struct.unpack_from("<I", data, at + 16)
    if kind == 0:
        return at + 24
    size: int = struct.unpack_from("<I", data, at + 20)[0]
    return at + 24 + -(-size // 4) * 4

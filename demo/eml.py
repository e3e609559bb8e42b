"""Letters as RFC 5322 bytes, put together by hand: real programs declare one charset and write
another, and the standard library would (rightly) not.
"""

import base64
import quopri
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from urllib.parse import quote

from demo.documents import png
from demo.letters import Address, Enclosure, Letter, digest
from demo.mail_clients import program

_LIMIT = 39
"""Bytes per encoded word, so that with its frame it stays under 75 characters."""
Header = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Part:
    """A MIME part: its headers, and its body with CRLF line ends."""

    headers: tuple[Header, ...]
    body: bytes

    def __bytes__(self) -> bytes:
        head = "".join(f"{name}: {value}\r\n" for name, value in self.headers)
        return head.encode("ascii") + b"\r\n" + self.body


def eml(letter: Letter) -> bytes:
    using = program(letter.client, letter.locale)
    headers = envelope(
        letter.sender,
        letter.to,
        letter.cc,
        subject=letter.subject,
        when=letter.when,
        message_id=letter.message_id,
        charset=letter.charset,
    )
    if letter.references:
        headers.append(("In-Reply-To", letter.references[-1]))
        headers.append(("References", "\r\n ".join(letter.references)))
    if using.mailer:
        headers.append(using.mailer)
    return message(headers, content(letter))


def content(letter: Letter) -> Part:
    """Plain text, with an HTML alternative, an inline image and enclosures where there are any."""
    plain = letter.text + (f"\n\n{letter.quoted}" if letter.quoted else "") + "\n"
    part = text_part(plain, charset=letter.charset, cte=letter.cte)
    seed = digest(letter.key)
    if letter.html:
        page = text_part(letter.html, charset=letter.charset, cte=letter.cte, subtype="html")
        if letter.logo:
            page = multipart("related", [page, _image(letter.logo)], f"{seed}r")
        part = multipart("alternative", [part, page], f"{seed}a")
    if letter.enclosures:
        files = [_file(enclosure, letter) for enclosure in letter.enclosures]
        part = multipart("mixed", [part, *files], f"{seed}m")
    return part


def message(headers: Iterable[Header], part: Part) -> bytes:
    return bytes(Part((*headers, ("MIME-Version", "1.0"), *part.headers), part.body))


def envelope(
    sender: Address,
    to: Sequence[Address],
    cc: Sequence[Address] = (),
    *,
    subject: str,
    when: datetime,
    message_id: str,
    charset: str = "utf-8",
) -> list[Header]:
    headers = [
        ("From", _mailbox(sender, charset)),
        ("To", ",\r\n ".join(_mailbox(who, charset) for who in to)),
        ("Subject", encoded_words(subject, charset)),
        ("Date", format_datetime(when)),
        ("Message-ID", message_id),
    ]
    if cc:
        headers.insert(2, ("Cc", ",\r\n ".join(_mailbox(who, charset) for who in cc)))
    return headers


def text_part(
    text: str,
    *,
    charset: str = "utf-8",
    cte: str = "base64",
    subtype: str = "plain",
    extra: str = "",
) -> Part:
    raw = text.replace("\r\n", "\n").replace("\n", "\r\n").encode(codec(charset))
    return Part(
        (
            ("Content-Type", f'text/{subtype}; charset="{charset}"{extra}'),
            ("Content-Transfer-Encoding", cte),
        ),
        encoded(raw, cte),
    )


def multipart(kind: str, parts: Iterable[Part], boundary: str, extra: str = "") -> Part:
    mark = f"----=_{boundary[:20]}{boundary[-1]}"
    body = b"".join(b"--%s\r\n%s\r\n" % (mark.encode(), bytes(part)) for part in parts)
    header = ("Content-Type", f'multipart/{kind};{extra}\r\n boundary="{mark}"')
    return Part((header,), body + b"--%s--\r\n" % mark.encode())


def encoded(raw: bytes, cte: str) -> bytes:
    match cte:
        case "base64":
            return base64.encodebytes(raw).replace(b"\n", b"\r\n")
        case "quoted-printable":
            unix = raw.replace(b"\r\n", b"\n")
            return quopri.encodestring(unix).replace(b"\n", b"\r\n")
        case _:
            return raw


def codec(charset: str) -> str:
    """What the bytes really are: programs that declare GB2312 or GBK write all of GB18030."""
    return "gb18030" if charset.lower() in ("gb2312", "gbk", "gb18030") else charset


def encoded_words(text: str, charset: str) -> str:
    """RFC 2047, folded; ASCII stays as it is."""
    if text.isascii():
        return text
    words, piece = [], b""
    for char in text:
        raw = char.encode(codec(charset))
        if len(piece) + len(raw) > _LIMIT:
            words.append(piece)
            piece = b""
        piece += raw
    words.append(piece)
    return "\r\n ".join(f"=?{charset}?B?{base64.b64encode(word).decode()}?=" for word in words)


def _mailbox(who: Address, charset: str) -> str:
    if not who.name:
        return who.email
    name = f'"{who.name}"' if who.name.isascii() else encoded_words(who.name, charset)
    return f"{name} <{who.email}>"


def _image(content_id: str) -> Part:
    return Part(
        (
            ("Content-Type", 'image/png; name="image001.png"'),
            ("Content-ID", f"<{content_id}>"),
            ("Content-Disposition", 'inline; filename="image001.png"'),
            ("Content-Transfer-Encoding", "base64"),
        ),
        encoded(png(), "base64"),
    )


def _file(enclosure: Enclosure, letter: Letter) -> Part:
    """Some programs name files by RFC 2231, others by encoded words inside the quotes."""
    words = encoded_words(enclosure.name, letter.charset).replace("\r\n ", " ")
    if letter.client in ("own", "gmail", "thunderbird"):
        named = f"filename*=UTF-8''{quote(enclosure.name)}"
    else:
        named = f'filename="{words}"'
    return Part(
        (
            ("Content-Type", f'{enclosure.mime};\r\n name="{words}"'),
            ("Content-Disposition", f"attachment;\r\n {named}"),
            ("Content-Transfer-Encoding", "base64"),
        ),
        encoded(enclosure.data, "base64"),
    )

"""``winmail.dat``: what Outlook wraps for Outlook."""

import base64
import struct
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.capture import registry
from agent.capture.mailfiles import outlook as o
from agent.capture.mailfiles import tnef
from tests.agent.capture.mailfiles.test_mailfiles import only, put
from tests.agent.capture.mailfiles.test_rtf import literally
from tests.agent.capture.mails import multipart, raw_mail
from tests.conformance.moving_clock import MovingClock
from tests.conformance.surroundings import alone

RTF = rb"{\rtf1\ansi\ansicpg936 \'d4\'a4\'cb\'e3}"


def attribute(kind: int, data: bytes, level: int = 1) -> bytes:
    return (
        struct.pack("<BII", level, kind, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)
    )


def padded(raw: bytes) -> bytes:
    return raw + bytes(-len(raw) % 4)


def properties(values: dict[int, object]) -> bytes:
    out = struct.pack("<I", len(values) + 2)
    named = struct.pack("<HH", 0x1F, 0x8001) + bytes(16) + struct.pack("<II", 1, 10)
    out += named + padded("Words".encode("utf-16-le")) + struct.pack("<II", 1, 2) + padded(b"x\x00")
    out += struct.pack("<HHI", 0x1003, 0x6000, 2) + bytes(8)
    for prop, value in values.items():
        match value:
            case str():
                raw = (value + "\0").encode("utf-16-le")
                out += struct.pack("<HHII", 0x1F, prop, 1, len(raw)) + padded(raw)
            case bytes():
                out += struct.pack("<HHII", 0x102, prop, 1, len(value)) + padded(value)
            case int():
                out += struct.pack("<HHI", 3, prop, value)
            case _:
                raise TypeError(value)
    return out


def winmail(values: dict[int, object], *more: bytes, page: int = 936) -> bytes:
    head = struct.pack("<IH", 0x223E9F78, 1) + attribute(0x00089006, struct.pack("<I", 0x10000))
    head += attribute(0x00069007, struct.pack("<II", page, 0))
    return head + attribute(0x00069003, properties(values)) + b"".join(more)


FILE = (
    attribute(0x00069002, bytes(14), 2)
    + attribute(0x00018010, "报价~1.PDF\0".encode("gbk"), 2)
    + attribute(0x0006800F, b"12345", 2)
    + attribute(0x00069005, properties({o.ATTACHED_LONG: "报价单.pdf"}), 2)
)
SHORT = attribute(0x00069002, bytes(14), 2) + attribute(0x00018010, "图.png\0".encode("gbk"), 2)


@pytest.mark.parametrize(
    ("values", "text", "is_html"),
    [
        ({o.RTF: literally(RTF)}, "预算", False),
        ({o.HTML: '<meta charset="gbk"><p>预算</p>'.encode("gbk")}, "预算", True),
        ({o.BODY: "预算\r\n九万", o.RTF: literally(RTF)}, "预算\n九万", False),
    ],
)
def test_words_wherever_they_are(values: dict[int, object], text: str, *, is_html: bool) -> None:
    body = tnef.read(winmail(values, FILE, SHORT))
    assert body is not None
    assert body.is_html == is_html
    assert text in body.text
    assert [(one.name, one.size) for one in body.attachments] == [("报价单.pdf", 5), ("图.png", 0)]


def test_plain_body_of_old_gateways() -> None:
    body = tnef.read(winmail({}, attribute(0x0002800C, "预算㐂\0".encode("gb18030"))))
    assert body is not None
    assert body.text == "预算㐂"


@given(st.binary(max_size=200), st.integers(0, 400))
def test_damage_and_cuts(noise: bytes, at: int) -> None:
    raw = winmail({o.RTF: literally(RTF), o.FLAGS: 1}, FILE)
    tnef.read(raw[:at])
    tnef.read(raw[:6] + noise)
    tnef.read(raw[:at] + noise + raw[at + len(noise) :])


def test_counts_that_lie() -> None:
    for count in (0xFFFFFFFF, 5000):
        lie = struct.pack("<IHHI", count, 0x1F, 0x1000, count)
        tnef.read(struct.pack("<IH", 0x223E9F78, 1) + attribute(0x00069003, lie))


@pytest.mark.parametrize("plain", ["", "看附件"])
@pytest.mark.parametrize(
    "kind", ["application/ms-tnef; name=winmail.dat", "application/octet-stream"]
)
def test_mail_whose_words_are_wrapped(tmp_path: Path, kind: str, plain: str) -> None:
    clock = MovingClock()
    wrapped = base64.encodebytes(winmail({o.RTF: literally(RTF)}, FILE)).decode()
    parts = (
        f"Content-Type: text/plain; charset=utf-8\r\n\r\n{plain}",
        (
            f'Content-Type: {kind}\r\nContent-Disposition: attachment; filename="winmail.dat"\r\n'
            f"Content-Transfer-Encoding: base64\r\n\r\n{wrapped}"
        ),
    )
    put(tmp_path / "a.eml", raw_mail(**multipart("mixed", *parts)), clock)
    source = registry.build("it", {"type": "mailfiles", "path": str(tmp_path)}, alone(clock))
    (capture,) = only(source).captures
    assert capture.text.strip() == (plain or "预算")
    assert [one.name for one in capture.attachments] == ["报价单.pdf"]
    assert capture.occurred_at == datetime(2026, 11, 20, 2, tzinfo=UTC)

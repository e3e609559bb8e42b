"""Rich text and its compression; that of real stores was compared with libpff's own reading."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.capture.mailfiles import lzfu, msg, rtf
from agent.capture.mailfiles import outlook as o
from tests.agent.capture.mailfiles.outlook_file import outlook_file
from tests.agent.capture.mailfiles.test_msg import SENT_MAIL
from tests.agent.capture.mails import LATER

EXAMPLE = bytes.fromhex(
    "2d0000002b0000004c5a4675f1c5c7a703000a00726370673132354232 0af32068656c09002062770 5b06c647d0a800fa0".replace(
        " ", ""
    )
)
"""The worked example of [MS-OXRTFCP] 3.1."""
CROSSING = bytes.fromhex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0")
"""And the one of 3.1.2, which writes over what it reads."""


def stored(text: bytes) -> bytes:
    """Kept as it is, under the compressed format's header."""
    return struct.pack("<4I", len(text) + 12, len(text), 0x414C454D, 0) + text


def literally(text: bytes) -> bytes:
    """Compressed without finding anything to shorten."""
    body = b"".join(b"\x00" + text[at : at + 8] for at in range(0, len(text), 8))
    return struct.pack("<4I", len(body) + 12, len(text), 0x75465A4C, 0) + body


def test_examples_of_the_specification() -> None:
    assert lzfu.decompress(EXAMPLE, 1000) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    assert lzfu.decompress(CROSSING, 1000) == b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"


@given(st.binary(max_size=300))
def test_any_bytes_are_decompressed_to_something(raw: bytes) -> None:
    for kind in (0x75465A4C, 0x414C454D, 7):
        found = lzfu.decompress(struct.pack("<4I", len(raw), 10_000, kind, 0) + raw, 500)
        assert len(found) <= 500
    assert lzfu.decompress(raw[:15], 500) == b""


@given(st.binary(max_size=9000))
def test_literal_text_comes_back(text: bytes) -> None:
    assert lzfu.decompress(literally(text), len(text) + 1) == text
    assert lzfu.decompress(stored(text), len(text) + 1) == text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (rb"{\rtf1\ansi hello\par world}", "hello\nworld"),
        (rb"{\rtf1\ansi\ansicpg936 \'d4\'a4\'cb\'e3\par 90}", "预算\n90"),
        (rb"{\rtf1\ansi\ansicpg936 " + "预算紧张".encode("gbk") + b"}", "预算紧张"),
        (rb"{\rtf1\ansi\uc1\u-26716?\u31639?x}", "\u97a4算x"),
        (rb"{\rtf1\ansi\uc2\u39044\'d4\'a4\u31639\'cb\'e3!}", "预算!"),
        (rb"{\rtf1\ansi\uc0\u39044\u31639 !}", "预算!"),
        (rb"{\rtf1\ansi\uc1\u-10179?\u-8704?}", "😀"),
        (
            rb"{\rtf1{\fonttbl{\f0\fnil\fcharset134 \'cb\'ce\'cc\'e5;}{\f1 Arial;}}\f0 \'d4\'a4\f1 \'e9}",
            "预é",
        ),
        (rb"{\rtf1 a{\*\generator Riched;}b{\pict 00ff}c{\info{\title t}}d}", "abcd"),
        (rb"{\rtf1 \{x\}\\ \~ \ldblquote q\rdblquote\emdash\tab t}", "{x}\\ \u00a0 “q”—\tt"),
        (rb"{\rtf1 }", ""),
        (rb"{\rtf1 {\*\unknown secret}seen}", "seen"),
    ],
)
def test_plain_text_of_rtf(raw: bytes, text: str) -> None:
    assert rtf.read(raw) == (text, False)


def test_html_that_rtf_wraps() -> None:
    raw = (
        rb"{\rtf1\ansi\ansicpg936\fromhtml1 \deff0{\fonttbl{\f0\fswiss Arial;}}"
        rb"{\*\htmltag19 <html>}{\*\htmltag50 <body>}\htmlrtf {\htmlrtf0"
        rb"{\*\htmltag64 <p>}\htmlrtf \par \htmlrtf0 \'d4\'a4\'cb\'e3 {\*\mhtmltag84 <a href=x>}"
        rb'{\*\htmltag84 <a href="y\\z">}90'
        rb"\htmlrtf }\htmlrtf0{\*\htmltag92 </a>}"
        rb"{\*\htmltag72 </p>}{\*\htmltag58 </body>}}"
    )
    text, is_html = rtf.read(raw)
    assert is_html
    assert text == '<html><body><p>预算 <a href="y\\z">90</a></p></body>'


@given(st.binary(max_size=400))
def test_any_rtf_is_read(raw: bytes) -> None:
    text, _ = rtf.read(b"{\\rtf1\\fromhtml1 " + raw)
    text.encode()
    rtf.read(raw)


def test_deeply_nested_rtf() -> None:
    assert rtf.read(b"{\\rtf1 " + b"{" * 100_000 + b"x" + b"}" * 100_000) == ("x", False)


def test_message_whose_words_are_only_in_its_rtf() -> None:
    words = rb"{\rtf1\ansi\ansicpg936 \'d4\'a4\'cb\'e3\par 90}"
    for packed in (literally(words), stored(words)):
        raw = outlook_file({**SENT_MAIL, o.BODY: "", o.RTF: packed})
        capture = msg.read(raw, source="mailfiles", external_id="a", version="1", fallback=LATER)
        assert (capture.text, capture.is_html) == ("预算\n90", False)

"""Header text: RFC 2047 encoded words and raw 8-bit bytes, as mailers really write them."""

import binascii
import re

from agent.capture.charset import decode

_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*)\?=")
_NOT_BASE64 = bytes(
    set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
)
_FOLD = re.compile(r"\s*[\r\n]+\s*")
_HEX = re.compile(rb"=([0-9A-Fa-f]{2})")


def decode_words(value: str) -> str:
    """One line of text. Neighbouring words of one charset are joined before they are decoded:
    Chinese mailers cut characters in two."""
    if "=?" not in value:
        return _one_line(value)
    out: list[str] = []
    held, held_charset, end = b"", "", 0
    for word in _WORD.finditer(value):
        between = value[end : word.start()]
        charset = word[1].lower()
        if held_charset and (between.strip() or charset != held_charset):
            out.append(decode(held, held_charset))
            held = b""
        if not held_charset or between.strip():
            out.append(between)
        held, held_charset = held + _payload(word[2], word[3]), charset
        end = word.end()
    if held_charset:
        out.append(decode(held, held_charset))
    out.append(value[end:])
    return _one_line("".join(out))


def _one_line(value: str) -> str:
    if "\n" in value or "\r" in value:
        value = _FOLD.sub(" ", value)
    return value.strip()


def _payload(encoding: str, text: str) -> bytes:
    if encoding in "bB":
        return base64_bytes(text.encode("ascii", "ignore"))
    raw = text.replace("_", " ").encode("utf-8", "replace")
    return _HEX.sub(lambda found: bytes([int(found[1], 16)]), raw)


def base64_bytes(encoded: bytes) -> bytes:
    """What can be decoded of possibly cut or dirty base64."""
    clean = encoded.translate(None, _NOT_BASE64)
    whole = len(clean) - (1 if len(clean) % 4 == 1 else 0)
    return binascii.a2b_base64(clean[:whole] + b"=" * (-whole % 4))

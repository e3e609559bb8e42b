"""Compressed RTF, as Outlook keeps the body of a mail ([MS-OXRTFCP])."""

import struct

_COMPRESSED = 0x75465A4C
_PLAIN = 0x414C454D
_HEADER = struct.Struct("<4I")
_WINDOW = 4096
_KNOWN = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript "
    rb"\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
"""What both sides know beforehand (2.1.2.1)."""


def decompress(raw: bytes, limit: int) -> bytes:
    """At most ``limit`` bytes of RTF; of a damaged stream what comes before the damage, empty
    when it is none."""
    if len(raw) < _HEADER.size:
        return b""
    _, size, kind, _ = _HEADER.unpack_from(raw)
    if kind == _PLAIN:
        return raw[_HEADER.size : _HEADER.size + min(size, limit)]
    if kind != _COMPRESSED:
        return b""
    return _expand(raw, min(size, limit))


def _expand(raw: bytes, limit: int) -> bytes:
    window = bytearray(_KNOWN.ljust(_WINDOW, b"\x00"))
    write = len(_KNOWN)
    found = bytearray()
    at, end = _HEADER.size, len(raw)
    while at < end and len(found) < limit:
        control = raw[at]
        at += 1
        for bit in range(8):
            if at >= end or len(found) >= limit:
                break
            if not control >> bit & 1:
                letters = raw[at : at + 1]
                at += 1
            else:
                if at + 1 >= end:
                    return bytes(found)
                reference = raw[at] << 8 | raw[at + 1]
                at += 2
                offset, length = reference >> 4, (reference & 15) + 2
                if offset == write:  # the end is marked by a reference to itself
                    return bytes(found[:limit])
                letters = b""
                for step in range(length):
                    letter = window[(offset + step) % _WINDOW]
                    window[(write + step) % _WINDOW] = letter
                    letters += bytes((letter,))
                write = (write + length) % _WINDOW
                found += letters
                continue
            window[write] = letters[0]
            write = (write + 1) % _WINDOW
            found += letters
    return bytes(found[:limit])

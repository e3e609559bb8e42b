"""Is a recording whole, by what its own header says? Cheap: a few reads, nothing decoded."""

import os
from collections.abc import Callable
from typing import BinaryIO

_OGG_LAST_PAGE = 0x04
_OGG_MAX_PAGE = 65_307
_ID3_HEADER = 10
_XING_BYTES_FLAG = 0x2


def is_complete(path: str) -> bool:
    """Only True when the header proves it; most formats cannot, and a broken file never does."""
    check = _CHECKS.get(os.path.splitext(path)[1].lower())  # noqa: PTH122 - see scan
    if check is None:
        return False
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - see scan
            return check(file, os.fstat(file.fileno()).st_size)
    except OSError:
        return False


def _wav(file: BinaryIO, size: int) -> bool:
    """The RIFF size counts everything behind itself; recorders write it when they finish."""
    head = file.read(12)
    if len(head) < 12 or head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        return False
    declared = int.from_bytes(head[4:8], "little")
    return declared > 36 and 0 <= size - (declared + 8) <= 1


def _mp3(file: BinaryIO, size: int) -> bool:
    """A Xing or Info frame may hold the number of bytes of the sound."""
    start = 0
    head = file.read(_ID3_HEADER)
    if head[:3] == b"ID3" and len(head) == _ID3_HEADER:
        start = _ID3_HEADER
        for byte in head[6:10]:
            if byte > 0x7F:
                return False
        start += head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
    file.seek(start)
    frame = file.read(200)
    at = max(frame.find(b"Xing"), frame.find(b"Info"))
    if at < 0 or len(frame) < at + 16:
        return False
    flags = int.from_bytes(frame[at + 4 : at + 8], "big")
    if not flags & _XING_BYTES_FLAG:
        return False
    place = at + 8 + (4 if flags & 0x1 else 0)
    declared = int.from_bytes(frame[place : place + 4], "big")
    return declared > 0 and size >= start + declared


def _mp4(file: BinaryIO, size: int) -> bool:
    """Index (moov) and sound (mdat) are both there and every box ends within the file."""
    at, seen = 0, set()
    while at + 8 <= size:
        file.seek(at)
        head = file.read(16)
        length, kind = int.from_bytes(head[:4], "big"), head[4:8]
        if length == 1 and len(head) == 16:
            length = int.from_bytes(head[8:16], "big")
        elif length == 0:
            length = size - at
        if length < 8 or at + length > size:
            return False
        seen.add(kind)
        at += length
    return at == size and {b"moov", b"mdat"} <= seen


def _ogg(file: BinaryIO, size: int) -> bool:
    """The last page carries the end-of-stream mark and is whole."""
    file.seek(max(0, size - _OGG_MAX_PAGE))
    tail = file.read()
    at = tail.rfind(b"OggS")
    if at < 0 or len(tail) < at + 27 or not tail[at + 5] & _OGG_LAST_PAGE:
        return False
    segments = tail[at + 26]
    table = tail[at + 27 : at + 27 + segments]
    return len(table) == segments and at + 27 + segments + sum(table) == len(tail)


_CHECKS: dict[str, Callable[[BinaryIO, int], bool]] = {
    ".wav": _wav,
    ".mp3": _mp3,
    ".m4a": _mp4,
    ".mp4": _mp4,
    ".3gp": _mp4,
    ".ogg": _ogg,
    ".opus": _ogg,
    ".spx": _ogg,
}

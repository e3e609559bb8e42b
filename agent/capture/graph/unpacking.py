"""Compressed answers, unpacked no further than is bearable: two kilobytes can hold gigabytes."""

import zlib
from collections.abc import Iterable, Iterator

ACCEPTED = "gzip"
"""What is asked for; packed twice, or otherwise, nothing comes from Microsoft."""
_GZIP = 16 + zlib.MAX_WBITS


class Bomb(Exception):
    """More than may be unpacked."""


class Unknown(Exception):
    """Packed in a way that was not asked for, or damaged."""


def unpacked(chunks: Iterable[bytes], encoding: str, most: int) -> Iterator[bytes]:
    """``encoding``: the field Content-Encoding. At most ``most`` bytes, else ``Bomb``."""
    kind = encoding.strip().lower()
    if kind not in ("", "identity", ACCEPTED):
        raise Unknown
    unpacker = zlib.decompressobj(_GZIP) if kind == ACCEPTED else None
    left = most
    for chunk in chunks:
        piece = chunk
        if unpacker is not None:
            try:
                piece = unpacker.decompress(chunk, left + 1)
            except zlib.error:
                raise Unknown from None
        left -= len(piece)
        if left < 0:
            raise Bomb
        yield piece

"""Sets of UIDs, as ranges: a folder of a hundred thousand mails is a few numbers."""

import base64
import binascii
import zlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator

MAX_UID = 2**32 - 1
_MAX_PACKED = 4 * 1024 * 1024
"""Bytes of a set as it lies in a cursor, unpacked. A million lone UIDs stay below it."""

Range = tuple[int, int]
"""First and last, both inside."""


class UidSet:
    """Immutable. Ranges are ascending and never touch."""

    __slots__ = ("ranges",)

    def __init__(self, ranges: Iterable[Range] = ()) -> None:
        joined: list[Range] = []
        for first, last in sorted(ranges):
            if joined and first <= joined[-1][1] + 1:
                joined[-1] = (joined[-1][0], max(joined[-1][1], last))
            elif first <= last:
                joined.append((first, last))
        self.ranges: tuple[Range, ...] = tuple(joined)

    @classmethod
    def of(cls, uids: Iterable[int]) -> "UidSet":
        return cls((uid, uid) for uid in uids)

    @classmethod
    def parse(cls, text: str) -> "UidSet":
        """From an IMAP sequence set (``1:5,9``); ``*`` and rubbish are left out."""
        found: list[Range] = []
        for piece in text.split(","):
            first, _, last = piece.partition(":")
            if not first.isdecimal() or (last and not last.isdecimal()):
                continue
            low, high = sorted((int(first), int(last or first)))
            if low > 0 and high <= MAX_UID:
                found.append((low, high))
        return cls(found)

    def __len__(self) -> int:
        return sum(last - first + 1 for first, last in self.ranges)

    def __bool__(self) -> bool:
        return bool(self.ranges)

    def __iter__(self) -> Iterator[int]:
        for first, last in self.ranges:
            yield from range(first, last + 1)

    def __contains__(self, uid: int) -> bool:
        at = bisect_right(self.ranges, (uid, MAX_UID + 1)) - 1
        return at >= 0 and self.ranges[at][0] <= uid <= self.ranges[at][1]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UidSet) and self.ranges == other.ranges

    def __hash__(self) -> int:
        return hash(self.ranges)

    def __repr__(self) -> str:
        return f"UidSet({self})"

    def __str__(self) -> str:
        """As an IMAP sequence set."""
        return ",".join(
            str(first) if first == last else f"{first}:{last}" for first, last in self.ranges
        )

    def __or__(self, other: "UidSet") -> "UidSet":
        return UidSet((*self.ranges, *other.ranges))

    def __and__(self, other: "UidSet") -> "UidSet":
        return self - (self - other)

    def __sub__(self, other: "UidSet") -> "UidSet":
        left: list[Range] = []
        holes = iter(other.ranges)
        hole = next(holes, None)
        for first, last in self.ranges:
            begin = first
            while hole is not None and hole[1] < begin:
                hole = next(holes, None)
            while hole is not None and hole[0] <= last:
                if begin < hole[0]:
                    left.append((begin, hole[0] - 1))
                begin = hole[1] + 1
                if hole[1] > last:
                    break
                hole = next(holes, None)
            if begin <= last:
                left.append((begin, last))
        return UidSet(left)

    @property
    def highest(self) -> int:
        """0 when empty."""
        return self.ranges[-1][1] if self.ranges else 0

    def top(self, count: int) -> "UidSet":
        """The ``count`` highest, which are the ones that came last."""
        taken: list[Range] = []
        for first, last in reversed(self.ranges):
            if count <= 0:
                break
            begin = max(first, last - count + 1)
            taken.append((begin, last))
            count -= last - begin + 1
        return UidSet(taken)

    def pack(self) -> str:
        """Short text: the steps between the ends of the ranges, compressed."""
        steps, at = bytearray(), 0
        for first, last in self.ranges:
            for step in (first - at, last - first):
                _write(steps, step)
            at = last
        return base64.b85encode(zlib.compress(bytes(steps), 6)).decode() if steps else ""

    @classmethod
    def unpack(cls, text: str) -> "UidSet":
        """Raises ``ValueError`` for what ``pack`` never wrote."""
        if not text:
            return cls()
        try:
            stream = zlib.decompressobj()
            steps = stream.decompress(base64.b85decode(text), _MAX_PACKED)
        except (zlib.error, binascii.Error) as error:
            raise ValueError(text[:20]) from error
        if stream.unconsumed_tail or not stream.eof:
            raise ValueError(text[:20])
        numbers = list(_read(steps))
        ranges: list[Range] = []
        at = 0
        for first, length in zip(numbers[::2], numbers[1::2], strict=True):
            ranges.append((at + first, at + first + length))
            at = ranges[-1][1]
        if at > MAX_UID or (ranges and ranges[0][0] < 1):
            raise ValueError(text[:20])
        return cls(ranges)


def _write(steps: bytearray, number: int) -> None:
    while number > 0x7F:
        steps.append(number & 0x7F | 0x80)
        number >>= 7
    steps.append(number)


def _read(steps: bytes) -> Iterator[int]:
    number = shift = 0
    for byte in steps:
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            yield number
            number = shift = 0
    if shift:
        raise ValueError("cut")

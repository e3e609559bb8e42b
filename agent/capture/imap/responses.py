"""FETCH responses to values, message by message.

IMAPClient's own parser reads a response byte by byte and gives up on all messages of a request
when one of them is unclear. Here each message stands alone, and one that is unclear is left out.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

Value = bytes | None | tuple["Value", ...]
"""A string, number or atom as bytes; NIL as None; a parenthesised list."""

Fetched = Mapping[bytes, Value]
"""What the server said of one message, by the item's name in capitals: ``BODY[1.1]<0>``."""

MAX_DEPTH = 60
_TOKEN = re.compile(
    rb"""[ ]*(?:
      (\() | (\))
    | "((?:[^"\\]|\\.)*)"
    | ~?\{\d+\+?\}(\Z)
    | ((?:BODY|BINARY)(?:\.PEEK)?\[[^\]]*\](?:<\d+>)? | [^\s()"]+)
    | [ ]*(\Z) )""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_OPEN, _CLOSE, _QUOTED, _LITERAL, _ATOM, _END = range(1, 7)
"""Groups of the expression."""
_NIL = (b"NIL", b"nil", b"Nil")
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_HEAD = re.compile(rb"\s*\d+ +(?=\()")

Piece = bytes | tuple[bytes, bytes] | None
"""As imaplib gives them: a line, or the line before a literal and the literal."""


class Unclear(Exception):
    """Not what the protocol allows."""


def messages(data: Sequence[Piece]) -> tuple[dict[int, dict[bytes, Value]], int]:
    """By UID what a FETCH brought, and how many messages were unclear.

    What comes in several responses about one message is put together."""
    found: dict[int, dict[bytes, Value]] = {}
    unclear = 0
    for record in _records(data):
        try:
            items = _items(record)
            uid = number(items[b"UID"])
        except Unclear:
            unclear += 1
        except KeyError:
            continue  # told of its own accord: flags of a message by its place alone
        else:
            found.setdefault(uid, {}).update(items)
    return found, unclear


def number(value: Value) -> int:
    if not isinstance(value, bytes) or not value.isdigit() or len(value) > 20:
        raise Unclear
    return int(value)


def _records(data: Sequence[Piece]) -> Iterator[list[bytes | tuple[bytes, bytes]]]:
    record: list[bytes | tuple[bytes, bytes]] = []
    for piece in data:
        if piece is None:
            continue
        record.append(piece)
        if isinstance(piece, bytes):  # no literal follows, so the line ends the response
            yield record
            record = []


def _items(record: Sequence[bytes | tuple[bytes, bytes]]) -> dict[bytes, Value]:
    values = _values(record)
    if len(values) != 1 or not isinstance(values[0], tuple) or len(values[0]) % 2:
        raise Unclear
    listed = values[0]
    items: dict[bytes, Value] = {}
    for name, value in zip(listed[::2], listed[1::2], strict=True):
        if not isinstance(name, bytes):
            raise Unclear
        items[name.upper()] = value
    return items


def _values(record: Sequence[bytes | tuple[bytes, bytes]]) -> list[Value]:
    stack: list[list[Value]] = [[]]
    for place, piece in enumerate(record):
        line, literal = piece if isinstance(piece, tuple) else (piece, None)
        start = 0
        if place == 0:
            head = _HEAD.match(line)
            if head is None:
                raise Unclear
            start = head.end()
        _read_line(line, start, literal, stack)
    if len(stack) != 1:
        raise Unclear
    return stack[0]


def _read_line(line: bytes, start: int, literal: bytes | None, stack: list[list[Value]]) -> None:
    place = stack[-1]
    while start < len(line):
        token = _TOKEN.match(line, start)
        if token is None:
            raise Unclear
        start = token.end()
        kind = token.lastindex
        if kind == _ATOM:
            atom = token[_ATOM]
            place.append(None if atom in _NIL else atom)
        elif kind == _QUOTED:
            text = token[_QUOTED]
            place.append(_ESCAPED.sub(rb"\1", text) if b"\\" in text else text)
        elif kind == _OPEN:
            if len(stack) > MAX_DEPTH:
                raise Unclear
            place = []
            stack.append(place)
        elif kind == _CLOSE:
            if len(stack) < 2:
                raise Unclear
            closed = tuple(stack.pop())
            place = stack[-1]
            place.append(closed)
        elif kind == _LITERAL:
            if literal is None:
                raise Unclear
            place.append(literal)

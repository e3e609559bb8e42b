"""The parts of a MIME message, found by their boundaries without copying or unpacking them.

The standard library's parser builds the whole tree line by line: it recurses as deep as the mail
nests and takes several times the mail's size in memory. Here a part is a range of the raw bytes,
depth and number of parts are limited, and only text that is wanted is ever decoded.
"""

import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass

from agent.capture.contentfields import ContentFields
from agent.capture.encodedwords import base64_bytes
from agent.capture.mailhead import parse_fields, split_head

MAX_DEPTH = 20
MAX_PARTS = 500
_CHUNK = 1024 * 1024
_WHITE = b" \t\r\n"


@dataclass(frozen=True)
class Part:
    """A leaf of the tree: ``raw[start:end]`` is its body, still encoded."""

    fields: ContentFields
    raw: bytes
    start: int
    end: int
    within: tuple[int, ...]
    """The multiparts around it, outermost first, by the place where each begins."""
    alternative: int | None
    """The innermost ``multipart/alternative`` around it."""

    @property
    def content_type(self) -> str:
        return self.fields.type

    @property
    def charset(self) -> str | None:
        return self.parameter("charset") or None

    @property
    def disposition(self) -> str:
        return self.fields.disposition

    @property
    def file_name(self) -> str:
        """RFC 2231 or RFC 2047 name of the part, empty without one."""
        name = self.parameter("filename", "content-disposition") or self.parameter("name")
        return name.replace("\\", "/").rpartition("/")[2][:255]

    def parameter(self, name: str, header: str = "content-type") -> str:
        return self.fields.parameter(name, header)

    @property
    def encoding(self) -> str:
        return self.fields.encoding

    def content(self, limit: int) -> bytes:
        """At most about ``limit`` decoded bytes."""
        if self.encoding == "base64":
            return base64_bytes(self.raw[self.start : min(self.end, self.start + limit * 3 // 2)])
        if self.encoding == "quoted-printable":
            cut = self.raw[self.start : min(self.end, self.start + limit * 3)]
            return quopri.decodestring(cut)[:limit]
        return self.raw[self.start : min(self.end, self.start + limit)]

    def size(self) -> int:
        """Bytes after decoding, without decoding."""
        if self.encoding != "base64":
            return self.end - self.start
        letters = padding = 0
        for at in range(self.start, self.end, _CHUNK):
            chunk = self.raw[at : min(at + _CHUNK, self.end)].translate(None, _WHITE)
            letters += len(chunk)
            padding += chunk.count(b"=")
        return max(0, letters * 3 // 4 - padding)


def parts(raw: bytes, fields: ContentFields, start: int) -> Iterator[Part]:
    """The leaves of the message whose header says ``fields`` and whose body begins at ``start``.

    Attached messages are leaves: what they say was said elsewhere."""
    yield from _walk(Part(fields, raw, start, len(raw), (), None), [MAX_PARTS])


def _walk(part: Part, left: list[int]) -> Iterator[Part]:
    """``left`` counts down the parts that may still be looked at."""
    nests = part.fields.is_multipart and len(part.within) < MAX_DEPTH
    boundary = part.parameter("boundary") if nests else ""
    if not boundary:
        yield part
        return
    is_alternative = part.content_type == "multipart/alternative"
    inside = part.start if is_alternative else part.alternative
    for start, end in _ranges(part, boundary):
        if left[0] <= 0:
            return
        left[0] -= 1
        block, body = split_head(part.raw, start, end)
        fields = ContentFields(parse_fields(block))
        child = Part(fields, part.raw, body, end, (*part.within, part.start), inside)
        yield from _walk(child, left)


def _ranges(part: Part, boundary: str) -> Iterator[tuple[int, int]]:
    """Where the parts between the boundary's delimiter lines begin and end."""
    marker = re.escape(boundary.encode("utf-8", "replace"))
    # The header's blank line ends right before the body, so every delimiter has a line end.
    delimiter = re.compile(rb"\n--" + marker + rb"(--)?[ \t]*(?=\r?\n|\Z)")
    begin: int | None = None
    for found in delimiter.finditer(part.raw, max(0, part.start - 1), part.end):
        if begin is not None:
            yield begin, max(begin, _before_carriage_return(part.raw, found.start()))
        if found[1]:
            return
        line_end = part.raw.find(b"\n", found.end(), part.end)
        begin = part.end if line_end < 0 else line_end + 1
    if begin is not None and begin < part.end:  # never closed: cut off, or a careless mailer
        yield begin, part.end


def _before_carriage_return(raw: bytes, at: int) -> int:
    """The line end before a delimiter belongs to the delimiter; it may be two bytes."""
    return at - 1 if raw[at - 1 : at] == b"\r" else at

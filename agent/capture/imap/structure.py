"""BODYSTRUCTURE to the parts of a mail, of which only those with words in them are fetched."""

from collections.abc import Iterator, Mapping, MutableSet
from dataclasses import dataclass, field
from email.message import Message
from typing import TypeGuard

from agent.capture.charset import guess, storable
from agent.capture.contentfields import ContentFields, parameters
from agent.capture.encodedwords import decode_words
from agent.capture.imap.responses import Unclear, Value, number
from agent.capture.mimeparts import MAX_DEPTH, MAX_PARTS, Part

_NO_FIELDS = ContentFields(Message())
_PRESUMED = b"x"
"""What a part not yet fetched is taken to hold: words. Else every alternative would be needed."""
_LINE = 78
"""Bytes of a line of base64 with its end; 76 of them are letters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed(Part):
    """A leaf as the server lists it. ``raw`` is empty until it was fetched."""

    section: str
    kind: str
    octets: int
    """Still encoded, as the server counts them."""
    named: Mapping[str, Mapping[str, str]]
    """Parameters by the field they stand in."""
    transfer: str
    shown: str
    """Content-Disposition."""
    fetched: bool = False
    asked: MutableSet[str] = field(default_factory=set)
    """Sections whose content was wanted: shared by all leaves of a mail."""

    @property
    def content_type(self) -> str:
        return self.kind

    @property
    def disposition(self) -> str:
        return self.shown

    @property
    def encoding(self) -> str:
        return self.transfer

    def parameter(self, name: str, header: str = "content-type") -> str:
        found = self.named.get(header, {})
        if name in found:
            return decode_words(storable(found[name]))
        if not any(key.startswith(name + "*") for key in found):
            return ""
        # RFC 2231: the standard library puts the pieces together.
        pieces = "".join(f'; {key}="{_quoted(text)}"' for key, text in found.items())
        return parameters(f"x{pieces}").get(name, "")

    def content(self, limit: int) -> bytes:
        if not self.fetched:
            self.asked.add(self.section)
            return _PRESUMED
        # Zero arguments would look for the class that slots replaced.
        return Part.content(self, limit)

    def size(self) -> int:
        if self.transfer != "base64":
            return self.octets
        letters = self.octets - 2 * -(-self.octets // _LINE)
        return max(0, letters * 3 // 4)


def leaves(structure: Value) -> list[Listed]:
    """The leaves, in order. Raises ``Unclear`` for what no server should send."""
    if not _is_list(structure):
        raise Unclear
    left = [MAX_PARTS]
    asked: set[str] = set()
    found = list(_walk(structure, "", (), None, left, asked))
    if not found or left[0] <= 0:
        raise Unclear
    return found


def _walk(
    part: tuple[Value, ...],
    section: str,
    within: tuple[int, ...],
    alternative: int | None,
    left: list[int],
    asked: set[str],
) -> Iterator[Listed]:
    if part and _is_list(part[0]):
        children = [one for one in part if _is_list(one)]
        count = next(at for at, one in enumerate((*part, None)) if not _is_list(one))
        if len(within) >= MAX_DEPTH or count >= len(part):
            raise Unclear
        # Any number that no other multipart of this mail has: how many parts may still follow.
        place = left[0]
        if _word(part[count]) == "digest":  # whose parts are mails unless they say otherwise
            raise Unclear
        if _word(part[count]) == "alternative":
            alternative = place
        for at, child in enumerate(children[:count], 1):
            inner = f"{section}.{at}" if section else str(at)
            left[0] -= 1
            if left[0] <= 0:
                return
            yield from _walk(child, inner, (*within, place), alternative, left, asked)
        return
    yield _leaf(part, section or "1", within, alternative, asked)


def _leaf(
    part: tuple[Value, ...],
    section: str,
    within: tuple[int, ...],
    alternative: int | None,
    asked: set[str],
) -> Listed:
    if len(part) < 7:
        raise Unclear
    main, sub, parameters, _id, _description, encoding, octets = part[:7]
    kind = f"{_word(main)}/{_word(sub)}"
    # Behind the basic fields: lines of a text, envelope and structure of a message; then MD5.
    basic = 7 + (1 if _word(main) == "text" else 3 if kind in _MESSAGES else 0)
    shown: Value = part[basic + 1] if len(part) > basic + 1 else None
    disposition, more = "", {}
    if _is_list(shown) and shown:
        disposition = _word(shown[0])
        more = _parameters(shown[1] if len(shown) > 1 else None)
    elif shown is not None:
        raise Unclear
    return Listed(
        _NO_FIELDS,
        b"",
        0,
        0,
        within,
        alternative,
        section=section,
        kind=kind,
        octets=number(octets),
        named={"content-type": _parameters(parameters), "content-disposition": more},
        transfer=_word(encoding) if encoding is not None else "",
        shown=disposition,
        asked=asked,
    )


_MESSAGES = ("message/rfc822", "message/global")


def _is_list(value: Value) -> TypeGuard[tuple[Value, ...]]:
    return isinstance(value, tuple)


def _word(value: Value) -> str:
    if not isinstance(value, bytes):
        raise Unclear
    return value.decode("ascii", "replace").strip().lower()


def _parameters(value: Value) -> dict[str, str]:
    if value is None:
        return {}
    if not _is_list(value) or len(value) % 2:
        raise Unclear
    named: dict[str, str] = {}
    for key, text in zip(value[::2], value[1::2], strict=True):
        if isinstance(text, bytes):
            named.setdefault(_word(key), text.decode("ascii") if text.isascii() else guess(text))
    return named


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\r", " ").replace("\n", " ")

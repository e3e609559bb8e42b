"""The source of an HTML mail read flat: tags blanked, entities decoded, every place remembered."""

import html
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from agent.nlp.offsets import OffsetMap

_PIECES = re.compile(
    r"<(?:!--.*?(?:-->|\Z)"
    r"|((?i:script|style))\b.*?(?:</(?i:\1)\s*>|\Z)"
    r"|[!/?A-Za-z][^<>]*>?)"
    r"|&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});?",
    re.DOTALL,
)
_SPACE = re.compile(r"\s*")
BLANKED: Final = frozenset(("script", "style"))
"""Elements of whose content nothing is in the flat text."""
_decoded = lru_cache(1_024)(html.unescape)
Run = tuple[int, int]
"""Where it starts in the source, and how many characters are copied from there."""


class FlatText:
    """``text`` holds the words of ``source`` in order; ``runs`` tells where they stood."""

    def __init__(self, source: str) -> None:
        self._source_length = len(source)
        # From here[i] up to here[i + 1] the text is copied one to one from there[i].
        self._here: list[int] = []
        self._there: list[int] = []
        self.text = self._read(source)

    def _read(self, source: str) -> str:
        here, there, out = self._here.append, self._there.append, list[str]()
        at = length = 0
        for piece in _PIECES.finditer(source):
            start, end = piece.span()
            if start > at:
                here(length)
                there(at)
                out.append(source[at:start])
                length += start - at
            at = end
            for char in _decoded(piece[0]) if source[start] == "&" else " ":
                here(length)
                there(start)
                out.append(char)
                length += 1
        here(length)
        there(at)
        out.append(source[at:])
        return "".join(out)

    def find_next(self, words: str, cursor: int) -> int:
        """Where ``words`` stand, if that is next after ``cursor`` but for white space; else -1."""
        space = _SPACE.match(self.text, cursor)
        at = space.end() if space else cursor
        return at if self.text.startswith(words, at) else -1

    def runs(self, at: int, length: int) -> Iterable[Run]:
        """The runs of the source that make up ``text[at:at + length]``."""
        here, there = self._here, self._there
        index = bisect_right(here, at) - 1
        end = at + length
        first = there[index] + at - here[index]
        if index + 1 == len(here) or here[index + 1] >= end:
            return [(first, length)]
        return self._several_runs(index, at, end)

    def _several_runs(self, index: int, at: int, end: int) -> Iterator[Run]:
        here, there = self._here, self._there
        first = there[index] + at - here[index]
        while (index := index + 1) < len(here) and here[index] < end:
            stretch = here[index] - at
            if first + stretch != there[index]:
                yield first, stretch
                at, first = here[index], there[index]
        yield first, end - at

    def whole(self) -> tuple[str, OffsetMap]:
        """All characters outside tags, without any structure."""
        copied: list[tuple[int, int, int]] = []
        at = 0
        for there, length in self.runs(0, len(self.text)):
            copied.append((at, there, length))
            at += length
        return self.text, OffsetMap.of(copied, self._source_length)

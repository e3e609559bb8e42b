"""Leave of a mail only what its sender wrote this time, and remember where that stood."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, compress
from operator import gt

from agent.contract.activity import Kind
from agent.nlp import quotes, signatures, smallprint
from agent.nlp.linestarts import LineStarts
from agent.nlp.markup import html_to_text
from agent.nlp.offsets import OffsetMap
from agent.nlp.quotes import own_lines
from agent.nlp.signatures import strip_signatures

_STARTS = LineStarts(
    quotes.OPENINGS, quotes.LABEL_OPENINGS, smallprint.OPENINGS, signatures.OPENINGS
)


@dataclass(frozen=True, slots=True)
class Cleaned:
    text: str
    """No HTML, no quoted history, no signature, no disclaimer."""
    offsets: tuple[OffsetMap, ...]
    """From ``text`` back to the input, one step after the other."""
    foot: str = ""
    """What was cut from below the sender's words: signature, disclaimer, small print."""

    def source_span(self, start: int, end: int) -> tuple[int, int]:
        """The characters of the input text behind ``text[start:end]``.

        Where something was removed inside the span, the source span holds it too.
        """
        for step in self.offsets:
            start, end = step.span(start, end)
        return start, end


def clean(text: str, kind: Kind = "mail", *, is_html: bool = False) -> Cleaned:
    """Clean one text. Calls and notes are only freed of HTML. Never raises on odd text."""
    steps: list[OffsetMap] = []
    foot = ""
    written = kind in {"mail", "meeting"}
    if is_html:
        text, offsets = html_to_text(text, mark_quotes=written)
        steps.append(offsets)
    if written:
        text, kept, foot = _own_text(text)
        steps.append(kept)
    return Cleaned(text, tuple(reversed(steps)), foot)


def _own_text(text: str) -> tuple[str, OffsetMap, str]:
    lines = text.splitlines(keepends=True)
    line_starts = _STARTS.of(lines)
    own = own_lines(lines, line_starts)
    written = bytes(own)
    strip_signatures(lines, own, line_starts)
    below = "".join(compress(lines, map(gt, written, own))) if written != own else ""
    starts = [0, *accumulate(map(len, lines))]
    runs: list[tuple[int, int, int]] = []
    kept: list[str] = []
    here = 0
    for first, after in _stretches(own):
        start, end = starts[first], starts[after]
        kept.append(text[start:end])
        runs.append((here, start, end - start))
        here += end - start
    return "".join(kept).rstrip(), OffsetMap.of(runs, len(text)), below


def _stretches(own: bytearray) -> Iterator[tuple[int, int]]:
    """The lines that stand together and stay: the first, and one past the last."""
    first = own.find(1)
    while first >= 0:
        after = own.find(0, first)
        if after < 0:
            after = len(own)
        yield first, after
        first = own.find(1, after)

"""Where in a text the evidence stands: the text cut into stretches, each with what covers it.

Offsets are characters (code points) of the text, as the tagger counted them. Nothing here looks at
the screen; overlapping evidence is cut at every border, so that the stretches join to the text.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from agent.contract.tag import Turn, transcript


@dataclass(frozen=True, slots=True)
class Span:
    key: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Stretch:
    text: str
    keys: tuple[str, ...] = ()
    """The spans that cover it, the longest first."""
    opens: tuple[str, ...] = ()
    """Those that begin here."""


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph; for a call one speaker's turn."""

    stretches: tuple[Stretch, ...]
    speaker: str | None = None
    at_s: float | None = None


def stretches(text: str, spans: Iterable[Span], begin: int = 0) -> tuple[Stretch, ...]:
    """Cut ``text``, which begins at offset ``begin`` of what the spans index.

    A span that reaches beyond the text is cut to it.
    """
    finish = begin + len(text)
    inside = [span for span in spans if span.start < finish and span.end > begin]
    borders = sorted(
        {begin, finish}
        | {max(span.start, begin) for span in inside}
        | {min(span.end, finish) for span in inside}
    )
    found = []
    for left, right in pairwise(borders):
        over = [span for span in inside if span.start <= left and span.end >= right]
        over.sort(key=lambda span: span.start - span.end)
        found.append(
            Stretch(
                text[left - begin : right - begin],
                tuple(span.key for span in over),
                tuple(span.key for span in over if max(span.start, begin) == left),
            )
        )
    return tuple(found)


def honest(text: str, spans: Iterable[Span]) -> list[Span]:
    """Only spans whose words really stand at their place."""
    return [
        span
        for span in spans
        if 0 <= span.start < span.end <= len(text) and text[span.start : span.end] == span.text
    ]


def lines(text: str, turns: Sequence[Turn], spans: Iterable[Span]) -> tuple[Line, ...]:
    """The text as it is read: one line per turn of a call, else one for the whole."""
    sound = honest(text, spans)
    joined, places = transcript(turns)
    if not turns or joined != text:
        return (Line(stretches(text, sound)),) if text else ()
    return tuple(
        Line(stretches(turn.text, sound, begin), turn.speaker, turn.start_s)
        for turn, (begin, _) in zip(turns, places, strict=True)
    )

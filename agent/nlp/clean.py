"""Leave of a mail only what its sender wrote this time, and remember where that stood."""

from dataclasses import dataclass

from agent.contract.activity import Kind
from agent.nlp.markup import html_to_text
from agent.nlp.offsets import OffsetMap
from agent.nlp.quotes import own_lines
from agent.nlp.signatures import strip_signatures


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
    if is_html:
        text, offsets = html_to_text(text)
        steps.append(offsets)
    if kind in {"mail", "meeting"}:
        text, kept, foot = _own_text(text)
        steps.append(kept)
    return Cleaned(text, tuple(reversed(steps)), foot)


def _own_text(text: str) -> tuple[str, OffsetMap, str]:
    lines = text.splitlines(keepends=True)
    own = own_lines(lines)
    written = own.copy()
    strip_signatures(lines, own)
    below = (
        line for line, was, stays in zip(lines, written, own, strict=True) if was and not stays
    )
    runs: list[tuple[int, int, int]] = []
    kept: list[str] = []
    here = there = 0
    for line, stays in zip(lines, own, strict=True):
        if stays:
            kept.append(line)
            if runs and runs[-1][1] + runs[-1][2] == there:
                runs[-1] = (runs[-1][0], runs[-1][1], runs[-1][2] + len(line))
            else:
                runs.append((here, there, len(line)))
            here += len(line)
        there += len(line)
    return "".join(kept).rstrip(), OffsetMap.of(runs, len(text)), "".join(below)

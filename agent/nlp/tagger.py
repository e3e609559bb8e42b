"""The tagger: clean text in, tags and commitments out. Deterministic; never raises on odd text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from agent.contract.activity import Kind
from agent.contract.tag import Commitment, Speaker, Tag, Turn, transcript
from agent.nlp.findings import Setting
from agent.nlp.fold import fold
from agent.nlp.lexicon import Lexicon, shipped
from agent.nlp.scan import Scanner

if TYPE_CHECKING:
    from agent.nlp.component import SentenceDocs


@dataclass(frozen=True, slots=True)
class Tagging:
    tags: tuple[Tag, ...]
    commitments: tuple[Commitment, ...]


class Tagger:
    """Cheap to make: the lexicon is read when the first text comes, spaCy is imported when the
    first sentence holds something to tag."""

    def __init__(self, lexicon: Lexicon | None = None) -> None:
        self._lexicon = lexicon

    @cached_property
    def _scanner(self) -> Scanner:
        return Scanner(self._lexicon if self._lexicon is not None else shipped())

    @cached_property
    def _docs(self) -> "SentenceDocs":
        from agent.nlp.component import SentenceDocs  # noqa: PLC0415 - spaCy takes a second

        return SentenceDocs()

    def tag(
        self, text: str, *, kind: Kind = "mail", speaker: Speaker = "customer", on: date
    ) -> Tagging:
        """Tag text that is already clean. Offsets index it; ``on`` is the day it was said."""
        return _tagging(self._spoken(text, Setting(speaker, kind, on)))

    def tag_turns(self, turns: Sequence[Turn], *, on: date) -> Tagging:
        """Tag a call. Offsets index ``transcript(turns)[0]``; seconds are interpolated within
        the turn by characters."""
        _, spans = transcript(turns)
        found: list[tuple[Tag, Commitment | None]] = []
        for turn, (offset, _) in zip(turns, spans, strict=True):
            setting = Setting(turn.speaker, "call", on)
            for tag, commitment in self._spoken(turn.text, setting):
                found.append((_in_call(tag, turn, offset), _shifted(commitment, offset)))
        return _tagging(found)

    def _spoken(self, text: str, setting: Setting) -> Iterator[tuple[Tag, Commitment | None]]:
        for start, end, trial in self._scanner.candidates(fold(text)):
            for found in self._docs.findings(text[start:end], trial, setting):
                first, last = start + found.start, start + found.end
                said = text[first:last]
                tag = Tag.model_construct(
                    category=found.category,
                    status=found.status,
                    start=first,
                    end=last,
                    text=said,
                    speaker=setting.speaker,
                    score=found.score,
                    t_start=None,
                    t_end=None,
                )
                promised = found.owner is not None and found.status == "asserted"
                yield (
                    tag,
                    Commitment(start=first, end=last, text=said, due=found.due, owner=found.owner)
                    if promised and found.owner is not None
                    else None,
                )


def _tagging(
    found: Iterator[tuple[Tag, Commitment | None]] | list[tuple[Tag, Commitment | None]],
) -> Tagging:
    pairs = list(found)
    return Tagging(
        tuple(tag for tag, _ in pairs),
        tuple(commitment for _, commitment in pairs if commitment is not None),
    )


def _in_call(tag: Tag, turn: Turn, offset: int) -> Tag:
    seconds = (turn.end_s - turn.start_s) / max(len(turn.text), 1)
    return tag.model_copy(
        update={
            "start": tag.start + offset,
            "end": tag.end + offset,
            "t_start": round(turn.start_s + tag.start * seconds, 3),
            "t_end": round(turn.start_s + tag.end * seconds, 3),
        }
    )


def _shifted(commitment: Commitment | None, offset: int) -> Commitment | None:
    if commitment is None:
        return None
    return commitment.model_copy(
        update={"start": commitment.start + offset, "end": commitment.end + offset}
    )

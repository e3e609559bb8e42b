"""The tagger: clean text in, tags and commitments out. Deterministic; never raises on odd text."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeVar

from agent.contract.activity import Kind
from agent.contract.tag import Commitment, Speaker, Tag, Turn, transcript
from agent.nlp.findings import Setting
from agent.nlp.fold import fold
from agent.nlp.lexicon import Lexicon, shipped
from agent.nlp.reader import Reader

if TYPE_CHECKING:
    from agent.nlp.component import SentenceDocs

MAX_TAGS: Final = 200
MAX_COMMITMENTS: Final = 50
"""Of one text or call; what somebody pastes into a note may be a book."""

_Item = TypeVar("_Item", Tag, Commitment)


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
    def _reader(self) -> Reader:
        return Reader(self._lexicon if self._lexicon is not None else shipped())

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
        folded = fold(text)
        for start, end, findings in self._reader.sentences(folded, setting):
            for found in self._docs.whole(text[start:end], findings, setting):
                first, last = start + found.start, start + found.end
                said = text[first:last]
                tag = Tag(
                    category=found.category,
                    status=found.status,
                    start=first,
                    end=last,
                    text=said,
                    speaker=setting.speaker,
                    score=found.score,
                )
                promised = found.owner is not None and found.status == "asserted"
                yield (
                    tag,
                    Commitment(start=first, end=last, text=said, due=found.due, owner=found.owner)
                    if promised and found.owner is not None
                    else None,
                )


def _tagging(found: Iterable[tuple[Tag, Commitment | None]]) -> Tagging:
    pairs = list(found)
    promises = [(tag.score, commitment) for tag, commitment in pairs if commitment is not None]
    return Tagging(
        _weightiest(
            [tag for tag, _ in pairs],
            said=[(tag.category, tag.text) for tag, _ in pairs],
            scores=[tag.score for tag, _ in pairs],
            most=MAX_TAGS,
        ),
        _weightiest(
            [commitment for _, commitment in promises],
            said=[(commitment.owner, commitment.text) for _, commitment in promises],
            scores=[score for score, _ in promises],
            most=MAX_COMMITMENTS,
        ),
    )


def _weightiest(
    items: Sequence[_Item], *, said: Sequence[object], scores: Sequence[float], most: int
) -> tuple[_Item, ...]:
    """At most ``most`` of the items, in their order: repetitions go first, then the least certain,
    of equals the later ones."""
    if len(items) <= most:
        return tuple(items)
    seen: set[object] = set()
    ranked: list[tuple[bool, float, int]] = []
    for index, key in enumerate(said):
        ranked.append((key in seen, -scores[index], index))
        seen.add(key)
    kept = sorted(index for _, _, index in sorted(ranked)[:most])
    return tuple(items[index] for index in kept)


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

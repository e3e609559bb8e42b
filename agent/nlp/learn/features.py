"""What the model sees of a sentence: runs of words, the concepts in it, what stands near what.

One function gives the features both for learning and for tagging, so that the two cannot differ.
"""

import re
from collections.abc import Container
from dataclasses import dataclass
from typing import Final

from agent.contract.activity import Kind
from agent.contract.tag import Speaker
from agent.nlp.learn.thesaurus import Mention, Thesaurus

Span = tuple[int, int]

_TOKEN: Final = re.compile(r"[a-z0-9']+|[^\sa-z0-9']")
_LONGEST_RUN: Final = 4
_NEAR_LATIN: Final = 40
_NEAR: Final = 12
"""How many characters may lie between two concepts that are seen together."""
_NOWHERE: Final = (0, 0)


class Everything(Container[str]):
    """Knows every feature: used while a vocabulary is being gathered."""

    def __contains__(self, key: object) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Said:
    """One folded sentence without line breaks, who said it and where."""

    sentence: str
    speaker: Speaker
    kind: Kind

    @property
    def by_rep(self) -> bool:
        """A note is the rep's, whoever is said to speak in it."""
        return self.speaker == "rep" or self.kind == "note"


def features(
    said: Said, thesaurus: Thesaurus, known: Container[str]
) -> tuple[list[str], list[Span]]:
    """Those that are ``known``, and where each was seen (0, 0: the whole sentence).

    Of a run of words that is not known, no longer one is tried: whoever knows a run must know how
    it begins."""
    keys: list[str] = []
    spans: list[Span] = []
    _runs(said.sentence, known, keys, spans)
    mentions = thesaurus.mentions(said.sentence)
    speaker = said.speaker
    for start, end, _, concepts in mentions:
        for concept in concepts:
            for key in (f"\x02{concept}", f"\x02{concept}@{speaker}"):
                if key in known:
                    keys.append(key)
                    spans.append((start, end))
    _pairs(mentions, said.sentence, known, keys, spans)
    asked = said.sentence.rstrip().endswith(("?", "？"))
    for key in (f"\x04{speaker}", f"\x04{said.kind}", "\x04?" if asked else "\x04."):
        if key in known:
            keys.append(key)
            spans.append(_NOWHERE)
    return keys, spans


def _runs(sentence: str, known: Container[str], keys: list[str], spans: list[Span]) -> None:
    tokens = [(match[0], match.start(), match.end()) for match in _TOKEN.finditer(sentence)]
    for index, (token, start, end) in enumerate(tokens):
        if token not in known:
            continue
        keys.append(token)
        spans.append((start, end))
        key = token
        for further, _, end_of_run in tokens[index + 1 : index + _LONGEST_RUN]:
            key = f"{key} {further}"
            if key not in known:
                break
            keys.append(key)
            spans.append((start, end_of_run))


def _pairs(
    mentions: list[Mention],
    sentence: str,
    known: Container[str],
    keys: list[str],
    spans: list[Span],
) -> None:
    for index, (start, end, _, concepts) in enumerate(mentions):
        furthest = end + (_NEAR_LATIN if sentence[start].isascii() else _NEAR)
        for other in mentions[index + 1 :]:
            if other.start < end:
                continue
            if other.start > furthest:
                break
            for first in concepts:
                for second in other.concepts:
                    key = f"\x03{first}>{second}"
                    if key in known:
                        keys.append(key)
                        spans.append((start, other.end))

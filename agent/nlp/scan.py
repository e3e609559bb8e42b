"""Finds the sentences that may hold something, and the patterns worth trying on each.

Every pattern names word sets of which one word each must stand in its sentence. One Aho-Corasick
automaton over the words of all sets reads the whole text once. The rarest set of each pattern is
its anchor: a pattern is tried only where every set it names is there. Words also weigh something at
the model's gate: a sentence costs nothing more unless these weights reach the least that is worth
reading, or a company's own pattern may match.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from string import ascii_letters, digits
from typing import Final

from ahocorasick_rs import AhoCorasick

from agent.contract.tag import Category
from agent.nlp.lexicon.model import Group, Lexicon
from agent.nlp.lexicon.pattern import Compiled, Vocabulary, compile_pattern
from agent.nlp.sentences import Span, sentences

_LATIN: Final = frozenset(ascii_letters + digits)


@dataclass(frozen=True)
class Pattern:
    group: Group
    compiled: Compiled
    needs: int
    """A bit for each word set of which a word must be there."""
    unless: tuple["Pattern", ...] = ()

    @cached_property
    def regex(self) -> re.Pattern[str]:
        return re.compile(self.compiled.regex)

    @cached_property
    def search(self) -> Callable[[str], re.Match[str] | None]:
        return self.regex.search

    @cached_property
    def timed(self) -> bool:
        return self.compiled.timed


@dataclass(frozen=True, slots=True)
class Trial:
    """The patterns worth trying on one sentence."""

    patterns: tuple[Pattern, ...]
    words: int
    """A bit for each word set of which the sentence holds a word."""

    def of(self, categories: Container[Category]) -> "Trial":
        """Only the patterns of these, and a company's own."""
        kept = [
            pattern
            for pattern in self.patterns
            if pattern.group.own or pattern.group.category in categories
        ]
        return Trial(tuple(kept), self.words)

    def worth(self, pattern: Pattern) -> bool:
        return pattern.needs & self.words == pattern.needs


_Word = tuple[bool, bool, int, frozenset[int], float]
"""Of a word of the automaton: is it Latin, so that its edges count; may it go on, so that the
right one does not; a bit for each set it belongs to; the anchors among these sets; and what it
weighs at the gate."""


class Scanner:
    """Built once from a lexicon; regular expressions are compiled when first needed.

    ``weights``: forms (written as those of ``Thesaurus``) and what each weighs; a sentence is a
    candidate when they reach ``least``. Without weights every sentence with a pattern is one."""

    def __init__(
        self, lexicon: Lexicon, weights: Mapping[str, float] | None = None, least: float = 0.0
    ) -> None:
        bits: dict[frozenset[str], int] = {}
        anchors: dict[frozenset[str], int] = {}
        self._gated = weights is not None
        self._least = least
        self._by_anchor: list[list[Pattern]] = []
        for pattern in _patterns(lexicon, bits):
            rarest = min(pattern.compiled.needs, key=_frequency)
            index = anchors.setdefault(rarest, len(anchors))
            if index == len(self._by_anchor):
                self._by_anchor.append([])
            self._by_anchor[index].append(pattern)
        sets: dict[str, list[frozenset[str]]] = {}
        for words in bits:
            for word in words:
                sets.setdefault(word, []).append(words)
        weights = weights or {}
        for word in weights:
            sets.setdefault(word, [])
        self._words: list[_Word] = [
            (
                word[0].isascii(),
                word.endswith("*"),
                sum(bits[words] for words in its),
                frozenset(anchors[words] for words in its if words in anchors),
                weights.get(word, 0.0),
            )
            for word, its in sets.items()
        ]
        self._automaton = AhoCorasick([word.rstrip("*") for word in sets])

    def candidates(self, folded: str) -> Iterator[tuple[int, int, Trial]]:
        """Sentences of folded text worth reading, in order, with the patterns whose words they all
        hold."""
        hits = self._automaton.find_matches_as_indexes(folded, overlapping=True)
        if not hits:
            return
        spans = list(sentences(folded))
        for (start, end), mask, anchors, worth in self._gathered(folded, spans, hits):
            patterns = [
                pattern
                for anchor in sorted(anchors)
                for pattern in self._by_anchor[anchor]
                if (worth or pattern.group.own) and pattern.needs & mask == pattern.needs
            ]
            if patterns or worth:
                yield start, end, Trial(tuple(patterns), mask)

    def _gathered(
        self, folded: str, spans: list[Span], hits: list[tuple[int, int, int]]
    ) -> Iterator[tuple[Span, int, set[int], bool]]:
        """Each sentence that holds a word, with the bits and the anchors of its words, and whether
        they weigh enough."""
        starts = [start for start, _ in spans]
        masks = [0] * len(spans)
        weighs = [0.0] * len(spans)
        anchors: list[set[int]] = [set() for _ in spans]
        length = len(folded)
        words = self._words
        for number, begin, end in hits:
            index = bisect_right(starts, begin) - 1
            if index < 0:
                continue
            start, stop = spans[index]
            latin, goes_on, mask, anchoring, weight = words[number]
            if latin:
                left = begin and folded[begin - 1] in _LATIN
                right = not goes_on and end < length and folded[end] in _LATIN
                if left or right:
                    # A sentence that was cut for its length may begin or end within a word.
                    if not (left and begin > start) and not (right and end < stop) and end <= stop:
                        masks[index] |= mask
                    continue
            if end <= stop:
                masks[index] |= mask
                weighs[index] += weight
            anchors[index] |= anchoring
        everything = not self._gated
        for span, mask, found, weight in zip(spans, masks, anchors, weighs, strict=True):
            worth = everything or weight >= self._least
            if found or worth:
                yield span, mask, found, worth


def _patterns(lexicon: Lexicon, bits: dict[frozenset[str], int]) -> Iterator[Pattern]:
    """Every pattern of the lexicon; ``bits`` is given a bit for each word set that is new."""
    vocabularies = {
        category: Vocabulary(lexicon.classes(category))
        for category in {group.category for group in lexicon.groups}
    }

    def made(group: Group, compiled: Compiled, unless: tuple[Pattern, ...] = ()) -> Pattern:
        needs = 0
        for needed in compiled.needs:
            needs |= bits.setdefault(needed, 1 << len(bits))
        return Pattern(group, compiled, needs, unless)

    for group in lexicon.groups:
        vocabulary = vocabularies[group.category]
        unless = tuple(
            made(group, compile_pattern(source, vocabulary, anchored=False))
            for source in group.unless
        )
        for source in group.patterns:
            yield made(group, compile_pattern(source, vocabulary), unless)


def _frequency(words: frozenset[str]) -> float:
    """A rough guess how often one of the words stands in a sentence, by script and length."""
    return sum(_word_frequency(word) for word in words)


def _word_frequency(word: str) -> float:
    if not word[0].isascii():
        return {1: 0.04, 2: 0.004}.get(len(word), 0.0005)
    return {2: 0.02, 3: 0.01, 4: 0.005}.get(len(word.rstrip("*")), 0.001)

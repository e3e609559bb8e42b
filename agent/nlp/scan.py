"""Finds the sentences that may hold something, and the patterns worth trying on each.

Every pattern names word sets of which one word each must stand in its sentence. The rarest set of
each pattern is in a first Aho-Corasick automaton that reads the whole text; only sentences with
such a word are read by the second one, which knows all sets. A sentence whose words complete no
pattern costs no more than that.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from ahocorasick_rs import AhoCorasick

from agent.nlp.lexicon.model import Group, Lexicon
from agent.nlp.lexicon.pattern import Compiled, Vocabulary, compile_pattern
from agent.nlp.sentences import Span, sentences


@dataclass(frozen=True)
class Pattern:
    group: Group
    compiled: Compiled
    unless: tuple["Pattern", ...] = ()

    @cached_property
    def regex(self) -> re.Pattern[str]:
        return re.compile(self.compiled.regex)

    @property
    def timed(self) -> bool:
        return self.compiled.timed


class Scanner:
    """Built once from a lexicon; regular expressions are compiled when first needed."""

    def __init__(self, lexicon: Lexicon) -> None:
        bits: dict[frozenset[str], int] = {}
        anchors: set[frozenset[str]] = set()
        self._by_anchor: dict[int, list[tuple[int, Pattern]]] = {}
        for pattern in _patterns(lexicon):
            needs = 0
            for needed in pattern.compiled.needs:
                needs |= bits.setdefault(needed, 1 << len(bits))
            anchor = min(pattern.compiled.needs, key=_frequency)
            anchors.add(anchor)
            self._by_anchor.setdefault(bits[anchor], []).append((needs, pattern))
        self._anchor_bits = 0
        for anchor in anchors:
            self._anchor_bits |= bits[anchor]
        self._anchors = _Words((words, bits[words]) for words in anchors)
        self._all = _Words(bits.items())

    def candidates(self, folded: str) -> Iterator[tuple[int, int, list[Pattern]]]:
        """Sentences of folded text with the patterns whose words they all hold, in order."""
        hits = self._anchors.starts(folded)
        if not hits:
            return
        spans: list[Span] = list(sentences(folded))
        starts = [start for start, _ in spans]
        for index in sorted({bisect_right(starts, at) - 1 for at in hits}):
            if index < 0:
                continue
            start, end = spans[index]
            patterns = self._complete(self._all.mask(folded[start:end]))
            if patterns:
                yield start, end, patterns

    def _complete(self, mask: int) -> list[Pattern]:
        found: list[Pattern] = []
        left = mask & self._anchor_bits
        while left:
            bit = left & -left
            left ^= bit
            for needs, pattern in self._by_anchor[bit]:
                if needs & mask == needs:
                    found.append(pattern)  # noqa: PERF401 - the hottest loop here
        return found


class _Words:
    """An automaton over words that belong to sets, each set a bit."""

    def __init__(self, sets: Iterable[tuple[frozenset[str], int]]) -> None:
        masks: dict[str, int] = {}
        for words, bit in sets:
            for word in words:
                masks[word] = masks.get(word, 0) | bit
        self._masks = list(masks.values())
        self._open = [word.endswith("*") for word in masks]
        """Whether the word may go on: its right edge is not checked."""
        self._latin = [word[0].isascii() for word in masks]
        self._automaton = AhoCorasick([word.rstrip("*") for word in masks])

    def starts(self, folded: str) -> list[int]:
        """Where words begin."""
        return [
            start
            for word, start, end in self._automaton.find_matches_as_indexes(folded, overlapping=True)
            if not self._latin[word] or self._is_word(folded, word, start, end)
        ]

    def mask(self, folded: str) -> int:
        """The bits of all sets of which a word occurs."""
        mask = 0
        for word, start, end in self._automaton.find_matches_as_indexes(folded, overlapping=True):
            if not self._latin[word] or self._is_word(folded, word, start, end):
                mask |= self._masks[word]
        return mask

    def _is_word(self, folded: str, word: int, start: int, end: int) -> bool:
        if start and (before := folded[start - 1]).isascii() and before.isalnum():
            return False
        if self._open[word] or end >= len(folded):
            return True
        return not ((after := folded[end]).isascii() and after.isalnum())


def _patterns(lexicon: Lexicon) -> Iterator[Pattern]:
    vocabularies = {
        category: Vocabulary(lexicon.classes(category))
        for category in {group.category for group in lexicon.groups}
    }
    for group in lexicon.groups:
        vocabulary = vocabularies[group.category]
        unless = tuple(
            Pattern(group, compile_pattern(source, vocabulary, anchored=False))
            for source in group.unless
        )
        for source in group.patterns:
            yield Pattern(group, compile_pattern(source, vocabulary), unless)


def _frequency(words: frozenset[str]) -> float:
    """A rough guess how often one of the words stands in a sentence, by script and length."""
    return sum(_word_frequency(word) for word in words)


def _word_frequency(word: str) -> float:
    if not word[0].isascii():
        return {1: 0.04, 2: 0.004}.get(len(word), 0.0005)
    return {2: 0.02, 3: 0.01, 4: 0.005}.get(len(word.rstrip("*")), 0.001)

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
    needs: int
    """A bit for each word set of which a word must be there."""
    unless: tuple["Pattern", ...] = ()

    @cached_property
    def regex(self) -> re.Pattern[str]:
        return re.compile(self.compiled.regex)

    @cached_property
    def timed(self) -> bool:
        return self.compiled.timed


@dataclass(frozen=True, slots=True)
class Trial:
    """The patterns worth trying on one sentence."""

    patterns: tuple[Pattern, ...]
    words: int
    """A bit for each word set of which the sentence holds a word."""

    def worth(self, pattern: Pattern) -> bool:
        return pattern.needs & self.words == pattern.needs


class Scanner:
    """Built once from a lexicon; regular expressions are compiled when first needed."""

    def __init__(self, lexicon: Lexicon) -> None:
        bits: dict[frozenset[str], int] = {}
        anchors: dict[frozenset[str], int] = {}
        self._by_anchor: list[list[Pattern]] = []
        for pattern in _patterns(lexicon, bits):
            rarest = min(pattern.compiled.needs, key=_frequency)
            index = anchors.setdefault(rarest, len(anchors))
            if index == len(self._by_anchor):
                self._by_anchor.append([])
            self._by_anchor[index].append(pattern)
        self._anchors = _Words(anchors.items())
        self._all = _Words(bits.items())
        # A word's sets as one number, so that the sets of a sentence are told by "or".
        self._masks = [sum(marks) for marks in self._all.marks]

    def candidates(self, folded: str) -> Iterator[tuple[int, int, Trial]]:
        """Sentences of folded text with the patterns whose words they all hold, in order."""
        hits = self._anchors.find(folded)
        if not hits:
            return
        spans: list[Span] = list(sentences(folded))
        starts = [start for start, _ in spans]
        anchors: dict[int, set[int]] = {}
        for word, at in hits:
            index = bisect_right(starts, at) - 1
            if index >= 0:
                anchors.setdefault(index, set()).update(self._anchors.marks[word])
        for index in sorted(anchors):
            start, end = spans[index]
            mask = 0
            for word, _ in self._all.find(folded[start:end]):
                mask |= self._masks[word]
            patterns = tuple(
                pattern
                for anchor in sorted(anchors[index])
                for pattern in self._by_anchor[anchor]
                if pattern.needs & mask == pattern.needs
            )
            if patterns:
                yield start, end, Trial(patterns, mask)


class _Words:
    """An automaton over words that belong to sets; ``marks`` are the sets of each word."""

    def __init__(self, sets: Iterable[tuple[frozenset[str], int]]) -> None:
        marks: dict[str, list[int]] = {}
        for words, mark in sets:
            for word in words:
                marks.setdefault(word, []).append(mark)
        self.marks = list(marks.values())
        self._open = [word.endswith("*") for word in marks]
        """Whether the word may go on: its right edge is not checked."""
        self._latin = [word[0].isascii() for word in marks]
        self._automaton = AhoCorasick([word.rstrip("*") for word in marks])

    def find(self, folded: str) -> list[tuple[int, int]]:
        """(word, start) of every occurrence as a whole word."""
        return [
            (word, start)
            for word, start, end in self._automaton.find_matches_as_indexes(
                folded, overlapping=True
            )
            if not self._latin[word] or self._is_word(folded, word, start, end)
        ]

    def _is_word(self, folded: str, word: int, start: int, end: int) -> bool:
        if start and (before := folded[start - 1]).isascii() and before.isalnum():
            return False
        if self._open[word] or end >= len(folded):
            return True
        return not ((after := folded[end]).isascii() and after.isalnum())


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

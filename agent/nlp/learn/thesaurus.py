"""Concepts: sets of words and short phrases that say the same thing, in Chinese and in English.

A sentence that was never seen before is understood through the concepts in it: ``贵得离谱`` and
``costs an arm and a leg`` are both ``price_too_high``.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from string import ascii_letters, digits
from typing import Final, NamedTuple

from ahocorasick_rs import AhoCorasick

_LATIN: Final = frozenset(ascii_letters + digits)


Span = tuple[int, int]


class Mention(NamedTuple):
    """A form found in a folded sentence, with the concepts it stands for."""

    start: int
    end: int
    form: str
    concepts: tuple[str, ...]


class Thesaurus:
    """``forms``: a folded form → the concepts it stands for. A Latin form matches at word edges;
    one that ends in ``*`` leaves its right edge open."""

    def __init__(self, forms: Mapping[str, Sequence[str]]) -> None:
        self.forms = {form: tuple(concepts) for form, concepts in forms.items()}

    @cached_property
    def _entries(self) -> list[tuple[bool, bool, str, tuple[str, ...]]]:
        """Is it Latin, may it go on, and what the mention says."""
        return [
            (form[0].isascii(), form.endswith("*"), form, concepts)
            for form, concepts in self.forms.items()
        ]

    @cached_property
    def _automaton(self) -> AhoCorasick:
        return AhoCorasick([form.rstrip("*") for form in self.forms])

    def all_mentions(self, folded: str) -> Iterator[Mention]:
        """Every form, also within another."""
        length = len(folded)
        entries = self._entries
        for number, start, end in self._automaton.find_matches_as_indexes(folded, overlapping=True):
            latin, goes_on, form, concepts = entries[number]
            if latin and (
                (start and folded[start - 1] in _LATIN)
                or (not goes_on and end < length and folded[end] in _LATIN)
            ):
                continue
            yield Mention(start, end, form, concepts)

    def mentions(self, folded: str) -> list[Mention]:
        """The longest forms from left to right; forms of equal span are all given."""
        found: list[Mention] = []
        first = last = 0
        for mention in sorted(self.all_mentions(folded), key=_leftmost_longest):
            start, end, _, _ = mention
            if start >= last:
                first, last = start, end
                found.append(mention)
            elif start == first and end == last:
                found.append(mention)
        return found


def _leftmost_longest(mention: Mention) -> Span:
    return mention[0], -mention[1]

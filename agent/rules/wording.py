"""Regular expressions of many words, tried only on texts that hold one of these words.

Most mails are written by people, and most wordings of the rules stand in none of them. What every
match must hold is taken from the expression itself, as the parser of ``re`` reads it; one
Aho-Corasick automaton over the words of all wordings says at one look which are worth a search.
"""

import re
from collections.abc import Iterable
from functools import cache, cached_property, lru_cache
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, Final

from ahocorasick_rs import AhoCorasick

_Words = frozenset[str]
_UNKNOWN: Final[_Words] = frozenset()
_NOTHING: Final[_Words] = frozenset({""})
_MOST: Final = 100
"""Of more spellings than this no set is made: their neighbours are looked for instead."""
_ZERO_WIDTH: Final = (codes.AT, codes.ASSERT, codes.ASSERT_NOT)
_REPEATS: Final = (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT)
_ALL: Final = -1

_wordings: list["Wording"] = []


class Wording:
    """What a rule looks for; asked as a compiled expression is asked."""

    def __init__(self, pattern: str, flags: int = 0) -> None:
        self.regex: Final = re.compile(pattern, flags)
        self._bit: Final = 1 << len(_wordings)
        _wordings.append(self)
        _automaton.cache_clear()
        _held.cache_clear()

    @cached_property
    def signs(self) -> _Words:
        """Bits of lower-case text, one of which stands in every match; empty: not known."""
        return _signs(parser.parse(self.regex.pattern, self.regex.flags & ~re.UNICODE))

    def may_stand_in(self, text: str) -> bool:
        """False only where a search would find nothing."""
        return _held(text) & self._bit != 0

    def search(self, text: str) -> re.Match[str] | None:
        return self.regex.search(text) if _held(text) & self._bit else None

    def findall(self, text: str) -> list[str]:
        return self.regex.findall(text) if _held(text) & self._bit else []


@lru_cache(maxsize=128)  # one rule goes through the sentences of a mail as another did before it
def _held(text: str) -> int:
    """A bit for each wording that may stand in this text."""
    automaton, bits, held = _automaton()
    lowered = text.lower()
    if not lowered.isascii():
        # Letters that re takes for an i or an s when it ignores case.
        lowered = lowered.replace("i\u0307", "i").replace("\u0131", "i").replace("\u017f", "s")
    try:
        hits = automaton.find_matches_as_indexes(lowered, overlapping=True)
    except UnicodeEncodeError:  # half of a surrogate pair
        return _ALL
    for number, _, _ in hits:
        held |= bits[number]
    return held


@cache
def _automaton() -> tuple[AhoCorasick, list[int], int]:
    """Over the signs of all wordings; the bits of each sign; those of wordings without any."""
    bits: dict[str, int] = {}
    unknown = 0
    for place, wording in enumerate(_wordings):
        if not wording.signs:
            unknown |= 1 << place
        for sign in wording.signs:
            bits[sign] = bits.get(sign, 0) | 1 << place
    return AhoCorasick(list(bits)), list(bits.values()), unknown


def _signs(items: Iterable[tuple[Any, Any]]) -> _Words:
    """The rarest words of which one must stand in what a sequence of parsed items matches."""
    best, run = _UNKNOWN, _NOTHING
    for item in items:
        spellings = _spellings(item)
        longer = frozenset(begun + rest for begun in run for rest in spellings)
        if spellings and len(longer) <= _MOST:
            run = longer
        else:
            best = max(best, run, _inside(item), key=_rarity)
            run = spellings or _NOTHING
    best = max(best, run, key=_rarity)
    return best if "" not in best else _UNKNOWN


def _inside(item: tuple[Any, Any]) -> _Words:
    """The signs of one item that has too many spellings."""
    code, value = item
    if code is codes.BRANCH:
        options = [_signs(option) for option in value[1]]
        return frozenset().union(*options) if all(options) else _UNKNOWN
    if code is codes.SUBPATTERN:
        return _signs(value[-1])
    if code is codes.ATOMIC_GROUP:
        return _signs(value)
    return _signs(value[2]) if code in _REPEATS and value[0] else _UNKNOWN


def _spellings(item: tuple[Any, Any]) -> _Words:
    """All that one item can match, in lower case, if that is little; else ``_UNKNOWN``."""
    code, value = item
    if code in _ZERO_WIDTH:
        return _NOTHING
    if code is codes.LITERAL:
        letter = chr(value)
        plain = letter.isascii() or letter.lower() == letter.upper()
        return frozenset({letter.lower()}) if plain else _UNKNOWN
    if code is codes.BRANCH:
        return _either(_spelt(option) for option in value[1])
    if code is codes.IN:
        return _either(map(_spellings, value))
    if code is codes.SUBPATTERN:
        return _spelt(value[-1])
    if code is codes.ATOMIC_GROUP:
        return _spelt(value)
    if code in _REPEATS and value[1] == 1:
        return _either((_spelt(value[2]), _spelt(value[2]) if value[0] else _NOTHING))
    return _UNKNOWN


def _spelt(items: Iterable[tuple[Any, Any]]) -> _Words:
    """All that a sequence of items can match, if that is little."""
    spelt = _NOTHING
    for item in items:
        spelt = frozenset(begun + rest for begun in spelt for rest in _spellings(item))
        if not 0 < len(spelt) <= _MOST:
            return _UNKNOWN
    return spelt


def _either(options: Iterable[_Words]) -> _Words:
    known = list(options)
    joined: _Words = frozenset().union(*known)
    return joined if all(known) and len(joined) <= _MOST else _UNKNOWN


def _rarity(words: _Words) -> tuple[float, int]:
    """How seldom any of them stands in a text: by the shortest, then by their number."""
    if not words:
        return 0, 0
    return min(sum(1 if sign.isascii() else 3 for sign in word.strip()) for word in words), -len(
        words
    )

"""Find customers' names in text: one automaton, longest match first, whole Latin words only."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

from ahocorasick_rs import AhoCorasick, MatchKind

from agent.contract.directory import DirectoryCustomer
from agent.rules.identity import normalize_company

_MIN_CJK = 2
_MIN_CJK_DERIVED = 3
"""What is left of a name without its legal form may be a plain word (智能有限公司)."""
_MIN_LATIN = 3
_WORD = re.compile(r"[0-9a-z_]")


class Names:
    def __init__(self, customers: Iterable[DirectoryCustomer]) -> None:
        owners: dict[str, set[int]] = {}
        for customer in customers:
            for name in (customer.name, *customer.aliases):
                for pattern in _patterns(name):
                    owners.setdefault(pattern, set()).add(customer.id)
        self._patterns = tuple(owners)
        self._owners = tuple(frozenset(owners[pattern]) for pattern in self._patterns)
        # Overlapping search needs the standard kind; which match wins is decided below, because
        # a longer one that is no whole word must not hide a shorter one that is.
        self._automaton = AhoCorasick(self._patterns, matchkind=MatchKind.Standard)

    def find(self, text: str) -> Counter[int]:
        """How often each customer is named in ``text``."""
        folded = _fold(text)
        found = [
            (start, end, pattern)
            for pattern, start, end in self._automaton.find_matches_as_indexes(
                folded, overlapping=True
            )
            if _is_whole(folded, start, end)
        ]
        found.sort(key=lambda match: (match[0] - match[1], match[0]))
        taken = bytearray(len(folded))
        named: Counter[int] = Counter()
        for start, end, pattern in found:
            if not any(taken[start:end]):
                taken[start:end] = b"\x01" * (end - start)
                named.update(self._owners[pattern])
        return named


def _fold(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _patterns(name: str) -> set[str]:
    """The name as written and without its legal form: ``acme robotics inc.``, ``acme robotics``."""
    whole = _fold(name)
    bare = normalize_company(name)
    patterns = {whole}
    shorter = whole
    while " " in shorter:
        shorter = shorter.rpartition(" ")[0].rstrip(" ,.")
        if normalize_company(shorter) != bare:
            break
        patterns.add(shorter)
    if not bare.isascii() and len(bare) >= _MIN_CJK_DERIVED:
        patterns.add(bare)
    return {pattern for pattern in patterns if _is_telling(pattern)}


def _is_telling(pattern: str) -> bool:
    """Long enough to mean somebody."""
    return len(pattern) >= (_MIN_LATIN if pattern.isascii() else _MIN_CJK)


def _is_whole(text: str, start: int, end: int) -> bool:
    """No Latin word goes on beyond either end (``rival`` is not in ``arrival``)."""
    before = start > 0 and _WORD.match(text[start]) and _WORD.match(text[start - 1])
    after = end < len(text) and _WORD.match(text[end - 1]) and _WORD.match(text[end])
    return not before and not after

"""Texts cut into words for searching, the same way for every database.

Chinese (and Japanese, Korean) has no spaces: each two neighbouring characters are one word, and the
last of a run is one alone, so that every single character begins some word. All else is cut at what
is neither letter nor digit. Case, width and accents do not matter. What a database finds by these
words is looked at again (``found_in``): pairs may stand apart that were asked for together.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from sqlalchemy import Dialect, Text, TypeDecorator
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.types import TypeEngine

_CJK = "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_RUN = re.compile(f"([{_CJK}]+)|([^\\W_{_CJK}]+)")
_MAX_TEXT = 60_000
"""Characters of one text that can be found again."""
_MAX_WORD = 60
_MAX_WORDS = 20_000
"""PostgreSQL keeps a megabyte of words for one row."""


class Words(TypeDecorator[tuple[str, ...]]):
    """A set of words: PostgreSQL's own type there, words with spaces between elsewhere."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        return dialect.type_descriptor(TSVECTOR() if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Iterable[str] | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        quoted = (f"'{word}'" for word in value) if dialect.name == "postgresql" else value
        return " ".join(quoted)


def fold(text: str) -> str:
    """As it is compared: one width, no case, no accents."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    if plain.isascii():
        return plain
    apart = unicodedata.normalize("NFKD", plain)
    return "".join(char for char in apart if not unicodedata.combining(char))


def words_of(*texts: str, inside: bool = False) -> tuple[str, ...]:
    """The words of texts; with ``inside`` also every ending of each word of letters, so that what
    stands within a name or a number is found as well."""
    found: dict[str, None] = {}
    for text in texts:
        for match in _RUN.finditer(fold(text[:_MAX_TEXT])):
            run, word = match.groups()
            if run:
                found.update(dict.fromkeys(left + right for left, right in pairwise(run)))
                found[run[-1]] = None
            else:
                word = word[:_MAX_WORD]
                found[word] = None
                if inside:
                    found.update(dict.fromkeys(word[at:] for at in range(1, len(word) - 1)))
        if len(found) > _MAX_WORDS:
            break
    return tuple(found)[:_MAX_WORDS]


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody looks for: every term must be there."""

    terms: tuple[str, ...]
    """Folded, as they stand between spaces."""
    whole: tuple[str, ...]
    begins: tuple[str, ...]
    """Words of the index: those that must be there as they are, and beginnings of such."""

    def __bool__(self) -> bool:
        return bool(self.whole or self.begins)

    @property
    def sqlite(self) -> str:
        """For ``MATCH``."""
        return " AND ".join([*(f'"{w}"' for w in self.whole), *(f'"{w}"*' for w in self.begins)])

    @property
    def postgresql(self) -> str:
        """For ``@@``, cast to ``tsquery``."""
        return " & ".join([*(f"'{w}'" for w in self.whole), *(f"'{w}':*" for w in self.begins)])


_MAX_TERMS = 12


def asked(q: str) -> Asked:
    terms = tuple(dict.fromkeys(fold(q[:200]).split()))[:_MAX_TERMS]
    whole: dict[str, None] = {}
    begins: dict[str, None] = {}
    for match in _RUN.finditer(" ".join(terms)):
        run, word = match.groups()
        if run and len(run) > 1:
            whole.update(dict.fromkeys(left + right for left, right in pairwise(run)))
        else:
            begins[run or word[:_MAX_WORD]] = None
    return Asked(terms, tuple(whole), tuple(begins))


def found_in(wanted: Asked, *texts: str) -> bool:
    """Does every term stand in one of the texts?"""
    folded = [fold(text) for text in texts]
    return all(any(term in text for text in folded) for term in wanted.terms)


def places(wanted: Asked, text: str) -> Iterator[tuple[int, int]]:
    """Where terms stand in ``text``, as characters of the text itself, in order, none overlapping."""
    folded, origin = _with_origin(text)
    spans = sorted(
        (match.start(), -match.end())
        for term in wanted.terms
        for match in re.finditer(re.escape(term), folded)
    )
    done = 0
    for start, minus_end in spans:
        if start >= done:
            done = -minus_end
            yield origin[start], origin[done - 1] + 1


def _with_origin(text: str) -> tuple[str, list[int]]:
    """The folded text, and for each of its characters the place it came from."""
    folded = fold(text)
    if len(folded) == len(text) and folded.isascii():
        return folded, list(range(len(text)))
    parts: list[str] = []
    origin: list[int] = []
    for at, char in enumerate(text):
        part = fold(char)
        parts.append(part)
        origin += [at] * len(part)
    return "".join(parts), origin

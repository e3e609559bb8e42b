"""Where sentences and clauses begin and end, in folded Chinese and English text of any size."""

import re
from collections.abc import Iterator
from typing import Final

Span = tuple[int, int]

_END = re.compile(
    r"[。！？!?；;…]+[\"'”’」』)）\]]*+"
    r"|\.(?=\s|$|[\u3400-\u9fff])[\"'”’」』)）\]]*+"
    r"|\s*?\n\s*+"
)
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:mr|mrs|ms|dr|no|vs|e\.g|i\.e|etc|inc|ltd|co|corp|approx|dept|[a-z])$"
)
_HARD_START = re.compile(r"(?:[-*•·●▪>#]|\(?\d{1,2}[.、)）]|[一二三四五六七八九十][、.]|[a-z]\))")
_WRAP_WIDTH: Final = 54
"""A line narrower than this (in columns) was ended by its writer, not by a mail program."""
_MOST: Final = 320
"""Longer stretches without an end are cut, so that work per sentence stays bounded."""
_CLAUSE_END = re.compile(
    r"[,，:：;；\n—()（）]+"
    r"|(?<=\s)-{1,2}(?=\s)"
    r"|(?<!^)(?=(?:但是|但(?!凡)|不过|可是|只是(?!说)|然而|所以|因此|而且|另外|因为|由于|就是不|虽然|尽管))"
    r"|\s(?=(?:but|however|although|though|while|whereas|because|so (?=i|we|they|it|our|the|please|you|that)"
    r"|and (?:i|we|they|it|our|he|she|you|please|now)\b))"
)


def sentences(folded: str) -> Iterator[Span]:
    """Spans that cover everything said; surrounding blanks are left out."""
    start = 0
    for match in _END.finditer(folded):
        sign = folded[match.start()]
        if sign == "." and _ABBREVIATION.search(
            folded, max(start, match.start() - 8), match.start()
        ):
            continue
        if "\n" in match[0]:
            if _wrapped(folded, match):
                continue
            yield from _bounded(folded, start, match.start())
        else:
            yield from _bounded(folded, start, match.end())
        start = match.end()
    yield from _bounded(folded, start, len(folded))


def _wrapped(folded: str, match: re.Match[str]) -> bool:
    """Whether this line break only folds a paragraph."""
    if match[0].count("\n") > 1:
        return False
    line_start = folded.rfind("\n", max(0, match.start() - 200), match.start()) + 1
    if line_start == 0 and match.start() > 200:
        return False
    line = folded[line_start : match.start()]
    # Three bytes of UTF-8 make a Chinese character, which is two columns wide.
    width = len(line) + (len(line.encode("utf-8", "replace")) - len(line)) // 2
    following = folded[match.end() : match.end() + 4]
    return _WRAP_WIDTH <= width <= 120 and bool(following) and not _HARD_START.match(following)


def _bounded(folded: str, start: int, end: int) -> Iterator[Span]:
    while end - start > _MOST:
        cut = max(
            folded.rfind(sign, start + _MOST // 2, start + _MOST) for sign in (" ", ",", "，", "、")
        )
        cut = cut + 1 if cut > 0 else start + _MOST
        yield from _trimmed(folded, start, cut)
        start = cut
    yield from _trimmed(folded, start, end)


def _trimmed(folded: str, start: int, end: int) -> Iterator[Span]:
    text = folded[start:end]
    left = len(text) - len(text.lstrip())
    right = len(text.rstrip())
    if right > left:
        yield start + left, start + right


def clauses(sentence: str) -> list[Span]:
    """Spans of the clauses of one folded sentence, in order, without the signs between them."""
    found: list[Span] = []
    start = 0
    for match in _CLAUSE_END.finditer(sentence):
        if match.start() > start and sentence[start : match.start()].strip():
            found.append((start, match.start()))
            start = match.end()
        elif match.end() > match.start():
            start = match.end()
    if sentence[start:].strip():
        found.append((start, len(sentence)))
    return found or [(0, len(sentence))]

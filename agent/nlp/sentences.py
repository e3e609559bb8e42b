"""Where sentences and clauses begin and end, in folded Chinese and English text of any size."""

import re
from collections.abc import Iterator
from typing import Final

Span = tuple[int, int]

_END = re.compile(r"[。！？!?；;….\n]")
"""Where a sentence may end; which of the three below it is tells how far the end goes."""
_SIGNS = re.compile(r"[。！？!?；;…]+[\"'”’」』)）\]]*+")
_STOP = re.compile(r"\.(?=\s|$|[\u3400-\u9fff])[\"'”’」』)）\]]*+")
_BLANK = re.compile(r"\s++")
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
    start = at = 0
    while found := _END.search(folded, at):
        sign = found[0]
        begin, at = found.span()
        if sign == "\n":
            while begin > start and folded[begin - 1].isspace():
                begin -= 1
            blank = _BLANK.match(folded, at)
            at = blank.end() if blank else at
            if _wrapped(folded, begin, at):
                continue
            yield from _bounded(folded, start, begin)
        else:
            end = (_STOP if sign == "." else _SIGNS).match(folded, begin)
            if end is None:
                continue
            at = end.end()
            if sign == "." and _ABBREVIATION.search(folded, max(start, begin - 8), begin):
                continue
            yield from _bounded(folded, start, at)
        start = at
    yield from _bounded(folded, start, len(folded))


def _wrapped(folded: str, begin: int, end: int) -> bool:
    """Whether the line break among these blanks only folds a paragraph."""
    if folded.count("\n", begin, end) > 1:
        return False
    line_start = folded.rfind("\n", max(0, begin - 200), begin) + 1
    if line_start == 0 and begin > 200:
        return False
    line = folded[line_start:begin]
    # Three bytes of UTF-8 make a Chinese character, which is two columns wide.
    width = len(line) + (len(line.encode("utf-8", "replace")) - len(line)) // 2
    following = folded[end : end + 4]
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
    text = folded[start:end].rstrip()
    if text:
        yield start + len(text) - len(text.lstrip()), start + len(text)


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

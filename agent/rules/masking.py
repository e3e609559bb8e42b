"""Blot out private numbers in text: ID cards, bank cards, mobiles, passports and travel permits.

Whoever reads a rule here should be able to say what stays readable and why. Checksums and the words
before a number tell private numbers from order, part, invoice and tracking numbers:

ID card     18 digits, a province, a real date of birth, the check digit of GB 11643-1999. The old
            form of 15 digits has no check digit: only where the words before it say what it is.
bank card   16 to 19 digits (15 for American Express) that begin as cards do and pass Luhn's check
            (ISO/IEC 7812-1), unless the words before say order, invoice, parcel, part …
mobile      11 digits of a mainland mobile, with or without +86, as people group them.
passport    G or E and 8 digits, or E with a second letter and 7. The other letters (D, S, P, H, M,
            C, W …), which part numbers use too, only where the words before say what it is.

Digits may be full-width, grouped by blanks, hyphens, dots or a line break, or (as speech comes out
of a recogniser) Chinese numerals. A number glued to Latin letters is a code of something else.
Everything is linear in the length of the text: runs are taken whole, and within one run only so
many neighbours are ever joined.
"""

import re
from collections.abc import Iterator

from agent.rules.checksums import MOBILE, is_card, is_id_card
from agent.rules.digitruns import GROUP, Span, best, singles
from agent.rules.papers import papers

_PASSES = 4
"""A blot may set free what it was glued to; so often is the text looked at again at most."""


_WIDE = str.maketrans(
    "".join(chr(code) for code in range(0xFF10, 0xFF5B) if chr(code).isalnum()) + "－　．",
    "".join(chr(code - 0xFEE0) for code in range(0xFF10, 0xFF5B) if chr(code).isalnum()) + "- .",
)
_IS_WIDE = re.compile("[０-９]")
_NUMERALS = str.maketrans("零〇洞一幺二三四五六七拐八九", "00011234567789")

_GAP = r"[ \t\u00a0\u2002-\u200b\r\n.\-\u2010-\u2015\u2212\u00b7，、]"
_MAYBE = re.compile(rf"[0-9](?:{_GAP}{{0,4}}+[0-9]){{10}}")
"""Eleven digits close together: most texts have none, and are done with."""
_RUN = re.compile(rf"[0-9]++(?:{_GAP}{{1,4}}+[0-9]++)*+")
_HOPEFUL = re.compile(r"1[3-9][0-9]{9}|[1-9][0-9]{14}")
"""Of all digits of a run: without this there is no number in it, however they are grouped."""
_SPOKEN = re.compile("[零〇洞一幺二三四五六七拐八九]{11,}+")
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def mask(text: str) -> tuple[str, int]:
    """``(masked text, how many numbers)``. Each blot is as long as what it covers: offsets hold.

    Of a mobile the first three digits stay, so that people know whose network it was and no more.
    """
    count = 0
    for _ in range(_PASSES):
        search = _Search(text)
        text, found = _blotted(text, sorted(search.spans()))
        count += found
        if not search.again:
            break
    return text, count


def _blotted(text: str, spans: list[Span]) -> tuple[str, int]:
    parts: list[str] = []
    at = count = 0
    for start, end, keep in spans:
        if start < at:
            continue
        parts.append(text[at : start + keep])
        parts.append("".join("*" if char.isalnum() else char for char in text[start + keep : end]))
        at = end
        count += 1
    parts.append(text[at:])
    return "".join(parts), count


class _Search:
    """One look at a text."""

    def __init__(self, text: str) -> None:
        self._plain = text.translate(_WIDE) if _IS_WIDE.search(text) else text
        self.again = False
        """Something was found, and beside it stands what may be a number once that is gone."""

    def spans(self) -> Iterator[Span]:
        plain = self._plain
        if _MAYBE.search(plain):
            codes = [found.span() for found in _UUID.finditer(plain)]
            for run in _RUN.finditer(plain):
                if run.end() - run.start() >= 11 and not (codes and _inside(run, codes)):
                    yield from self._in_run(run)
        for found in papers(plain):
            self.again = True
            yield found
        for said in _SPOKEN.finditer(plain):
            digits = said.group().translate(_NUMERALS)
            if MOBILE.fullmatch(digits) or is_id_card(digits) or is_card(digits):
                yield said.start(), said.end(), 3 if len(digits) == 11 else 0

    def _in_run(self, run: re.Match[str]) -> Iterator[Span]:
        plain = self._plain
        if _HOPEFUL.search("".join(GROUP.findall(run.group()))) is None:
            return
        groups = [found.span() for found in GROUP.finditer(plain, run.start(), run.end())]
        left = sum(end - start for start, end in groups)
        at = 0
        hit = False
        while at < len(groups):
            taken = singles(plain, groups, at) or best(plain, groups, at)
            if taken is None:
                at += 1
                continue
            span, used = taken
            if span is not None:
                hit = True
                left -= sum(end - start for start, end in groups[at : at + used])
                yield span
            at += used
        self.again |= hit and left >= 11


def _inside(run: re.Match[str], codes: list[tuple[int, int]]) -> bool:
    return any(start < run.end() and run.start() < end for start, end in codes)

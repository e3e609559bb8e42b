"""Digits that stand close together, as the numbers people mean by them.

A run is one or more groups of digits with little between; which neighbours are one number is told
by checksums, by how people group such numbers, and by the words around.
"""

import itertools
import re
from dataclasses import dataclass

from agent.rules.checksums import MOBILE, PROVINCES, is_card, is_id_card, is_old_id_card
from agent.rules.numberwords import (
    BEFORE,
    CARD_WORDS,
    CODE_WORDS,
    LABEL_GLUED,
    MONEY_AFTER,
    MONEY_BEFORE,
    PAPER_WORDS,
    PHONE_WORDS,
)

Span = tuple[int, int, int]
"""Start, end, and how many characters at the start stay readable."""

GROUP = re.compile(r"[0-9]++")
_MOST_GROUPS = 6
_GLUE = re.compile(r"[A-Za-z_*]")


@dataclass(frozen=True, slots=True)
class _Window:
    """Some neighbouring groups of a run, taken for one number."""

    plain: str
    start: int
    end: int
    digits: str
    sizes: tuple[int, ...]
    gaps: tuple[str, ...]

    def before(self) -> str:
        return self.plain[max(0, self.start - BEFORE) : self.start]

    @property
    def broken(self) -> bool:
        return any("\n" in gap for gap in self.gaps)


def singles(plain: str, groups: list[tuple[int, int]], at: int) -> tuple[Span | None, int] | None:
    """Digits written or spoken one by one (``1 3 8 0 0 …``): all that stand together are one."""
    if groups[at][1] - groups[at][0] != 1:
        return None
    stop = at
    while stop < len(groups) and groups[stop][1] - groups[stop][0] == 1:
        stop += 1
    number = stop - at
    if number < 11:
        return None if number < 4 else (None, number)
    window = _window(plain, groups, at, stop)
    if number > 19:
        return None, number
    private = MOBILE.fullmatch(window.digits) or is_id_card(window.digits)
    if private or is_card(window.digits):
        return (window.start, window.end, 0), number
    return None, number


def best(plain: str, groups: list[tuple[int, int]], at: int) -> tuple[Span | None, int] | None:
    """The number that begins with group ``at``: the longest that is one."""
    digits = ""
    likely: list[int] = []
    for stop in range(at, min(len(groups), at + _MOST_GROUPS)):
        start, end = groups[stop]
        if len(digits) + end - start > 19:
            break
        digits += plain[start:end]
        if len(digits) >= 11 and _is_likely(digits):
            likely.append(stop + 1)
    if not likely:
        return None
    glued = _glued_before(plain, groups, at)
    prefix = _country_code(plain, groups, at)
    for stop in reversed(likely):
        window = _window(plain, groups, at, stop)
        keep = _private(window, glued=glued, prefix=prefix)
        if keep is not None:
            end = window.end + (len(window.digits) == 17)
            return (window.start, end, keep), stop - at
    return None


def _is_likely(digits: str) -> bool:
    """Could these be a private number, whatever stands around them? Cheap, and never too strict."""
    number = len(digits)
    if number == 11:
        return digits[0] == "1" and digits[1] >= "3"
    if number in (13, 15) and digits.startswith(("86", "0086")):
        return True
    if number < 15:
        return False
    if number == 17 and digits[:2] in PROVINCES:
        return True
    if number in (15, 18) and digits[:2] in PROVINCES:
        return True
    return is_card(digits)


def _window(plain: str, groups: list[tuple[int, int]], at: int, stop: int) -> _Window:
    chosen = groups[at:stop]
    return _Window(
        plain,
        chosen[0][0],
        chosen[-1][1],
        "".join(plain[start:end] for start, end in chosen),
        tuple(end - start for start, end in chosen),
        tuple(plain[one[1] : two[0]] for one, two in itertools.pairwise(chosen)),
    )


def _glued_before(plain: str, groups: list[tuple[int, int]], at: int) -> bool:
    """Is the group the tail of a longer code (``GW-2026-…``, ``SN138…``)?"""
    start = groups[at][0]
    last = plain[start - 1 : start]
    if not last:
        return False
    if _GLUE.match(last):
        return LABEL_GLUED.search(plain[max(0, start - 10) : start]) is None
    if last in "-\u2010\u2011\u2012\u2013.·" and start >= 2:
        earlier = plain[start - 2]
        return earlier.isascii() and (earlier.isalnum() or earlier in "_*")
    return False


def _country_code(plain: str, groups: list[tuple[int, int]], at: int) -> bool:
    """Does 86 (or +86, 0086) stand before it?"""
    if at == 0:
        return False
    start, end = groups[at - 1]
    return plain[start:end] in ("86", "0086")


def _private(window: _Window, *, glued: bool, prefix: bool) -> int | None:
    """How many characters at its start may stay if the window is a private number; else None."""
    after = window.plain[window.end : window.end + 6]
    digits = window.digits
    if len(digits) == 17 and after[:1] in ("X", "x") and not glued:
        is_whole = not after[1:2] or not (after[1].isascii() and after[1].isalnum())
        return 0 if is_whole and is_id_card(f"{digits}X") else None
    if _GLUE.match(after):
        return None
    if not glued or prefix:
        keep = _mobile(window, after)
        if keep is not None:
            return keep
    if glued:
        return None
    if len(digits) == 18 and is_id_card(digits):
        return 0
    if len(digits) == 15 and is_old_id_card(digits) and PAPER_WORDS.search(window.before()):
        return 0
    return 0 if is_card(digits) and _grouped_as_card(window) else None


def _mobile(window: _Window, after: str) -> int | None:
    digits, sizes = window.digits, window.sizes
    keep = 3
    for code in ("0086", "86"):
        if digits.startswith(code) and len(digits) == len(code) + 11:
            if sizes[0] == len(code):
                sizes = sizes[1:]
            elif sizes[0] > len(code):
                sizes = (sizes[0] - len(code), *sizes[1:])
            digits, keep = digits[len(code) :], 0
            break
    if MOBILE.fullmatch(digits) is None or not _grouped_as_mobile(window, sizes):
        return None
    before = window.before()
    if MONEY_BEFORE.search(before) or MONEY_AFTER.match(after):
        return None
    return None if CODE_WORDS.search(before) else keep


def _grouped_as_mobile(window: _Window, sizes: tuple[int, ...]) -> bool:
    listed = any("，" in gap or "、" in gap for gap in window.gaps)
    if sizes in ((11,), (3, 4, 4)):
        return True
    if listed:
        return False
    if len(sizes) == 2:
        return min(sizes) >= 3
    hyphens = all("-" in gap for gap in window.gaps)
    said = hyphens or window.broken or PHONE_WORDS.search(window.before()) is not None
    return said and len(sizes) in (3, 4) and min(sizes) >= 2


def _grouped_as_card(window: _Window) -> bool:
    before, sizes = window.before(), window.sizes
    if CODE_WORDS.search(before) and not CARD_WORDS.search(before):
        return False
    named = CARD_WORDS.search(before) is not None
    by_four = all(size == 4 for size in sizes[:-1]) and sizes[-1] <= 4
    if len(sizes) == 1 or named or (by_four and len(window.digits) >= 16):
        return True
    if sizes == (4, 6, 5):
        return True
    return len(sizes) == 2 and (sizes[0] == 6 or window.broken)

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

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

Span = tuple[int, int, int]
"""Start, end, and how many characters at the start stay readable."""

_PASSES = 4
"""A blot may set free what it was glued to; so often is the text looked at again at most."""
_MOST_GROUPS = 6
_BEFORE = 24
"""So many characters before a number may say what it is."""

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
_GROUP = re.compile(r"[0-9]++")
_HOPEFUL = re.compile(r"1[3-9][0-9]{9}|[1-9][0-9]{14}")
"""Of all digits of a run: without this there is no number in it, however they are grouped."""
_SPOKEN = re.compile("[零〇洞一幺二三四五六七拐八九]{11,}+")
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_GLUE = re.compile(r"[A-Za-z_*]")
_LABEL_GLUED = re.compile(
    r"(?<![A-Za-z])(?:tel|mob|mobile|phone|cell|m|t|p|wechat|wx|id|no|card|passport)$",
    re.IGNORECASE,
)
_CODE_WORDS = re.compile(
    r"(?:订单|单|运单|快递|物流|发票|税|合同|料|型|批|批次|流水|序列|工单|采购|项目|图|物料|产品|设备|编码|编|凭证|交易|回单)(?:编?号|单号|码|代码|号码)?"
    r"[\s:：#＃是为（(]*$"
    r"|(?<![A-Za-z])(?:order|invoice|tracking|waybill|parcel|part|p/n|s/n|serial|sku|item|model|batch|lot|po|contract|ticket|transaction|ref(?:erence)?|project|drawing)"
    r"(?:[ \t]*(?:number|num|no\.?|id|code|#))?[\s:：#(is]*$",
    re.IGNORECASE,
)
_PAPER_WORDS = re.compile(
    r"(?:身份证|证件|护照|通行证|回乡证|台胞证|居住证|旅行证|签证)[^\n。；;]{0,10}$"
    r"|(?<![A-Za-z])(?:passport|permit|id card|id no|id number|identity|travel document|visa)[^\n.;]{0,10}$",
    re.IGNORECASE,
)
_PHONE_WORDS = re.compile(
    r"(?:手机|电话|联系方式|微信|致电|拨打|热线|号码)[^\n。；;\d]{0,6}$"
    r"|(?<![A-Za-z])(?:mobile|mob|cell|phone|tel|whatsapp|wechat|call)[^\n;\d]{0,6}$",
    re.IGNORECASE,
)
_CARD_WORDS = re.compile(
    r"(?:银行卡|卡号|账号|帐号|账户|帐户|储蓄卡|信用卡)[^\n。；;\d]{0,8}$"
    r"|(?<![A-Za-z])(?:card|account|acct|a/c)[^\n;\d]{0,10}$",
    re.IGNORECASE,
)
_MONEY_BEFORE = re.compile(r"(?:[¥￥$€£]|RMB|CNY|USD|人民币)\s?$", re.IGNORECASE)
_MONEY_AFTER = re.compile(
    r"(?:\.[0-9]{1,2}(?![0-9])|\s?(?:元|万|亿|美元|港币|RMB\b|CNY\b|USD\b))", re.IGNORECASE
)
_PAPER = re.compile(
    r"(?<![0-9A-Za-z_-])(?:[EG][0-9]{8}|E[A-HJ-NP-Z][0-9]{7})(?![0-9A-Za-z_]|-[0-9A-Za-z])"
)
_LABELLED_PAPER = re.compile(
    r"(?<![0-9A-Za-z_*-])(?:[A-Z]{1,2}[ ]?(?:[0-9]{7,10}|[0-9]{4}[ ][0-9]{4}|[0-9]{6}\([0-9A]\))|[0-9]{8})(?![0-9A-Za-z_])",
    re.IGNORECASE,
)
_PAPER_NAMED = re.compile(
    "[证照]|[PpVvTtIi](?:assport|ASSPORT|ermit|ERMIT|isa|ISA|ravel|RAVEL|dentity|DENTITY|[Dd] [CcNn])"
)
"""A paper is named at all; written so that the search for it is quick."""
_BARE_PAPER_WORDS = re.compile(r"(?:通行证|台胞证|回乡证|permit)[^\n。；;]{0,10}$", re.IGNORECASE)
"""Permits of Taiwan compatriots are eight digits and no letter; so is a date."""

_PROVINCES = frozenset(
    [
        "11",
        "12",
        "13",
        "14",
        "15",
        "21",
        "22",
        "23",
        "31",
        "32",
        "33",
        "34",
        "35",
        "36",
        "37",
        "41",
        "42",
        "43",
        "44",
        "45",
        "46",
        "50",
        "51",
        "52",
        "53",
        "54",
        "61",
        "62",
        "63",
        "64",
        "65",
        "71",
        "81",
        "82",
        "83",
        "91",
    ]
)
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECK = "10X98765432"
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_CARD_BEGINS = re.compile(r"62|4|5[1-5]|2[2-7]2|35[2-8]|3[47]|6[0589]|955")
_LUHN = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_MOBILE = re.compile(r"1[3-9][0-9]{9}")


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
        for found in _papers(plain):
            self.again = True
            yield found
        for said in _SPOKEN.finditer(plain):
            digits = said.group().translate(_NUMERALS)
            if _MOBILE.fullmatch(digits) or _is_id_card(digits) or _is_card(digits):
                yield said.start(), said.end(), 3 if len(digits) == 11 else 0

    def _in_run(self, run: re.Match[str]) -> Iterator[Span]:
        plain = self._plain
        if _HOPEFUL.search("".join(_GROUP.findall(run.group()))) is None:
            return
        groups = [found.span() for found in _GROUP.finditer(plain, run.start(), run.end())]
        left = sum(end - start for start, end in groups)
        at = 0
        hit = False
        while at < len(groups):
            taken = _singles(plain, groups, at) or _best(plain, groups, at)
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
        return self.plain[max(0, self.start - _BEFORE) : self.start]

    @property
    def broken(self) -> bool:
        return any("\n" in gap for gap in self.gaps)


def _singles(plain: str, groups: list[tuple[int, int]], at: int) -> tuple[Span | None, int] | None:
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
    private = _MOBILE.fullmatch(window.digits) or _is_id_card(window.digits)
    if private or _is_card(window.digits):
        return (window.start, window.end, 0), number
    return None, number


def _best(plain: str, groups: list[tuple[int, int]], at: int) -> tuple[Span | None, int] | None:
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
    if number == 17 and digits[:2] in _PROVINCES:
        return True
    if number in (15, 18) and digits[:2] in _PROVINCES:
        return True
    return _is_card(digits)


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
        return _LABEL_GLUED.search(plain[max(0, start - 10) : start]) is None
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
        return 0 if is_whole and _is_id_card(f"{digits}X") else None
    if _GLUE.match(after):
        return None
    if not glued or prefix:
        keep = _mobile(window, after)
        if keep is not None:
            return keep
    if glued:
        return None
    if len(digits) == 18 and _is_id_card(digits):
        return 0
    if len(digits) == 15 and _is_old_id_card(digits) and _PAPER_WORDS.search(window.before()):
        return 0
    return 0 if _is_card(digits) and _grouped_as_card(window) else None


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
    if _MOBILE.fullmatch(digits) is None or not _grouped_as_mobile(window, sizes):
        return None
    before = window.before()
    if _MONEY_BEFORE.search(before) or _MONEY_AFTER.match(after):
        return None
    return None if _CODE_WORDS.search(before) else keep


def _grouped_as_mobile(window: _Window, sizes: tuple[int, ...]) -> bool:
    listed = any("，" in gap or "、" in gap for gap in window.gaps)
    if sizes in ((11,), (3, 4, 4)):
        return True
    if listed:
        return False
    if len(sizes) == 2:
        return min(sizes) >= 3
    hyphens = all("-" in gap for gap in window.gaps)
    said = hyphens or window.broken or _PHONE_WORDS.search(window.before()) is not None
    return said and len(sizes) in (3, 4) and min(sizes) >= 2


def _grouped_as_card(window: _Window) -> bool:
    before, sizes = window.before(), window.sizes
    if _CODE_WORDS.search(before) and not _CARD_WORDS.search(before):
        return False
    named = _CARD_WORDS.search(before) is not None
    by_four = all(size == 4 for size in sizes[:-1]) and sizes[-1] <= 4
    if len(sizes) == 1 or named or (by_four and len(window.digits) >= 16):
        return True
    if sizes == (4, 6, 5):
        return True
    return len(sizes) == 2 and (sizes[0] == 6 or window.broken)


def _is_id_card(number: str) -> bool:
    if len(number) != 18 or number[:2] not in _PROVINCES:
        return False
    if number[6:8] not in ("18", "19", "20") or not _is_day(number[10:14]):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], _ID_WEIGHTS, strict=True))
    return _ID_CHECK[total % 11] == number[17].upper()


def _is_old_id_card(number: str) -> bool:
    return number[:2] in _PROVINCES and _is_day(number[8:12])


def _is_day(month_day: str) -> bool:
    month, day = int(month_day[:2]), int(month_day[2:])
    return 1 <= month <= 12 and 1 <= day <= _DAYS[month - 1]


def _is_card(digits: str) -> bool:
    if not (16 <= len(digits) <= 19 or (len(digits) == 15 and digits[:2] in ("34", "37"))):
        return False
    if _CARD_BEGINS.match(digits) is None or len(set(digits)) < 3:
        return False
    total = 0
    for place, char in enumerate(reversed(digits)):
        total += _LUHN[int(char)] if place % 2 else int(char)
    return total % 10 == 0


def _papers(plain: str) -> Iterator[Span]:
    for found in _PAPER.finditer(plain):
        before = plain[max(0, found.start() - _BEFORE) : found.start()]
        if not _CODE_WORDS.search(before):
            yield found.start(), found.end(), 0
    if _PAPER_NAMED.search(plain) is None:
        return
    for found in _LABELLED_PAPER.finditer(plain):
        before = plain[max(0, found.start() - _BEFORE) : found.start()]
        # The first number after the word is what the word speaks of.
        words = _BARE_PAPER_WORDS if found.group().isdigit() else _PAPER_WORDS
        if words.search(before) and _GROUP.search(before) is None:
            yield found.start(), found.end(), 0

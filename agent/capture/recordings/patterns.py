"""What the names of recordings say, as data: one list of patterns per system.

Groups of a pattern (all optional):
    date, time   digits, separators are ignored; ``date`` may hold both, years may have two digits
    peer         the other side's number
    self, ext    our number or extension
    first, second  two numbers of which the system does not say whose they are
    order        with ``first`` and ``second``: empty groups named ``to_from`` or ``from_to``
    direction    a word of ``DIRECTIONS``
    name         what the address book says
"""

import re
from dataclasses import dataclass

from pydantic_core import PydanticCustomError

from agent.capture.folders.dates import Dated, compact, date_in
from agent.contract.activity import Direction

GROUPS = frozenset(
    {"date", "time", "peer", "self", "ext", "first", "second", "to_from", "from_to"}
    | {"direction", "name", "id"}
)

DIRECTIONS: dict[str, Direction] = {
    **dict.fromkeys(("in", "inbound", "incoming", "q", "rg", "external", "↙"), "inbound"),
    **dict.fromkeys(("呼入", "来电", "接听", "被叫", "已接", "已接来电"), "inbound"),
    **dict.fromkeys(("out", "outbound", "outgoing", "dial", "↗"), "outbound"),
    **dict.fromkeys(("呼出", "去电", "拨出", "主叫", "外呼", "已拨", "已拨电话"), "outbound"),
    **dict.fromkeys(("internal", "内部", "内线"), "internal"),
}

PATTERNS: dict[str, tuple[str, ...]] = {
    # type-to-from-date-time-uniqueid; queues and ring groups stand in the place of "to"
    "freepbx": (
        (
            r"(?P<direction>force|out|in|exten|q|rg|internal|external)-(?P<to_from>)"
            r"(?P<first>[^-]*)-(?P<second>[^-]*)-(?P<date>20\d{6})-(?P<time>\d{6})(?:-(?P<id>[\d.]+))?.*"
        ),
    ),
    # [name]_from-to_date(id)
    "3cx": (
        (
            r"(?:\[(?P<name>[^\]]*)\])?_?(?P<from_to>)(?P<first>\+?\d+)-(?P<second>\+?\d+)"
            r"_(?P<date>20\d{12})(?:\((?P<id>\d+)\))?.*"
        ),
    ),
    # name(number)_date, or number(number)_date
    "xiaomi": (r"(?P<name>[^()]*)\((?P<peer>[+\d][\d -]{2,})\)_(?P<date>20\d{12}).*",),
    # name@number_date, or number_date
    "huawei": (
        r"(?P<name>[^@_]*)@(?P<peer>[+\d][\d -]{2,})_(?P<date>20\d{12}).*",
        r"(?P<peer>\+?\d{5,})_(?P<date>20\d{12}).*",
    ),
    # Call recording NAME_YYMMDD_HHMMSS
    "samsung": (
        r"(?:Call recording|通话录音|通話錄音|Voice call)[ _](?P<name>.+?)_(?P<date>\d{6})_(?P<time>\d{6}).*",
    ),
    # NAME-YYMMDDHHMM
    "oppo": (r"(?P<name>.+?)[-_](?P<date>\d{10})(?:\D.*)?",),
    # Call with NAME, exported from Notes; the name holds no time
    "iphone": (
        r"(?:Call with|Phone call with|Call Recording -) (?P<name>.+?)(?: \d{1,2})?",
        r"与[“\"]?(?P<name>.+?)[”\"]?的?通话(?:录音)?(?: \d{1,2})?",
    ),
    # date time (phone) name (number) arrow
    "cube": (
        (
            r"(?P<date>20\d\d-\d\d-\d\d) (?P<time>\d\d-\d\d-\d\d) \(\w+\) (?P<name>[^()]*?) ?"
            r"\((?P<peer>[+\d][\d -]{2,})\) ?(?P<direction>[↗↙])?.*"
        ),
    ),
}
"""Complete file names without their suffix."""

_SPECIAL = ("auto", "generic")
_DIRECTION_WORD = re.compile(
    r"(?<![A-Za-z])(inbound|incoming|outbound|outgoing|internal|in|out)(?![A-Za-z])"
    "|("
    + "|".join(sorted((w for w in DIRECTIONS if not w.isascii()), key=len, reverse=True))
    + ")",
    re.IGNORECASE,
)
_LOOSE_NUMBER = re.compile(
    r"(?<![\d.])(?:\+\d{7,15}|00\d{8,14}|0\d{2,3}-?\d{7,8}|1[3-9]\d{9}|400\d{7})(?!\d)"
)
_WITHHELD = frozenset({"anonymous", "unknown", "private", "restricted", "withheld", "s"})
_SHORT = 6
"""Extensions have at most so many digits, the numbers of customers more."""


@dataclass(frozen=True, slots=True)
class NameParts:
    """What a file name says; empty where it says nothing."""

    peer: str = ""
    own: str = ""
    name: str = ""
    direction: Direction | None = None
    dated: Dated | None = None


def checked_pattern(pattern: str) -> str:
    """``pattern`` if it is a known name or a usable regular expression, else the fault's code."""
    if pattern in PATTERNS or pattern in _SPECIAL:
        return pattern
    try:
        groups = set(re.compile(pattern).groupindex)
    except re.error as error:
        raise PydanticCustomError("setting_pattern_broken", "no regular expression") from error
    if not groups or groups - GROUPS:
        raise PydanticCustomError("setting_pattern_groups", "unknown or no groups")
    return pattern


def parse_name(stem: str, pattern: str = "auto") -> NameParts:
    """Read a file name without suffix. What the pattern does not fit is searched for loosely."""
    expressions: tuple[str, ...]
    if pattern == "auto":
        expressions = tuple(one for several in PATTERNS.values() for one in several)
    elif pattern == "generic":
        expressions = ()
    else:
        expressions = PATTERNS.get(pattern, (pattern,))
    for expression in expressions:
        found = re.fullmatch(expression, stem)
        if found is not None:
            parts = _from_groups({key: value or "" for key, value in found.groupdict().items()})
            if parts is not None:
                return parts
    return _loosely(stem)


def _from_groups(groups: dict[str, str]) -> NameParts | None:
    dated = compact(groups.get("date", ""), groups.get("time", ""))
    if groups.get("date") and dated is None:
        return None  # looked like the pattern, but 99 is no month
    direction = DIRECTIONS.get(groups.get("direction", "").lower())
    peer, own = groups.get("peer", ""), groups.get("self") or groups.get("ext", "")
    if groups.get("first") or groups.get("second"):
        peer, own, direction = _sides(groups, direction)
    name = groups.get("name", "").strip()
    if not peer and (number := _LOOSE_NUMBER.search(name.replace(" ", ""))):
        peer, name = number.group(), ""
    if peer.lower() in _WITHHELD:
        peer = ""
    return NameParts(peer, own, "" if name == peer else name, direction, dated)


def _sides(
    groups: dict[str, str], direction: Direction | None
) -> tuple[str, str, Direction | None]:
    """Whose numbers they are, by their lengths, and so which way the call went."""
    first, second = groups["first"], groups["second"]
    first_is_ours, second_is_ours = _is_extension(first), _is_extension(second)
    to_comes_first = "to_from" in groups
    if first_is_ours == second_is_ours:
        if first_is_ours and direction not in {"inbound", "outbound"}:
            return second, first, "internal"
        # Both long, or a short service number: only the system's order tells them apart.
        first_is_ours = (direction == "inbound") == to_comes_first
        return (second, first, direction) if first_is_ours else (first, second, direction)
    if first_is_ours:
        return second, first, direction or ("inbound" if to_comes_first else "outbound")
    return first, second, direction or ("outbound" if to_comes_first else "inbound")


def _is_extension(number: str) -> bool:
    return 0 < len(number) <= _SHORT and number.isdigit()


def _loosely(stem: str) -> NameParts:
    number = _LOOSE_NUMBER.search(stem)
    word = _DIRECTION_WORD.search(stem)
    return NameParts(
        peer=number.group() if number else "",
        direction=DIRECTIONS[word.group().lower()] if word else None,
        dated=date_in(stem),
    )

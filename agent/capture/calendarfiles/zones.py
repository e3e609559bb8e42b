"""Which time zone a calendar means by the name it gives it."""

import re
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

_WINDOWS = {name.lower(): zone for name, zone in WINDOWS_TO_OLSON.items()}
_WORDS = (
    (
        re.compile(r"北京|重庆|乌鲁木齐|中国|\bbeijing\b|\bchongqing\b|^prc$", re.IGNORECASE),
        "Asia/Shanghai",
    ),
    (re.compile(r"香港|\bhong kong\b", re.IGNORECASE), "Asia/Hong_Kong"),
    (re.compile(r"台北|臺北|\btaipei\b", re.IGNORECASE), "Asia/Taipei"),
    (re.compile(r"新加坡|吉隆坡|\bsingapore\b|\bkuala lumpur\b", re.IGNORECASE), "Asia/Singapore"),
    (re.compile(r"东京|大阪|札幌|\btokyo\b|\bosaka\b|\bsapporo\b", re.IGNORECASE), "Asia/Tokyo"),
    (re.compile(r"首尔|\bseoul\b", re.IGNORECASE), "Asia/Seoul"),
    (
        re.compile(
            r"协调世界时|世界标准时间|格林尼治|\bgreenwich\b|coordinated universal", re.IGNORECASE
        ),
        "UTC",
    ),
)
"""Words in the names that Outlook and phones show, in Chinese and English."""
_UTC = frozenset({"utc", "gmt", "z", "tzone://microsoft/utc", "etc/utc", "gmt+0000", "utc+0"})
_OFFSET = re.compile(
    r"^\(?(?:UTC|GMT)?\s?(?P<sign>[+\-−])(?P<h>\d{1,2})(?:[:.]?(?P<m>\d\d))?\)?", re.IGNORECASE
)
_MAX_NAME = 200


@lru_cache(maxsize=1024)
def zone_named(name: str) -> str | None:
    """The IANA name of a zone called ``name`` by Windows, Outlook, a phone, a web calendar; None
    when nobody knows it."""
    name = name.strip().strip('"')[:_MAX_NAME]
    lowered = name.lower()
    if lowered in _UTC:
        return "UTC"
    if lowered in _WINDOWS:
        return str(_WINDOWS[lowered])
    steps = name.lstrip("/").split("/")
    # Whole, or behind a vendor's prefix: /mozilla.org/20050126_1/Asia/Shanghai
    for start in range(len(steps)):
        candidate = "/".join(steps[start:])
        if ("/" in candidate or start == 0) and is_iana(candidate):
            return candidate
    for words, zone in _WORDS:
        if words.search(name):
            return zone
    return _by_offset(name)


def is_iana(name: str) -> bool:
    if not name.isascii() or len(name) < 3:
        return False
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _by_offset(name: str) -> str | None:
    found = _OFFSET.match(name)
    if found is None or int(found["m"] or 0) or int(found["h"]) > 14:
        return None
    hours = int(found["h"]) * (1 if found["sign"] == "+" else -1)
    # The Etc zones count westward. Greenwich has summer time in nobody's calendar.
    return f"Etc/GMT{-hours:+d}" if hours else "UTC"

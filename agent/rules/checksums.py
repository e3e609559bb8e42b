"""Which digits are a person's: by length, place, date and check digit, whatever stands around."""

import re

_CODES = (
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 "
    "43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83 91"
)
PROVINCES = frozenset(_CODES.split())
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECK = "10X98765432"
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_CARD_BEGINS = re.compile(r"62|4|5[1-5]|2[2-7]2|35[2-8]|3[47]|6[0589]|955")
_LUHN = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
MOBILE = re.compile(r"1[3-9][0-9]{9}")


def is_id_card(number: str) -> bool:
    if len(number) != 18 or number[:2] not in PROVINCES:
        return False
    if number[6:8] not in ("18", "19", "20") or not _is_day(number[10:14]):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], _ID_WEIGHTS, strict=True))
    return _ID_CHECK[total % 11] == number[17].upper()


def is_old_id_card(number: str) -> bool:
    return number[:2] in PROVINCES and _is_day(number[8:12])


def _is_day(month_day: str) -> bool:
    month, day = int(month_day[:2]), int(month_day[2:])
    return 1 <= month <= 12 and 1 <= day <= _DAYS[month - 1]


def is_card(digits: str) -> bool:
    if not (16 <= len(digits) <= 19 or (len(digits) == 15 and digits[:2] in ("34", "37"))):
        return False
    if _CARD_BEGINS.match(digits) is None or len(set(digits)) < 3:
        return False
    total = 0
    for place, char in enumerate(reversed(digits)):
        total += _LUHN[int(char)] if place % 2 else int(char)
    return total % 10 == 0

"""Small whole numbers as people write them: 15, 十五, 两, half a dozen English words."""

from typing import Final

_DIGITS: Final = dict(zip("零一二三四五六七八九", range(10), strict=True)) | {
    "两": 2,
    "天": 7,
    "日": 7,
}
_ENGLISH: Final = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "twelve": 12, "fifteen": 15, "thirty": 30, "couple of": 2,
    "a couple of": 2, "next couple of": 2, "the next couple of": 2, "a few": 3, "few": 3, "eleven": 11, "fourteen": 14,
    "twenty": 20, "forty-five": 45, "sixty": 60, "ninety": 90,
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16,
    "seventeenth": 17, "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30,
    "1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "forty": 40,
}  # fmt: skip
_MONTHS: Final = dict(
    zip(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
        range(1, 13),
        strict=True,
    )
)
_WEEKDAYS: Final = dict(
    zip(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), range(1, 8), strict=True)
)


def number(text: str) -> int:
    """0 to 999; ``半`` counts as 0 (half an hour is still today). Raises ``KeyError``."""
    if text.isdecimal():
        return int(text)
    if text in _ENGLISH:
        return _ENGLISH[text]
    if text == "半":
        return 0
    tens, found, ones = text.partition("十")
    if found:
        return (_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0)
    return _DIGITS[text]


def month_number(text: str) -> int:
    """1 to 12. Raises ``KeyError``."""
    return _MONTHS[text[:3]] if text[:3] in _MONTHS else number(text)


def weekday_number(text: str) -> int:
    """1 (Monday) to 7. Raises ``KeyError``."""
    return _WEEKDAYS[text[:3]] if text[:3] in _WEEKDAYS else number(text)

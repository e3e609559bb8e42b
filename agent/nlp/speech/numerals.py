"""Chinese numerals → digits, because the engine writes either: 百分之二十 or 20%, 五十万 or 50万.

Only what is surely an amount is touched: 一下, 两周, 周三, 三点四十, 十分, 万一, 千万, 三五百 and
十一 stay. Four and more digits in a row (a year, a telephone number) become digits as well.
"""

import re

_DIGITS = dict(
    zip("零〇一幺二两三四五六七八九", (0, 0, 1, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9), strict=True)
)
_UNITS = {"十": 10, "百": 100, "千": 1_000}
_D = "[一二两三四五六七八九]"

_RUN = re.compile(
    r"(?P<percent>百分之)?(?P<number>[零〇一幺二两三四五六七八九十百千万亿]+)"
    r"(?:点(?P<fraction>[零〇一二三四五六七八九]+)(?P<large>[万亿倍])?)?"
)
# 35 = 三十五, 15 = 十五, 3005 = 三千零五, 250 = 两百五: what stands before 万, 亿 or alone.
_SECTION = rf"(?:(?:{_D}千)?(?:零?{_D}百)?(?:零?{_D}十|零?一?十)?(?:零?{_D})?)"
_NUMBER = re.compile(rf"(?:({_SECTION})亿)?(?:零?({_SECTION})万)?零?({_SECTION})")
_SPELLED = re.compile(r"[零〇一幺二三四五六七八九]{4,}")
_AMOUNT = re.compile(rf"{_D}[十百千万亿]|^十{_D}?[万亿]")
# 周三十点 is Wednesday, ten o'clock; 三点四十 is twenty to four.
_NOT_AFTER = ("周", "星期", "礼拜", "点")
_TEN_BEFORE = tuple("元块天台套个人家件年%")


def to_digits(text: str) -> str:
    return _RUN.sub(_replace, text)


def _replace(found: re.Match[str]) -> str:
    number, fraction = found["number"], found["fraction"]
    if found["percent"]:
        value = 100 if number == "百" else _value(number)
        return found[0] if value is None else f"{value}{_decimals(fraction)}%{found['large'] or ''}"
    if fraction and found["large"] and number in _DIGITS:
        return f"{_DIGITS[number]}{_decimals(fraction)}{found['large']}"
    tail = found[0][len(number) :]
    if _SPELLED.fullmatch(number):
        return "".join(str(_DIGITS[digit]) for digit in number) + tail
    before, after = found.string[: found.start()], found.string[found.end("number") :]
    if before.endswith(_NOT_AFTER) or after.startswith("几"):
        return found[0]
    if not _AMOUNT.search(number) and not (
        number.startswith("十") and len(number) == 2 and after.startswith(_TEN_BEFORE)
    ):
        return found[0]
    value = _value(number)
    return found[0] if value is None else _written(value) + tail


def _decimals(fraction: str | None) -> str:
    return "." + "".join(str(_DIGITS[digit]) for digit in fraction) if fraction else ""


def _written(value: int) -> str:
    """12,800,000 is 1280万 and 35,200 is 3.52万, as people write them; 35,210 stays in digits."""
    for unit, name in ((10**8, "亿"), (10**4, "万")):
        if value >= unit and value * 100 % unit == 0:
            return f"{value / unit:.10g}{name}"
    return str(value)


def _value(number: str) -> int | None:
    """The number, or None when the characters are not one (三五百, 五十五十)."""
    whole = _NUMBER.fullmatch(number)
    if whole is None:
        return None
    hundred_millions, ten_thousands, rest = (_section(part or "") for part in whole.groups())
    # 三万五 is 35,000: a lone digit after 万 or 亿 counts the next unit.
    if len(whole[3]) == 1 and len(number) > 1 and number[-2] in "万亿":
        rest *= 10**3 if number[-2] == "万" else 10**7
    return hundred_millions * 10**8 + ten_thousands * 10**4 + rest


def _section(text: str) -> int:
    total = digit = 0
    unit = 10
    for at, char in enumerate(text):
        if char in _UNITS:
            unit = _UNITS[char]
            total += (digit if at and text[at - 1] in _DIGITS else 1) * unit
            digit = 0
        else:
            digit = _DIGITS[char]
    # 两百五 is 250, 两百零五 is 205.
    colloquial = len(text) > 2 and text[-2] in "百千" and digit
    return total + digit * (unit // 10 if colloquial else 1)

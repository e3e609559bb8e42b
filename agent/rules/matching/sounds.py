"""How Chinese characters are read: names typed by ear (赣真 for 赣珍) or in pinyin (Songjiang)."""

import os
from collections.abc import Mapping
from functools import lru_cache

_FIRST, _LAST = 0x4E00, 0x9FFF
_CLASSES = 0xE000
"""Private use area: one character a syllable."""


@lru_cache(maxsize=1)
def _readings() -> dict[int, str]:
    # Readings of phrases would cost 20 MB on every laptop; of the single characters, a few.
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
    from pypinyin import Style, pinyin_dict  # noqa: PLC0415
    from pypinyin.style import convert  # noqa: PLC0415

    return {
        point: convert(said.partition(",")[0], Style.NORMAL, strict=False)
        for point, said in pinyin_dict.pinyin_dict.items()
        if _FIRST <= point <= _LAST
    }


@lru_cache(maxsize=1)
def _table() -> Mapping[int, str]:
    classes: dict[str, str] = {}
    return {
        point: classes.setdefault(said, chr(_CLASSES + len(classes)))
        for point, said in _readings().items()
    }


def by_ear(text: str) -> str:
    """``text`` of the same length, in which characters that sound alike are alike."""
    return text.translate(_table())


def pinyin(text: str) -> tuple[str, ...]:
    """``松江`` → ``("song", "jiang")``; empty unless all characters are Chinese."""
    readings = _readings()
    found = tuple(readings.get(ord(character), "") for character in text)
    return found if all(found) else ()

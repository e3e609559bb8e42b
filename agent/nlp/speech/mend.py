"""What the engine wrote → what people write: Simplified characters, full-width marks, digits."""

import re
from functools import cache
from typing import Any

from agent.nlp.speech.numerals import to_digits
from agent.nlp.speech.transcript import Language

_WIDE = str.maketrans(",?!:;()", "，？！：；（）")
_NARROW = str.maketrans("０１２３４５６７８９％．", "0123456789%.")
_HAN = r"[㐀-鿿]"
# A mark belongs to Chinese text when Chinese stands on either side of it; "3,000", "10:30" and
# "example.com" keep theirs.
_MARK = re.compile(rf"(?<={_HAN})[ ]?[,?!:;()]|[,?!:;()](?=[ ]?{_HAN})|[,?!;](?=\s|$)")
_STOP = re.compile(rf"(?<={_HAN})\.(?!\w)|(?<=\w)\.(?=\s*{_HAN})|(?<=[\d%])\.$")
# The engine writes a space where it hears a pause and is not sure of the mark.
_PAUSE = re.compile(rf"(?<={_HAN})\s+(?={_HAN})")
_SPACE = re.compile(r"(?<=[㐀-鿿，。？！：；（）、])\s+|\s+(?=[㐀-鿿，。？！：；（）、])")


def mend(raw: str, language: Language) -> str:
    """``raw`` as it should stand in a transcript. English is only trimmed."""
    if language == "en":
        return " ".join(raw.split())
    text = _converter().convert(raw.strip()).translate(_NARROW)
    text = _MARK.sub(lambda mark: mark[0].strip().translate(_WIDE), text)
    text = _PAUSE.sub("，", _STOP.sub("。", text))
    text = _SPACE.sub("", text)
    return to_digits(text)


@cache
def _converter() -> Any:
    from opencc import OpenCC  # noqa: PLC0415 - comes with the optional engine

    return OpenCC("t2s")

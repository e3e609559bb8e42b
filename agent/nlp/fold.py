"""Lower case and one form per sign, without moving a single character.

Matching runs on the folded text while offsets index the original one, so folding must keep the
length: every replacement is one character for one character.
"""

import re

_FULL_WIDTH = {
    code: chr(code - 0xFEE0) for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF5B), 0xFF07)
}
_SIGNS = {
    **_FULL_WIDTH,
    **dict.fromkeys(map(ord, "‘’´`"), "'"),
    **dict.fromkeys(map(ord, "\u00a0\u2007\u202f\u3000\t\r\x0b\x0c\u200b\ufeff"), " "),
    **dict.fromkeys(map(ord, "‐‑–"), "-"),
}
_ODD = re.compile(f"[{re.escape(''.join(map(chr, _SIGNS)))}\ud800-\udfff]")


def _replace(match: re.Match[str]) -> str:
    # A lone surrogate cannot be encoded; the automaton needs text that can.
    return _SIGNS.get(ord(match[0]), "\ufffd")


def fold(text: str) -> str:
    """``text`` in lower case, full-width letters as ASCII, odd spaces as spaces; same length."""
    lowered = text.lower()
    if len(lowered) != len(text):  # "İ" grows
        lowered = "".join(low if len(low := char.lower()) == 1 else char for char in text)
    return _ODD.sub(_replace, lowered)

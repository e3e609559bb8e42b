"""What the first character of a line allows the line to be, so that most rules are not tried on it.

One look-up a line, the same for all rules: in Chinese text each such character is a new string to
be made and hashed, which costs more than what is then asked about it.
"""

from enum import IntFlag
from typing import Final

_REMEMBERED: Final = "\uffff"
"""Characters above are rare, and too many to keep."""


class Start(IntFlag):
    """The rules whose lines begin with this character."""

    QUOTE = 1
    LABEL = 2
    """Of a mail header; needs a colon too."""
    SMALL_PRINT = 4
    POSTSCRIPT = 8
    SPACE = 16


class LineStarts(dict[str, int]):
    """Character to its ``Start`` flags, as plain numbers."""

    def __init__(self, quote: str, label: str, small_print: str, postscript: str) -> None:
        super().__init__()
        self._openings = (
            (int(Start.QUOTE), frozenset(quote)),
            (int(Start.LABEL), frozenset(label)),
            (int(Start.SMALL_PRINT), frozenset(small_print)),
            (int(Start.POSTSCRIPT), frozenset(postscript)),
        )

    def __missing__(self, char: str) -> int:
        flags = sum(flag for flag, openings in self._openings if char in openings)
        if not char.isalnum():  # brackets and bars may stand before any small print
            flags |= int(Start.SMALL_PRINT)
        if char.isspace():
            flags |= int(Start.SPACE)
        if char <= _REMEMBERED:
            self[char] = flags
        return flags

    def of(self, lines: list[str]) -> list[int]:
        return [self[line[0]] for line in lines]

"""Where each character of a cleaned text stood in the text it was made from."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OffsetMap:
    """Runs of characters copied one to one: ``here[i] .. here[i] + length`` came from ``there[i]``.

    A character outside every run (a line break made from ``<br>``) belongs to the end of the run
    before it.
    """

    here: tuple[int, ...]
    there: tuple[int, ...]
    length: tuple[int, ...]
    source_length: int

    @classmethod
    def of(cls, runs: Iterable[tuple[int, int, int]], source_length: int) -> "OffsetMap":
        kept = [run for run in runs if run[2] > 0]
        if not kept:
            return cls((), (), (), source_length)
        here, there, length = zip(*kept, strict=True)
        return cls(here, there, length, source_length)

    def start(self, position: int) -> int:
        """The source position of the character at ``position``."""
        index = bisect_right(self.here, position) - 1
        if index < 0:
            return 0
        within = min(position - self.here[index], self.length[index])
        return min(self.there[index] + within, self.source_length)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The source span that holds ``start .. end``; never empty unless that one is."""
        first = self.start(start)
        if end <= start:
            return first, first
        return first, max(first, min(self._end(end), self.source_length))

    def _end(self, position: int) -> int:
        """One past the source position of the character before ``position``."""
        index = bisect_right(self.here, position - 1) - 1
        if index < 0:
            return 0
        return self.there[index] + min(position - self.here[index], self.length[index])

"""The words that speak for a reading: the run of text that the weights add up highest over."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from agent.nlp.sentences import clauses

_WORD: Final = 6
"""Nothing longer than this is taken in because a part of it was."""


_NO_WORDS: Final = " ,，.。;；:：!！、\"'“”‘’"


class Evidence(NamedTuple):
    start: int
    end: int


def evidence(spans: Sequence[tuple[int, int]], weights: Sequence[float], sentence: str) -> Evidence:
    """The stretch within one clause of the sentence with the greatest sum (Kadane's algorithm),
    each weight spread evenly over the characters its feature was seen in; what stands half in it
    and speaks for it is taken in whole. The whole sentence when nothing in particular speaks for
    it."""
    length = len(sentence)
    ends = [start - 1 for start, _ in clauses(sentence)[1:]]
    gains = [0.0] * length
    for (start, end), weight in zip(spans, weights, strict=True):
        if end > start and not any(start <= at < end - 1 for at in ends):
            share = weight / (end - start)
            for at in range(start, end):
                gains[at] += share
    # A little is taken off each character, so that what says nothing at the edges stays out.
    toll = sum(gain for gain in gains if gain > 0) / (4 * max(length, 1))
    best, best_start, best_end = 0.0, 0, length
    total, start = 0.0, 0
    for at, gain in enumerate(gains):
        total += gain - toll
        if total <= 0 or at in ends:
            total, start = 0.0, at + 1
        elif total > best:
            best, best_start, best_end = total, start, at + 1
    first, last = best_start, best_end
    for (start, end), weight in zip(spans, weights, strict=True):
        if weight > 0 and end - start <= _WORD and not any(start <= at < end - 1 for at in ends):
            if start < best_start < end:
                first = min(first, start)
            if start < best_end < end:
                last = max(last, end)
    said = sentence[first:last]
    return Evidence(
        first + len(said) - len(said.lstrip(_NO_WORDS)),
        last - len(said) + len(said.rstrip(_NO_WORDS)),
    )

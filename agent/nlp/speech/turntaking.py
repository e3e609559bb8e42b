"""Joins stretches of speech into turns."""

from agent.nlp.speech.audio import RATE
from agent.nlp.speech.voice import MAX_TURN_S, Stretch

PAUSE_S = 0.8
"""A longer silence ends a turn even if the same person goes on."""
SHORTEST_S = 0.3
"""Anything shorter is a click or the tail of a breath, and the engine invents words for it."""


def turns(stretches: list[Stretch]) -> list[Stretch]:
    """By start time: what one side says until the other begins, pauses, or it gets too long.

    A word thrown in while somebody speaks does not break up the turn it falls into.
    """
    joined: list[Stretch] = []
    last: dict[int, int] = {}  # channel → index of its latest turn in ``joined``
    for stretch in sorted(stretches, key=lambda s: (s.start, s.end)):
        at = last.get(stretch.channel)
        if at is not None and _continues(joined[at], stretch, joined[at + 1 :]):
            joined[at] = Stretch(stretch.channel, joined[at].start, stretch.end)
            continue
        last[stretch.channel] = len(joined)
        joined.append(stretch)
    return [turn for turn in joined if turn.seconds >= SHORTEST_S]


def _continues(turn: Stretch, after: Stretch, since: list[Stretch]) -> bool:
    answered = any(turn.end <= other.start for other in since)
    return (
        not answered
        and after.start - turn.end <= PAUSE_S * RATE
        and after.end - turn.start <= MAX_TURN_S * RATE
    )

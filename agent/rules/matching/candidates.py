"""Whom an item may belong to, and how candidates are put in order."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from agent.contract.activity import Alternative, Match, MatchReason, ParticipantRole
from agent.rules.matching.keys import Who

PROMINENCE: dict[ParticipantRole, int] = {
    "from": 0,
    "caller": 0,
    "callee": 0,
    "organizer": 1,
    "to": 2,
    "attendee": 3,
    "failed": 4,
    "cc": 5,
    "bcc": 6,
    "author": 7,
}
"""Who stands out more; one on the line is as good as one who wrote."""
TIE = 0.6
"""Factor for a candidate that another one equals."""


@dataclass(frozen=True, slots=True)
class Candidate:
    who: Who
    confidence: float
    why: MatchReason
    place: tuple[int, ...] = ()
    """Smaller stands out more: of a participant his role and turn, of a name its count."""

    @property
    def customer_id(self) -> int:
        return self.who.customer_id

    def at_most(self, confidence: float) -> "Candidate":
        return replace(self, confidence=min(self.confidence, confidence))

    def at_least(self, confidence: float) -> "Candidate":
        return replace(self, confidence=max(self.confidence, confidence))


def rank(candidate: Candidate) -> tuple[float, tuple[int, ...], int, int]:
    # The ids make the order total: the same item gives the same match on every laptop.
    who = candidate.who
    return (-candidate.confidence, candidate.place, who.customer_id, who.contact_id or 0)


def best_of_each(candidates: Iterable[Candidate]) -> list[Candidate]:
    """One candidate a customer, best first."""
    best: dict[int, Candidate] = {}
    for candidate in sorted(candidates, key=rank):
        best.setdefault(candidate.customer_id, candidate)
    return list(best.values())


def with_others(best: list[Candidate], others: Iterable[Candidate]) -> list[Candidate]:
    """The same, and behind them those of ``others`` who are not among them."""
    known = {one.customer_id for one in best}
    return best + [one for one in best_of_each(others) if one.customer_id not in known]


def chosen(one: Candidate, rest: Iterable[Candidate]) -> list[Candidate]:
    """``one`` in front; the others can no longer equal it."""
    others = [other for other in rest if other.customer_id != one.customer_id]
    return [
        one,
        *(
            other.at_most(round(other.confidence * TIE, 3))
            if other.confidence >= one.confidence
            else other
            for other in others
        ),
    ]


def tied(best: list[Candidate], equals: Iterable[int]) -> list[Candidate]:
    """Nobody can say which of these customers it is."""
    among = set(equals)
    return [
        replace(one, confidence=one.confidence * TIE) if one.customer_id in among else one
        for one in best
    ]


def match_of(best: list[Candidate]) -> Match | None:
    if not best:
        return None
    first, *rest = best
    return Match(
        customer_id=first.customer_id,
        contact_id=first.who.contact_id,
        confidence=round(first.confidence, 3),
        why=first.why,
        alternatives=tuple(
            Alternative(
                customer_id=other.customer_id, confidence=round(other.confidence, 3), why=other.why
            )
            for other in rest
        ),
    )

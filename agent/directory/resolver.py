"""Which customer an item belongs to, how sure that is, and who else it could be."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent.contract.activity import (
    Alternative,
    Kind,
    Match,
    MatchReason,
    Participant,
    ParticipantRole,
)
from agent.contract.directory import DirectoryCustomer
from agent.directory.keys import Keys, Who
from agent.directory.names import Names

EMAIL = 1.0
PHONE = 0.95
THREAD = 0.95
DOMAIN = 0.9
TITLE = 0.8
TEXT = 0.6
TIE = 0.6
"""Factor for a candidate that another one equals."""

_KINDS_BY_NAME: frozenset[Kind] = frozenset({"note", "call"})
"""Who is named in a mail is often talked about, not to; its addresses say whose it is."""
_PROMINENCE: tuple[ParticipantRole, ...] = (
    "from",
    "caller",
    "callee",
    "organizer",
    "to",
    "attendee",
    "failed",
    "cc",
    "bcc",
    "author",
)


@dataclass(frozen=True, slots=True)
class _Candidate:
    who: Who
    confidence: float
    why: MatchReason
    prominence: tuple[int, ...]
    """Smaller stands out more, among equals."""


class Resolver:
    def __init__(self, customers: Sequence[DirectoryCustomer], *, region: str = "CN") -> None:
        self._ids = frozenset(customer.id for customer in customers)
        self._keys = Keys(customers, region=region)
        self._names = Names(customers)
        self._people = {
            contact.id: contact.name for customer in customers for contact in customer.contacts
        }

    def resolve(
        self,
        participants: Sequence[Participant],
        *,
        kind: Kind,
        subject: str = "",
        text: str = "",
        hints: Sequence[str] = (),
        thread_customer: int | None = None,
    ) -> Match | None:
        """The best match, or None when no customer takes part.

        ``participants`` with their sides set: ours never tell whose it is. ``thread_customer``:
        whose the conversation was found to be. An address of the customer's own outweighs it, if
        only one customer's is there; anything weaker, or a tie, it decides.
        """
        candidates = self._by_participants(participants)
        if kind in _KINDS_BY_NAME:
            candidates += self._by_names("\n".join((subject, *hints)), TITLE, "name_in_title")
            candidates += self._by_names(text, TEXT, "name_in_text")
        best = _best_of_each(candidates)
        if thread_customer in self._ids and thread_customer is not None:
            certain = [found for found in best if found.confidence == EMAIL]
            if len(certain) != 1:
                best = _led_by_thread(best, thread_customer)
        return _match(best)

    def also(self, participants: Sequence[Participant], match: Match) -> tuple[Match, ...]:
        """Further customers of whom somebody takes part himself, beyond doubt."""
        found: dict[int, _Candidate] = {}
        for person in participants:
            own = _best_of_each(self._by_participants([person]))
            if len(own) == 1 and own[0].who.customer_id != match.customer_id:
                found.setdefault(own[0].who.customer_id, own[0])
        return tuple(
            Match(
                customer_id=other.who.customer_id,
                contact_id=other.who.contact_id,
                confidence=other.confidence,
                why=other.why,
            )
            for other in found.values()
        )

    def is_of(self, participant: Participant, customer_id: int) -> bool:
        """Does this participant's address or number belong to the customer?"""
        return any(
            found.who.customer_id == customer_id for found in self._by_participants([participant])
        )

    def name_of(self, participant: Participant) -> str:
        """The participant's name, from the directory where the item itself has none (a call)."""
        if participant.name:
            return participant.name
        found = _best_of_each(self._by_participants([participant]))
        contacts = {one.who.contact_id for one in found} - {None}
        return self._people.get(contacts.pop() or 0, "") if len(contacts) == 1 else ""

    def _by_participants(self, participants: Sequence[Participant]) -> list[_Candidate]:
        found: list[_Candidate] = []
        for person in participants:
            if person.side == "us":
                continue
            place = (_PROMINENCE.index(person.role),)
            if person.email:
                whos = self._keys.by_email(person.email)
                found += [_Candidate(who, EMAIL, "email", place) for who in whos]
                if not whos:
                    whos = self._keys.by_domain(person.email)
                    found += [_Candidate(who, DOMAIN, "domain", place) for who in whos]
            if person.phone:
                whos = self._keys.by_phone(person.phone)
                found += [_Candidate(who, PHONE, "phone", place) for who in whos]
        return found

    def _by_names(self, text: str, confidence: float, why: MatchReason) -> list[_Candidate]:
        return [
            _Candidate(Who(customer_id), confidence, why, (-count,))
            for customer_id, count in self._names.find(text).items()
        ]


def _rank(candidate: _Candidate) -> tuple[float, tuple[int, ...], int, int]:
    # The ids make the order total: the same item gives the same match on every laptop.
    who = candidate.who
    return (-candidate.confidence, candidate.prominence, who.customer_id, who.contact_id or 0)


def _best_of_each(candidates: list[_Candidate]) -> list[_Candidate]:
    """One candidate a customer, best first."""
    best: dict[int, _Candidate] = {}
    for candidate in sorted(candidates, key=_rank):
        best.setdefault(candidate.who.customer_id, candidate)
    return list(best.values())


def _led_by_thread(best: list[_Candidate], customer_id: int) -> list[_Candidate]:
    own = next((found for found in best if found.who.customer_id == customer_id), None)
    rest = [found for found in best if found.who.customer_id != customer_id]
    if own is None:
        return [_Candidate(Who(customer_id), THREAD, "thread", ()), *rest]
    return [_Candidate(own.who, max(own.confidence, THREAD), "thread", ()), *rest]


def _match(best: list[_Candidate]) -> Match | None:
    if not best:
        return None
    first, *rest = best
    tied = [other for other in rest if other.confidence == first.confidence]
    settled_by_thread = first.why == "thread"

    def confidence(candidate: _Candidate) -> float:
        is_tied = bool(tied) and not settled_by_thread
        factor = TIE if is_tied and candidate.confidence == first.confidence else 1.0
        return round(candidate.confidence * factor, 3)

    return Match(
        customer_id=first.who.customer_id,
        contact_id=first.who.contact_id,
        confidence=confidence(first),
        why=first.why,
        alternatives=tuple(
            Alternative(
                customer_id=other.who.customer_id, confidence=confidence(other), why=other.why
            )
            for other in rest
        ),
    )

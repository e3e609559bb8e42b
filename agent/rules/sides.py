"""Who stands on which side of an item, who spoke to whom, and who of them are strangers."""

from collections.abc import Iterable, Sequence

from agent.contract.activity import Direction, Kind, Participant, Side
from agent.contract.tag import Speaker
from agent.rules.identity import domain_of, is_public_domain

RECEIVING = frozenset({"to", "cc", "bcc"})
MAX_MET = 10
"""A mail to more strangers than this is a mailing, not an exchange."""


def on_side(person: Participant, side: Side) -> Participant:
    return person if person.side == side else person.model_copy(update={"side": side})


def direction_of(kind: Kind, people: Sequence[Participant]) -> Direction:
    """Who spoke to whom, from the sides of the people."""
    if kind in ("meeting", "note"):
        return "none"
    opening = next((person for person in people if person.role in ("from", "caller")), None)
    if opening is None:
        return "none"
    if opening.side != "us":
        return "inbound"
    reached = [person for person in people if person.role in RECEIVING | {"callee"}]
    if reached and all(person.side == "us" for person in reached):
        return "internal"
    return "outbound"


def speaker_of(kind: Kind, direction: Direction, people: Sequence[Participant]) -> Speaker:
    """Whose words the text is."""
    if kind == "note":
        # The rep writes, and reports what the customer said.
        return "customer"
    if kind == "meeting":
        hosts = [person.side for person in people if person.role == "organizer"]
        return "rep" if "us" in hosts else "customer" if "customer" in hosts else "unknown"
    if direction == "outbound":
        return "rep"
    senders = [person.side for person in people if person.role in ("from", "caller")]
    return "customer" if direction == "inbound" and "customer" in senders else "unknown"


def outside(people: Iterable[Participant]) -> tuple[str, ...]:
    """Addresses of those who are not ours."""
    return tuple(
        dict.fromkeys(person.email for person in people if person.email and person.side != "us")
    )


def met(people: Sequence[Participant]) -> tuple[bool, tuple[str, ...]]:
    """With whom a mail was exchanged: whether they wrote it, and their companies' domains, or
    addresses where anybody can have one. Nobody, if it is a mailing to many."""
    inbound = direction_of("mail", people) == "inbound"
    wanted = {"from"} if inbound else RECEIVING - {"bcc"}
    addresses = outside([person for person in people if person.role in wanted])
    if len(addresses) > MAX_MET:
        return inbound, ()
    parties = dict.fromkeys(
        address if is_public_domain(domain) else domain
        for address in addresses
        if (domain := domain_of(address))
    )
    return inbound, tuple(parties)

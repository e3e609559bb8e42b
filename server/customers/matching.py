"""Whose is an item that no laptop resolved: the laptops' resolver, over the database."""

from collections.abc import Sequence

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from agent.contract.activity import Kind, Match, Participant
from agent.rules.identity import domain_of, is_public_domain, normalize_phone
from agent.rules.matching.resolver import Resolver
from server.customers.directory import wire
from server.customers.models import Customer, IdentityKey, Lesson
from server.customers.visibility import may_see, visible_customers
from server.kernel.auth import Principal
from server.kernel.policy import current_policy

NAMES_UP_TO = 5_000
"""Customers whose names are looked for in texts; who sees more has to name an address."""


def resolve(
    session: Session,
    who: Principal,
    participants: Sequence[Participant],
    *,
    kind: Kind,
    subject: str = "",
    text: str = "",
    hints: Sequence[str] = (),
    thread: str | None = None,
) -> tuple[Match | None, tuple[Match, ...]]:
    """The best match among the customers this person may see, and further ones who take part."""
    region = current_policy(session).default_region
    ids = _candidates(session, who, participants, thread, region)
    seen = session.scalar(
        select(func.count()).select_from(visible_customers(who).limit(NAMES_UP_TO + 1).subquery())
    )
    query = visible_customers(who)
    if (seen or 0) > NAMES_UP_TO:
        query = query.where(Customer.id.in_(ids))
    resolver = Resolver(wire(session, list(session.scalars(query))), region=region)
    taught = resolver.taught_thread(thread)
    match = resolver.resolve(
        participants,
        kind=kind,
        subject=subject,
        text=text,
        hints=hints,
        thread_customer=taught,
        thread_taught=taught is not None,
    )
    return match, resolver.also(participants, match) if match is not None else ()


def _candidates(
    session: Session,
    who: Principal,
    participants: Sequence[Participant],
    thread: str | None,
    region: str,
) -> set[int]:
    keys: set[tuple[str, str]] = {("thread", thread)} if thread else set()
    for person in participants:
        if person.side == "us":
            continue
        if person.email:
            keys.add(("email", person.email))
            domain = domain_of(person.email)
            while "." in domain and not is_public_domain(domain):
                keys.add(("domain", domain))
                domain = domain.partition(".")[2]
        number = normalize_phone(person.phone, region) if person.phone else None
        if number:
            keys.add(("phone", number))
    found: set[int] = set()
    for table, still in ((IdentityKey, IdentityKey.until.is_(None)), (Lesson, Lesson.id > 0)):
        fits = [(table.kind == kind) & (table.value == value) for kind, value in sorted(keys)]
        if fits:
            found.update(
                session.scalars(
                    select(table.customer_id)
                    .join(Customer, Customer.id == table.customer_id)
                    .where(may_see(who), still, or_(*fits))
                )
            )
    return found

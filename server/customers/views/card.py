"""The head of a customer's page: last contact, stage, deals, people."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from agent.rules.cadence import reminder_due
from server.customers.models import Contact, Customer, Deal, IdentityKey
from server.customers.stages import CLOSED, STAGES
from server.customers.views.last import LastContact, last_contacts, names
from server.kernel.policy import current_policy


@dataclass(frozen=True, slots=True)
class ContactCard:
    name: str
    title: str
    emails: tuple[str, ...]
    phones: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class Card:
    id: int
    name: str
    stage: str
    grade: str
    region: str
    industry: str
    source: str
    owner: str
    created_at: datetime
    days: int
    due_at: datetime
    """When the owner is reminded if nothing happens before."""
    overdue: bool
    last: LastContact | None
    deals: list[Deal]
    contacts: list[ContactCard]
    aliases: tuple[str, ...]
    domains: tuple[str, ...]
    phones: tuple[str, ...]
    """The company's own, that belong to no person."""
    open_reminders: list[dict[str, Any]] = field(default_factory=list)


def read_card(session: Session, customer: Customer, now: datetime) -> Card:
    keys: dict[tuple[int | None, str], list[str]] = defaultdict(list)
    for key in session.scalars(
        select(IdentityKey).where(IdentityKey.customer_id == customer.id).order_by(IdentityKey.id)
    ):
        keys[key.contact_id, key.kind].append(key.value)
    people = session.scalars(
        select(Contact).where(Contact.customer_id == customer.id).order_by(Contact.id)
    )
    deals = list(session.scalars(select(Deal).where(Deal.customer_id == customer.id)))
    deals.sort(key=lambda deal: (deal.stage in CLOSED, -STAGES.index(deal.stage), -deal.id))
    anchor = customer.last_contacted_at or customer.created_at
    due_at = reminder_due(anchor, current_policy(session))
    closed = customer.stage in CLOSED
    return Card(
        id=customer.id,
        name=customer.name,
        stage=customer.stage,
        grade=customer.grade,
        region=customer.region,
        industry=customer.industry,
        source=customer.source,
        owner=names(session, {customer.owner_id}).get(customer.owner_id, ""),
        created_at=customer.created_at,
        days=max(0, (now - anchor).days),
        due_at=due_at,
        overdue=customer.owner_id is not None and not closed and due_at <= now,
        last=last_contacts(session, [customer]).get(customer.id),
        deals=deals,
        contacts=[
            ContactCard(
                person.name,
                person.title,
                tuple(keys[person.id, "email"]),
                tuple(keys[person.id, "phone"]),
            )
            for person in people
        ],
        aliases=tuple(keys[None, "alias"]),
        domains=tuple(keys[None, "domain"]),
        phones=tuple(keys[None, "phone"]),
    )

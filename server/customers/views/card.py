"""The head of a customer's page: last contact, stage, deals, people."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from agent.rules.cadence import reminder_due
from server.customers.absences import away
from server.customers.contacts import left
from server.customers.fields import custom_fields
from server.customers.models import Contact, Customer, CustomerTag, Deal, IdentityKey, Post
from server.customers.stages import CLOSED, STAGES
from server.customers.views.last import LastContact, last_contacts, names
from server.kernel import i18n
from server.kernel.policy import current_policy


@dataclass(frozen=True, slots=True)
class ContactCard:
    id: int
    name: str
    title: str
    emails: tuple[str, ...]
    phones: tuple[str, ...]
    wecom: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Away:
    """The owner is not there."""

    until: date
    stand_in: str


@dataclass(slots=True, kw_only=True)
class Card:
    id: int
    name: str
    stage: str
    grade: str
    region: str
    industry: str
    size: str
    source: str
    labels: tuple[str, ...]
    custom: list[tuple[str, str]]
    """The company's own fields that hold something: name and value."""
    owner: str
    away: Away | None
    left: list[tuple[Post, str, str]]
    """Who worked here before: the post, the person, the company they are at now."""
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
        select(IdentityKey)
        .where(IdentityKey.customer_id == customer.id, IdentityKey.until.is_(None))
        .order_by(IdentityKey.id)
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
        size=customer.size,
        source=customer.source,
        labels=tuple(
            session.scalars(
                select(CustomerTag.tag)
                .where(CustomerTag.customer_id == customer.id)
                .order_by(CustomerTag.tag)
            )
        ),
        custom=[
            (field.name, customer.custom[str(field.id)])
            for field in custom_fields(session)
            if customer.custom.get(str(field.id))
        ],
        away=_away(session, customer.owner_id, now.astimezone(i18n.timezone()).date()),
        left=left(session, customer.id),
        owner=names(session, {customer.owner_id}).get(customer.owner_id, ""),
        created_at=customer.created_at,
        days=max(0, (now - anchor).days),
        due_at=due_at,
        overdue=customer.owner_id is not None and not closed and due_at <= now,
        last=last_contacts(session, [customer]).get(customer.id),
        deals=deals,
        contacts=[
            ContactCard(
                person.id,
                person.name,
                person.title,
                tuple(keys[person.id, "email"]),
                tuple(keys[person.id, "phone"]),
                tuple(keys[person.id, "wecom"]),
            )
            for person in people
        ],
        aliases=tuple(keys[None, "alias"]),
        domains=tuple(keys[None, "domain"]),
        phones=tuple(keys[None, "phone"]),
    )


def _away(session: Session, owner_id: int | None, today: date) -> Away | None:
    if owner_id is None or (found := away(session, [owner_id], today).get(owner_id)) is None:
        return None
    names_of = names(session, {found.stand_in_id})
    return Away(found.last_day, names_of.get(found.stand_in_id, ""))

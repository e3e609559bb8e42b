"""The last contact of customers, as a line says it: who, when, how."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.customers.models import Activity, Contact, Customer, IdentityKey
from server.identity.models import Person


@dataclass(frozen=True, slots=True)
class LastContact:
    activity_id: UUID
    at: datetime
    kind: str
    direction: str
    reason: str
    subject: str
    by: str


def names(session: Session, ids: Collection[int | None]) -> dict[int | None, str]:
    """People's names by id; None and unknown ids are missing."""
    wanted = {key for key in ids if key is not None}
    rows = session.execute(select(Person.id, Person.name).where(Person.id.in_(wanted)))
    return {row.id: row.name for row in rows}


def last_contacts(session: Session, customers: Sequence[Customer]) -> dict[int, LastContact]:
    """By customer id; who was never contacted is missing."""
    wanted = [c.last_activity_id for c in customers if c.last_activity_id is not None]
    columns = (
        Activity.id,
        Activity.kind,
        Activity.direction,
        Activity.reason,
        Activity.subject,
        Activity.by_id,
    )
    rows = {row.id: row for row in session.execute(select(*columns).where(Activity.id.in_(wanted)))}
    people = names(session, {row.by_id for row in rows.values()})
    found = {}
    for customer in customers:
        row = rows.get(customer.last_activity_id) if customer.last_activity_id else None
        if row is not None and customer.last_contacted_at is not None:
            found[customer.id] = LastContact(
                activity_id=row.id,
                at=customer.last_contacted_at,
                kind=row.kind,
                direction=row.direction,
                reason=row.reason,
                subject=row.subject,
                by=people.get(row.by_id, ""),
            )
    return found


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom to call."""

    name: str
    phone: str


def first_phones(session: Session, customer_ids: Collection[int]) -> dict[int, Reach]:
    """By customer id: a person's number before the company's."""
    rows = session.execute(
        select(IdentityKey.customer_id, IdentityKey.value, Contact.name)
        .outerjoin(Contact, Contact.id == IdentityKey.contact_id)
        .where(
            IdentityKey.customer_id.in_(customer_ids),
            IdentityKey.kind == "phone",
            IdentityKey.until.is_(None),
        )
        .order_by(IdentityKey.contact_id.is_(None), IdentityKey.id)
    )
    found: dict[int, Reach] = {}
    for customer_id, phone, name in rows:
        found.setdefault(customer_id, Reach(name or "", phone))
    return found

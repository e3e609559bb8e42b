"""What a person's day needs from the customer files: promises that come due, what just came in."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.customers.models import Activity, ActivityCommitment, ActivityCustomer, Customer
from server.customers.visibility import may_see
from server.identity.models import Person
from server.kernel.auth import Principal

PAST, AHEAD = timedelta(days=14), timedelta(days=7)
_FRESH = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Promise:
    id: int
    customer_id: int
    customer: str
    activity_id: UUID
    text: str
    due: date
    owner: str
    """Who promised: ``rep``, ``customer`` or ``unknown``."""
    of: str
    """Whose customer it is."""
    said_at: datetime


def promises(session: Session, who: Principal, today: date, *, limit: int = 12) -> list[Promise]:
    """Promises whose day lies within the last two weeks or the coming one, the oldest first."""
    rows = session.execute(
        select(ActivityCommitment, ActivityCustomer, Customer, Person.name)
        .join(ActivityCustomer, ActivityCustomer.activity_id == ActivityCommitment.activity_id)
        .join(Customer, Customer.id == ActivityCustomer.customer_id)
        .outerjoin(Person, Person.id == Customer.owner_id)
        .where(
            may_see(who),
            ActivityCommitment.due >= today - PAST,
            ActivityCommitment.due <= today + AHEAD,
        )
        .order_by(ActivityCommitment.due, ActivityCommitment.id)
        .limit(limit * 2)
    )
    found: dict[int, Promise] = {}
    for promise, link, customer, owner in rows:
        found.setdefault(
            promise.id,
            Promise(
                id=promise.id,
                customer_id=customer.id,
                customer=customer.name,
                activity_id=promise.activity_id,
                text=promise.text,
                due=promise.due or today,
                owner=promise.owner,
                of=owner or "",
                said_at=link.occurred_at,
            ),
        )
    return list(found.values())[:limit]


@dataclass(frozen=True, slots=True)
class Fresh:
    """An item that came in lately."""

    activity_id: UUID
    customer_id: int
    customer: str
    kind: str
    direction: str
    subject: str
    counts: bool
    reason: str
    at: datetime
    recorded_at: datetime


def newest(session: Session, who: Principal, now: datetime, *, limit: int = 8) -> list[Fresh]:
    """What was captured last, imported history aside; the latest capture first."""
    rows = session.execute(
        select(
            Activity.id,
            Customer.id.label("customer_id"),
            Customer.name,
            Activity.kind,
            Activity.direction,
            Activity.subject,
            Activity.counts,
            Activity.reason,
            Activity.occurred_at,
            Activity.recorded_at,
        )
        .join(ActivityCustomer, ActivityCustomer.activity_id == Activity.id)
        .join(Customer, Customer.id == ActivityCustomer.customer_id)
        .where(may_see(who), Activity.source != "import", Activity.recorded_at > now - _FRESH)
        .order_by(Activity.recorded_at.desc(), Activity.occurred_at.desc(), Activity.id)
        .limit(limit * 2)
    )
    found: dict[UUID, Fresh] = {}
    for row in rows:
        found.setdefault(
            row.id,
            Fresh(
                activity_id=row.id,
                customer_id=row.customer_id,
                customer=row.name,
                kind=row.kind,
                direction=row.direction,
                subject=row.subject,
                counts=row.counts,
                reason=row.reason,
                at=row.occurred_at,
                recorded_at=row.recorded_at,
            ),
        )
    return list(found.values())[:limit]

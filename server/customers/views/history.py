"""What people corrected at a customer, and what can be taken back."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from server.customers.models import Correction, Customer
from server.customers.views.last import names
from server.customers.visibility import visible_customers
from server.kernel.auth import Principal


def corrections_of(session: Session, customer_id: int, *, most: int) -> list[Correction]:
    return list(
        session.scalars(
            select(Correction)
            .where(or_(Correction.from_id == customer_id, Correction.to_id == customer_id))
            .order_by(Correction.id.desc())
            .limit(most)
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    id: int
    kind: str
    at: datetime
    by: str
    other: str
    """Name of the other customer; empty when the reader may not see it."""
    came: bool
    """To this customer, rather than away from it."""
    number: int
    undone: bool


def recent(session: Session, who: Principal, customer_id: int, *, most: int = 5) -> list[Corrected]:
    rows = corrections_of(session, customer_id, most=most)
    people = names(session, {row.by_id for row in rows})
    ends = {row.from_id for row in rows} | {row.to_id for row in rows}
    seen = dict(
        session.execute(
            visible_customers(who)
            .with_only_columns(Customer.id, Customer.name)
            .where(Customer.id.in_(ends))
        ).all()
    )
    # One that became a part of this customer is this person's to know.
    seen |= dict(
        session.execute(
            select(Customer.id, Customer.name).where(
                Customer.id.in_(ends), Customer.merged_into_id == customer_id
            )
        ).all()
    )
    return [
        Corrected(
            id=row.id,
            kind=row.kind,
            at=row.at,
            by=people.get(row.by_id, ""),
            other=seen.get(row.from_id if row.to_id == customer_id else row.to_id, ""),
            came=row.to_id == customer_id,
            number=len(row.data["links"]),
            undone=row.undone_at is not None,
        )
        for row in rows
    ]

"""The list of customers: search, filters, order, keyset pages."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from server.customers.models import Customer, CustomerTag
from server.customers.search import has_tag, matches
from server.customers.stages import CLOSED, Stage
from server.customers.views.last import LastContact, last_contacts, names
from server.customers.visibility import may_see, visible_customers
from server.identity.models import Person
from server.kernel.auth import Principal
from server.kernel.paging import decode_cursor, encode_cursor, moment, row_id, words
from server.kernel.policy import current_policy

Order = Literal["quiet", "recent", "name"]
PAGE = 50
MAX_LIVE = 500
"""An open page keeps at most so many rows fresh."""

_ANCHOR = func.coalesce(Customer.last_contacted_at, Customer.created_at)
_CLOSED = case((Customer.stage.in_(CLOSED), 1), else_=0)
_KEYS: dict[Order, tuple[Any, ...]] = {
    # Nobody waits for a word on a closed deal: those come after the open ones.
    "quiet": (_CLOSED, _ANCHOR, Customer.id),
    "recent": (_ANCHOR, Customer.id),
    "name": (Customer.name, Customer.id),
}
_CURSOR: dict[Order, tuple[Callable[[Any], Any], ...]] = {
    "quiet": (row_id, moment, row_id),
    "recent": (moment, row_id),
    "name": (words, row_id),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    q: str = ""
    stage: Stage | Literal["open"] | None = None
    owner_id: int | None = None
    overdue: bool = False
    tag: str = ""
    order: Order = "quiet"

    @property
    def narrows(self) -> bool:
        return bool(self.q or self.stage or self.owner_id or self.overdue or self.tag)


@dataclass(slots=True, kw_only=True)
class Row:
    id: int
    name: str
    stage: str
    grade: str
    region: str
    owner: str
    days: int
    """Full days since the last contact; since it was created for who never had one."""
    overdue: bool
    last: LastContact | None
    created_at: datetime
    open_reminders: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Page:
    rows: list[Row]
    total: int
    cursor: str | None
    """Of the last row, when more follow."""


def list_customers(
    session: Session,
    who: Principal,
    wanted: Wanted,
    now: datetime,
    *,
    before: str | None = None,
    floor: str | None = None,
) -> Page:
    """One page after ``before``; or, with ``floor``, everything from the top down to that row."""
    remind_after = timedelta(days=current_policy(session).remind_after_days)
    query = _narrowed(session, visible_customers(who), wanted, now - remind_after)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    keys = _KEYS[wanted.order]
    if before:
        query = query.where(_beyond(wanted.order, before))
    limit = PAGE
    if floor:
        query, limit = query.where(~_beyond(wanted.order, floor)), MAX_LIVE
    order = [key.desc() if wanted.order == "recent" else key for key in keys]
    found = list(session.scalars(query.order_by(*order).limit(limit + 1)))
    page = found[:limit]
    owners = names(session, {customer.owner_id for customer in page})
    last = last_contacts(session, page)
    rows = []
    for customer in page:
        anchor = customer.last_contacted_at or customer.created_at
        rows.append(
            Row(
                id=customer.id,
                name=customer.name,
                stage=customer.stage,
                grade=customer.grade,
                region=customer.region,
                owner=owners.get(customer.owner_id, ""),
                days=max(0, (now - anchor).days),
                overdue=customer.owner_id is not None
                and customer.stage not in CLOSED
                and now - anchor >= remind_after,
                last=last.get(customer.id),
                created_at=customer.created_at,
            )
        )
    more = len(found) > limit or bool(floor)
    return Page(rows, total, _cursor(page[-1], wanted.order) if more and page else None)


def _narrowed(
    session: Session, query: Select[Customer], wanted: Wanted, overdue_since: datetime
) -> Select[Customer]:
    if wanted.q:
        query = query.where(matches(session, wanted.q))
    if wanted.stage == "open":
        query = query.where(Customer.stage.not_in(CLOSED))
    elif wanted.stage:
        query = query.where(Customer.stage == wanted.stage)
    if wanted.owner_id is not None:
        query = query.where(Customer.owner_id == wanted.owner_id)
    if wanted.tag:
        query = query.where(has_tag(wanted.tag))
    if wanted.overdue:
        query = query.where(
            Customer.owner_id.is_not(None), Customer.stage.not_in(CLOSED), overdue_since >= _ANCHOR
        )
    return query


def _cursor(customer: Customer, order: Order) -> str:
    if order == "name":
        return encode_cursor(customer.name, customer.id)
    anchor = (customer.last_contacted_at or customer.created_at).isoformat()
    if order == "recent":
        return encode_cursor(anchor, customer.id)
    return encode_cursor(int(customer.stage in CLOSED), anchor, customer.id)


def _beyond(order: Order, cursor: str) -> ColumnElement[bool]:
    """Rows after the place of ``cursor``, compared key by key."""
    keys, values = _KEYS[order], decode_cursor(cursor, *_CURSOR[order]) or ()
    steps = []
    for at, (key, value) in enumerate(zip(keys, values, strict=True)):
        farther = key < value if order == "recent" else key > value
        same = (left == right for left, right in zip(keys[:at], values[:at], strict=True))
        steps.append(and_(*same, farther))
    return or_(*steps)


def owners(session: Session, who: Principal) -> list[tuple[int, str]]:
    """Whose customers this person may see: the choices of the filter."""
    ids = visible_customers(who).with_only_columns(Customer.owner_id).distinct()
    rows = session.execute(
        select(Person.id, Person.name).where(Person.id.in_(ids)).order_by(Person.name)
    )
    return [(row.id, row.name) for row in rows]


def pick(
    session: Session, who: Principal, q: str, *, without: int, limit: int = 8
) -> list[Customer]:
    """A few customers to choose from by name."""
    query = visible_customers(who).where(Customer.id != without, matches(session, q))
    return list(session.scalars(query.order_by(Customer.name, Customer.id).limit(limit)))


def new_owners(session: Session, who: Principal) -> list[tuple[int, str]]:
    """To whom this person may give a customer."""
    query = select(Person.id, Person.name).where(
        Person.active, Person.role.in_(("rep", "manager", "admin"))
    )
    if who.role != "admin":
        query = query.where(or_(Person.id == who.user_id, Person.team_id.in_(who.team_ids)))
    return [(row.id, row.name) for row in session.execute(query.order_by(Person.name))]


def used_labels(session: Session, who: Principal, *, most: int = 40) -> list[str]:
    """Words put on the customers this person may see, the most used first."""
    query = (
        select(CustomerTag.tag)
        .join(Customer, Customer.id == CustomerTag.customer_id)
        .where(may_see(who))
        .group_by(CustomerTag.tag)
        .order_by(func.count().desc(), CustomerTag.tag)
        .limit(most)
    )
    return list(session.scalars(query))

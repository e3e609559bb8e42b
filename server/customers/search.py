"""Finding customers by the words that people type, and by their keys."""

from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from agent.rules.identity import normalize_email, normalize_phone
from server.customers.models import Contact, Customer, IdentityKey
from server.customers.visibility import visible_customers
from server.kernel.auth import Principal
from server.kernel.policy import current_policy


def matches(q: str) -> ColumnElement[bool]:
    """Name, alias, address, domain or contact holds the words; or a number holds the digits."""
    text = q.strip().replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    like = f"%{text}%"
    keys = and_(
        IdentityKey.kind.in_(("alias", "email", "domain")),
        IdentityKey.value.ilike(like, escape="\\"),
    )
    digits = "".join(char for char in q if char.isdigit())
    if len(digits) >= 4:
        keys = or_(keys, and_(IdentityKey.kind == "phone", IdentityKey.value.contains(digits)))
    return or_(
        Customer.name.ilike(like, escape="\\"),
        Customer.id.in_(select(IdentityKey.customer_id).where(keys)),
        Customer.id.in_(select(Contact.customer_id).where(Contact.name.ilike(like, escape="\\"))),
    )


def find_customers(
    session: Session,
    who: Principal,
    *,
    q: str | None = None,
    email: str | None = None,
    domain: str | None = None,
    phone: str | None = None,
    owner_id: int | None = None,
    stage: str | None = None,
    after: tuple[Any, ...] | None = None,
    limit: int,
) -> list[Customer]:
    """Visible customers by name, keyset-paged on (name, id); every criterion narrows."""
    query = visible_customers(who)
    if email is not None:
        address = normalize_email(email) or ""
        query = query.where(_has_key("email", address))
    if domain is not None:
        query = query.where(_has_key("domain", domain.strip().lower()))
    if phone is not None:
        number = normalize_phone(phone, current_policy(session).default_region) or ""
        query = query.where(_has_key("phone", number))
    if q:
        query = query.where(matches(q))
    if owner_id is not None:
        query = query.where(Customer.owner_id == owner_id)
    if stage is not None:
        query = query.where(Customer.stage == stage)
    if after is not None:
        name, last_id = after
        query = query.where(
            or_(Customer.name > name, (Customer.name == name) & (Customer.id > last_id))
        )
    return list(session.scalars(query.order_by(Customer.name, Customer.id).limit(limit)))


def _has_key(kind: str, value: str) -> Any:
    return Customer.id.in_(
        select(IdentityKey.customer_id).where(IdentityKey.kind == kind, IdentityKey.value == value)
    )

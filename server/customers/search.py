"""Finding customers by the words that people type, and by their keys."""

from typing import Any

from sqlalchemy import ColumnElement, Select, cast, false, literal, or_, select, text
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session

from agent.rules.identity import normalize_email, normalize_phone
from server.customers.models import Customer, CustomerTag, IdentityKey, SearchEntry
from server.customers.visibility import visible_customers
from server.customers.words import Asked, asked
from server.kernel.auth import Principal
from server.kernel.policy import current_policy


def entries(session: Session, wanted: Asked, column: Any) -> Select[Any]:
    """``column`` of the entries that have these words."""
    query = select(column).where(column.is_not(None))
    if not wanted:
        return query.where(false())
    if session.get_bind().dialect.name == "postgresql":
        return query.where(SearchEntry.words.op("@@")(cast(literal(wanted.postgresql), TSQUERY)))
    found = text("SELECT rowid FROM search_fts WHERE search_fts MATCH :words").bindparams(
        words=wanted.sqlite
    )
    return query.where(SearchEntry.id.in_(found.columns(SearchEntry.id).scalar_subquery()))


def matches(session: Session, q: str) -> ColumnElement[bool]:
    """Name, alias, tag, contact, address, domain or number have the words."""
    return Customer.id.in_(entries(session, asked(q), SearchEntry.customer_id))


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
    tag: str | None = None,
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
        query = query.where(matches(session, q))
    if owner_id is not None:
        query = query.where(Customer.owner_id == owner_id)
    if stage is not None:
        query = query.where(Customer.stage == stage)
    if tag is not None:
        query = query.where(has_tag(tag))
    if after is not None:
        name, last_id = after
        query = query.where(
            or_(Customer.name > name, (Customer.name == name) & (Customer.id > last_id))
        )
    return list(session.scalars(query.order_by(Customer.name, Customer.id).limit(limit)))


def has_tag(tag: str) -> ColumnElement[bool]:
    return Customer.id.in_(
        select(CustomerTag.customer_id).where(CustomerTag.tag == tag.strip()[:40])
    )


def _has_key(kind: str, value: str) -> Any:
    return Customer.id.in_(
        select(IdentityKey.customer_id).where(
            IdentityKey.kind == kind, IdentityKey.value == value, IdentityKey.until.is_(None)
        )
    )

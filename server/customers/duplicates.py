"""Is this customer in the file already? Asked before a new one is made."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from agent.rules.identity import (
    domain_of,
    is_public_domain,
    normalize_company,
    normalize_email,
    normalize_phone,
)
from server.customers.models import Customer, IdentityKey, SearchEntry
from server.customers.search import entries
from server.customers.service import NewCustomer
from server.customers.views.last import names
from server.customers.visibility import may_see
from server.customers.words import asked
from server.kernel.auth import Principal
from server.kernel.policy import current_policy

MOST = 10
_LOOKED_AT = 300


@dataclass(frozen=True, slots=True)
class Alike:
    customer_id: int
    name: str
    owner: str
    why: str
    """``email``, ``phone``, ``domain`` or ``name``: the strongest reason."""
    value: str


_STRENGTH = ("email", "phone", "domain", "name")


def alike(session: Session, who: Principal, new: NewCustomer) -> list[Alike]:
    """Customers this person may see that could be the same, the surest first. What others have
    stays unknown."""
    found: dict[int, tuple[str, str]] = {}
    keys = _keys(session, new)
    if keys:
        rows = session.execute(
            select(IdentityKey.customer_id, IdentityKey.kind, IdentityKey.value)
            .join(Customer, Customer.id == IdentityKey.customer_id)
            .where(
                may_see(who),
                IdentityKey.until.is_(None),
                or_(
                    *(
                        (IdentityKey.kind == kind) & (IdentityKey.value == value)
                        for kind, value in keys
                    )
                ),
            )
            .limit(_LOOKED_AT)
        )
        for customer_id, kind, value in sorted(rows, key=lambda row: _STRENGTH.index(row[1])):
            found.setdefault(customer_id, (kind, value))
    for customer_id, name in _same_name(session, who, new.name):
        found.setdefault(customer_id, ("name", name))
    return _told(session, found)


def _keys(session: Session, new: NewCustomer) -> list[tuple[str, str]]:
    region = current_policy(session).default_region
    emails = [normalize_email(raw) for person in new.contacts for raw in person.emails]
    phones = [normalize_phone(raw, region) for raw in new.phones]
    phones += [normalize_phone(raw, region) for person in new.contacts for raw in person.phones]
    domains = {domain.strip().lower().lstrip("@") for domain in new.domains}
    domains |= {domain_of(email) for email in emails if email}
    keys = [("email", email) for email in emails if email]
    keys += [("phone", phone) for phone in phones if phone]
    keys += [("domain", domain) for domain in domains if domain and not is_public_domain(domain)]
    return sorted(set(keys))


def _same_name(session: Session, who: Principal, name: str) -> list[tuple[int, str]]:
    """Of one name, legal form and spelling aside; a part of one, or its short name."""
    bare = normalize_company(name)
    if not bare:
        return []
    wanted = asked(bare)
    rows = session.execute(
        select(Customer.id, Customer.name)
        .where(may_see(who), Customer.id.in_(entries(session, wanted, SearchEntry.customer_id)))
        .order_by(Customer.id)
        .limit(_LOOKED_AT)
    ).all()
    aliases = session.execute(
        select(IdentityKey.customer_id, IdentityKey.value).where(
            IdentityKey.kind == "alias",
            IdentityKey.until.is_(None),
            IdentityKey.customer_id.in_([row.id for row in rows]),
        )
    ).all()
    known = {row.id: row.name for row in rows}
    return [
        (number, known[number])
        for number, text in (*known.items(), *((row[0], row[1]) for row in aliases))
        if _is_alike(bare, normalize_company(text))
    ]


def _is_alike(bare: str, other: str) -> bool:
    """Equal, or long enough to mean something and a part of the other."""
    return bare == other or (len(bare) >= (4 if bare.isascii() else 2) and bare in other)


def _told(session: Session, found: dict[int, tuple[str, str]]) -> list[Alike]:
    order = sorted(found, key=lambda number: (_STRENGTH.index(found[number][0]), number))[:MOST]
    rows: Sequence[Customer] = session.scalars(select(Customer).where(Customer.id.in_(order))).all()
    customers = {row.id: row for row in rows}
    owners = names(session, {row.owner_id for row in rows})
    return [
        Alike(
            customer_id=number,
            name=customers[number].name,
            owner=owners.get(customers[number].owner_id, ""),
            why=found[number][0],
            value=found[number][1],
        )
        for number in order
    ]

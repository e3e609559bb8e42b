"""Customers as people handle them: create, change, hand over."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from agent.rules.identity import domain_of, is_public_domain, normalize_email, normalize_phone
from server.customers.contacts import NewContact, add_contact, add_keys, contact_faults
from server.customers.deals import open_deal, refresh_stage
from server.customers.fields import checked
from server.customers.indexing import index_customers
from server.customers.models import Customer, CustomerTag, Deal, IdentityKey, OwnerChange
from server.customers.stages import CLOSED
from server.customers.versions import check
from server.customers.visibility import get_customer
from server.identity.models import Person
from server.identity.service import audit
from server.kernel.auth import Principal
from server.kernel.db import UnitOfWork
from server.kernel.errors import Forbidden, Invalid
from server.kernel.events import CustomerCreated, OwnerChanged
from server.kernel.policy import current_policy

__all__ = [
    "NewContact",
    "NewCustomer",
    "add_contact",
    "add_domains",
    "change_customer",
    "content",
    "create_customer",
    "faults",
    "hand_over",
    "open_deal",
    "refresh_stage",
]

MAX_TAGS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCustomer:
    name: str
    aliases: Sequence[str] = ()
    domains: Sequence[str] = ()
    phones: Sequence[str] = ()
    contacts: Sequence[NewContact] = ()
    grade: str = ""
    region: str = ""
    industry: str = ""
    size: str = ""
    source: str = ""
    tags: Sequence[str] = ()
    custom: dict[str, Any] = field(default_factory=dict)
    created_at: datetime | None = None
    first_deal: bool = True
    """Open one deal at ``lead``, as every new customer has."""


def create_customer(
    uow: UnitOfWork, new: NewCustomer, *, owner_id: int | None, by: Principal | None = None
) -> Customer:
    """A customer with its keys. Invalid names every bad field; a public mail domain is refused."""
    fields = faults(uow.session, new)
    custom = checked(uow.session, new.custom, fields)
    if fields:
        raise Invalid(fields=fields)
    owner = uow.session.get(Person, owner_id) if owner_id is not None else None
    customer = Customer(
        name=new.name.strip(),
        owner_id=owner_id,
        team_id=owner.team_id if owner else None,
        grade=new.grade,
        region=new.region,
        industry=new.industry,
        size=new.size,
        source=new.source,
        custom={key: value for key, value in custom.items() if value},
        created_at=new.created_at or uow.clock.now(),
        revision=uow.bump("directory"),
    )
    uow.session.add(customer)
    uow.session.flush()
    add_keys(uow.session, customer.id, None, _keys(uow.session, new))
    _set_tags(uow.session, customer.id, new.tags)
    for contact in new.contacts:
        add_contact(uow, customer, contact)
    if new.first_deal:
        open_deal(
            uow,
            customer,
            title=new.name,
            owner_id=owner_id,
            created_at=new.created_at,
            by_id=by.user_id if by else None,
        )
    index_customers(uow.session, [customer.id])
    if by is not None:
        audit(uow, by.user_id, "customer.create", f"customer/{customer.id}")
    uow.record(CustomerCreated((customer.id,)))
    uow.bump("feed")
    return customer


def faults(session: Session, new: NewCustomer) -> dict[str, str]:
    fields: dict[str, str] = {}
    if not new.name.strip():
        fields["name"] = "required"
    elif len(new.name) > 200:
        fields["name"] = "too_long"
    domains = [_domain(domain) for domain in new.domains]
    if None in domains:
        fields["domains"] = "bad_domain"
    elif any(map(is_public_domain, filter(None, domains))):
        fields["domains"] = "public_domain"
    if len(list(_phones(session, new.phones))) < len(new.phones):
        fields["phones"] = "bad_phone"
    if len(_clean(new.tags)) > MAX_TAGS:
        fields["tags"] = "too_many_tags"
    for contact in new.contacts:
        for name, fault in contact_faults(session, contact).items():
            fields[f"contacts.{name}"] = fault
    return fields


def _keys(session: Session, new: NewCustomer) -> list[tuple[str, str]]:
    keys = [("alias", alias) for alias in _clean(new.aliases)]
    keys += [("domain", domain) for domain in filter(None, map(_domain, new.domains))]
    return keys + [("phone", phone) for phone in _phones(session, new.phones)]


def _clean(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(filter(None, (text.strip() for text in texts))))


def _domain(raw: str) -> str | None:
    address = normalize_email(f"anybody@{raw.strip().lstrip('@')}")
    return domain_of(address) if address is not None else None


def _phones(session: Session, raw: Iterable[str]) -> Iterable[str]:
    region = current_policy(session).default_region
    return filter(None, (normalize_phone(phone, region) for phone in raw))


def add_domains(session: Session, customer_id: int, domains: Iterable[str]) -> None:
    """Those the customer does not have yet."""
    fresh = filter(None, map(_domain, domains))
    add_keys(session, customer_id, None, [("domain", domain) for domain in fresh])
    index_customers(session, [customer_id])


def _set_tags(session: Session, customer_id: int, tags: Iterable[str]) -> None:
    session.execute(delete(CustomerTag).where(CustomerTag.customer_id == customer_id))
    session.add_all(
        CustomerTag(customer_id=customer_id, tag=tag)
        for tag in dict.fromkeys(text[:40] for text in _clean(tags))
    )
    session.flush()


def hand_over(
    uow: UnitOfWork, customer: Customer, new_owner: Person, who: Principal | None
) -> None:
    """Give the customer, its open deals and its whole history to another person; the stage stays."""
    revision = uow.bump("directory")
    uow.session.add(
        OwnerChange(
            revision=revision,
            customer_id=customer.id,
            previous_owner_id=customer.owner_id,
            previous_team_id=customer.team_id,
            at=uow.clock.now(),
        )
    )
    audit(
        uow,
        who.user_id if who else None,
        "customer.hand_over",
        f"customer/{customer.id}",
        before=customer.owner_id,
        after=new_owner.id,
    )
    uow.session.execute(
        update(Deal)
        .where(Deal.customer_id == customer.id, Deal.stage.not_in(CLOSED))
        .values(owner_id=new_owner.id)
    )
    customer.owner_id, customer.team_id = new_owner.id, new_owner.team_id
    customer.revision = revision
    uow.record(OwnerChanged((customer.id,)))
    uow.bump("feed")


def _may_give_to(who: Principal, owner: Person) -> bool:
    if not owner.active or owner.role not in OWNERS:
        return False
    return who.role == "admin" or owner.id == who.user_id or owner.team_id in who.team_ids


OWNERS = ("rep", "manager", "admin")
"""Roles that have customers of their own."""
EDITABLE = ("name", "grade", "region", "industry", "size", "source")
_KEY_LISTS = {"aliases": "alias", "domains": "domain", "phones": "phone"}


def content(session: Session, customer: Customer) -> dict[str, Any]:
    """What can be changed of a customer itself."""
    keys: dict[str, list[str]] = {name: [] for name in _KEY_LISTS}
    lists = {kind: name for name, kind in _KEY_LISTS.items()}
    for key in session.scalars(
        select(IdentityKey)
        .where(
            IdentityKey.customer_id == customer.id,
            IdentityKey.contact_id.is_(None),
            IdentityKey.until.is_(None),
        )
        .order_by(IdentityKey.id)
    ):
        keys[lists[key.kind]].append(key.value)
    tags = session.scalars(
        select(CustomerTag.tag).where(CustomerTag.customer_id == customer.id)
    ).all()
    return {
        **{name: getattr(customer, name) for name in EDITABLE},
        "owner_id": customer.owner_id,
        "custom": dict(customer.custom),
        "tags": sorted(tags),
        **keys,
    }


def change_customer(
    uow: UnitOfWork,
    who: Principal,
    customer_id: int,
    changes: dict[str, Any],
    *,
    if_match: str | None = None,
) -> Customer:
    """Change fields, own fields and keys (each list as a whole), or the owner (managers and admins
    only). Raises Stale when ``if_match`` names another version."""
    session = uow.session
    customer = get_customer(session, who, customer_id, lock=True)
    before = content(session, customer)
    check(if_match, before)
    changes = dict(changes)
    owner_id = changes.pop("owner_id", None)
    new = NewCustomer(
        **{name: changes.get(name, before[name]) for name in (*EDITABLE, "tags", *_KEY_LISTS)}
    )
    fields = faults(session, new)
    custom = checked(session, changes.get("custom", {}), fields)
    if fields:
        raise Invalid(fields=fields)
    if owner_id is not None and owner_id != customer.owner_id:
        if not who.leads:
            raise Forbidden("managers_only")
        owner = session.get(Person, owner_id)
        if owner is None or not _may_give_to(who, owner):
            raise Invalid(fields={"owner_id": "unknown_person"})
        hand_over(uow, customer, owner, who)
    for name in EDITABLE:
        setattr(customer, name, str(getattr(new, name)).strip())
    kept = {**customer.custom, **custom}
    customer.custom = {key: value for key, value in kept.items() if value}
    if "tags" in changes:
        _set_tags(session, customer.id, new.tags)
    _keep_only(uow, customer.id, _keys(session, new))
    session.flush()
    after = content(session, customer)
    changed = {name for name in after if after[name] != before[name]} - {"owner_id"}
    if changed:
        customer.revision = uow.bump("directory")
        index_customers(session, [customer.id])
        audit(
            uow,
            who.user_id,
            "customer.change",
            f"customer/{customer.id}",
            before={name: before[name] for name in sorted(changed)},
            after={name: after[name] for name in sorted(changed)},
        )
        uow.bump("feed")
    return customer


def _keep_only(uow: UnitOfWork, customer_id: int, keys: Sequence[tuple[str, str]]) -> None:
    """The company's own keys are these from now on."""
    for key in uow.session.scalars(
        select(IdentityKey).where(
            IdentityKey.customer_id == customer_id,
            IdentityKey.contact_id.is_(None),
            IdentityKey.until.is_(None),
        )
    ):
        if (key.kind, key.value) not in keys:
            key.until = uow.clock.now()
    add_keys(uow.session, customer_id, None, keys)

"""Customers as people handle them: create, change, find, hand over, correct."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agent.rules.identity import domain_of, is_public_domain, normalize_email, normalize_phone
from server.customers.models import (
    Contact,
    Customer,
    Deal,
    IdentityKey,
    OwnerChange,
    StageChange,
)
from server.customers.stages import CLOSED, STAGES, Stage
from server.customers.visibility import get_customer
from server.identity.models import Person
from server.identity.service import audit
from server.kernel.auth import Principal
from server.kernel.db import UnitOfWork
from server.kernel.errors import Forbidden, Invalid
from server.kernel.events import CustomerCreated, OwnerChanged
from server.kernel.policy import current_policy


@dataclass(frozen=True, slots=True, kw_only=True)
class NewContact:
    name: str
    title: str = ""
    emails: Sequence[str] = ()
    phones: Sequence[str] = ()


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
    source: str = ""
    created_at: datetime | None = None
    first_deal: bool = True
    """Open one deal at ``lead``, as every new customer has."""
    extra: dict[str, Any] = field(default_factory=dict)


def create_customer(
    uow: UnitOfWork, new: NewCustomer, *, owner_id: int | None, by: Principal | None = None
) -> Customer:
    """A customer with its keys. Invalid names every bad field; a public mail domain is refused."""
    fields = faults(uow.session, new)
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
        source=new.source,
        created_at=new.created_at or uow.clock.now(),
        revision=uow.bump("directory"),
    )
    uow.session.add(customer)
    uow.session.flush()
    keys = [("alias", alias) for alias in new.aliases]
    keys += [("domain", domain) for domain in filter(None, map(_domain, new.domains))]
    keys += [("phone", phone) for phone in _phones(uow.session, new.phones)]
    _add_keys(uow.session, customer.id, None, keys)
    for contact in new.contacts:
        add_contact(uow, customer, contact)
    if new.first_deal:
        open_deal(uow, customer, title=new.name, owner_id=owner_id)
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
    for contact in new.contacts:
        if any(normalize_email(address) is None for address in contact.emails):
            fields["contacts.emails"] = "bad_email"
        if len(list(_phones(session, contact.phones))) < len(contact.phones):
            fields["contacts.phones"] = "bad_phone"
    return fields


def _domain(raw: str) -> str | None:
    address = normalize_email(f"anybody@{raw.strip()}")
    return domain_of(address) if address is not None else None


def _phones(session: Session, raw: Iterable[str]) -> Iterable[str]:
    region = current_policy(session).default_region
    return filter(None, (normalize_phone(phone, region) for phone in raw))


def add_contact(uow: UnitOfWork, customer: Customer, new: NewContact) -> Contact:
    contact = Contact(customer_id=customer.id, name=new.name, title=new.title)
    uow.session.add(contact)
    uow.session.flush()
    emails = filter(None, map(normalize_email, new.emails))
    keys = [("email", email) for email in emails]
    keys += [("phone", phone) for phone in _phones(uow.session, new.phones)]
    _add_keys(uow.session, customer.id, contact.id, keys)
    return contact


def add_domains(session: Session, customer_id: int, domains: Iterable[str]) -> None:
    """Those the customer does not have yet."""
    held = set(
        session.scalars(
            select(IdentityKey.value).where(
                IdentityKey.customer_id == customer_id, IdentityKey.kind == "domain"
            )
        )
    )
    fresh = [domain for domain in filter(None, map(_domain, domains)) if domain not in held]
    _add_keys(session, customer_id, None, [("domain", domain) for domain in fresh])


def _add_keys(
    session: Session, customer_id: int, contact_id: int | None, keys: Iterable[tuple[str, str]]
) -> None:
    session.add_all(
        IdentityKey(customer_id=customer_id, contact_id=contact_id, kind=kind, value=value)
        for kind, value in dict.fromkeys(keys)
    )


def open_deal(
    uow: UnitOfWork,
    customer: Customer,
    *,
    title: str,
    owner_id: int | None,
    stage: Stage = "lead",
    amount: Decimal | None = None,
    created_at: datetime | None = None,
    **rest: Any,
) -> Deal:
    """A new deal; its stage becomes the customer's if it leads."""
    at = created_at or uow.clock.now()
    deal = Deal(
        customer_id=customer.id,
        owner_id=owner_id,
        title=title,
        stage=stage,
        amount=amount,
        created_at=at,
        **rest,
    )
    uow.session.add(deal)
    uow.session.flush()
    uow.session.add(StageChange(deal_id=deal.id, from_stage=None, to_stage=stage, at=at))
    refresh_stage(uow, customer)
    return deal


def refresh_stage(uow: UnitOfWork, customer: Customer) -> None:
    """A customer's stage is that of the leading (furthest) open deal, else of the last closed one."""
    uow.session.flush()
    deals = uow.session.scalars(select(Deal).where(Deal.customer_id == customer.id)).all()
    if not deals:
        return
    running = [deal for deal in deals if deal.stage not in CLOSED]
    leading = (
        max(running, key=lambda deal: (STAGES.index(deal.stage), deal.id))
        if running
        else max(deals, key=lambda deal: (deal.closed_at or deal.created_at, deal.id))
    )
    if customer.stage != leading.stage:
        customer.stage = leading.stage
        customer.revision = uow.bump("directory")


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
EDITABLE = ("name", "grade", "region", "industry", "source")


def change_customer(
    uow: UnitOfWork, who: Principal, customer_id: int, changes: dict[str, Any]
) -> Customer:
    """Change plain fields, or the owner (managers and admins only)."""
    customer = get_customer(uow.session, who, customer_id)
    owner_id = changes.pop("owner_id", None)
    if owner_id is not None and owner_id != customer.owner_id:
        if not who.leads:
            raise Forbidden("managers_only")
        owner = uow.session.get(Person, owner_id)
        if owner is None or not _may_give_to(who, owner):
            raise Invalid(fields={"owner_id": "unknown_person"})
        hand_over(uow, customer, owner, who)
    before = {name: getattr(customer, name) for name in EDITABLE if name in changes}
    after = {name: changes[name] for name in before}
    if "name" in after and not str(after["name"]).strip():
        raise Invalid(fields={"name": "required"})
    if after != before:
        for name, value in after.items():
            setattr(customer, name, value)
        customer.revision = uow.bump("directory")
        audit(
            uow,
            who.user_id,
            "customer.change",
            f"customer/{customer.id}",
            before=before,
            after=after,
        )
        uow.bump("feed")
    return customer

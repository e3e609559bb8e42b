"""Customers as people handle them: create, change, find, hand over, correct."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from agent.rules.identity import is_public_domain, normalize_email, normalize_phone
from server.customers.models import (
    Activity,
    ActivityCustomer,
    ActivityTag,
    Contact,
    Customer,
    Deal,
    IdentityKey,
    OwnerChange,
    StageChange,
)
from server.customers.recording import recompute_last_contact
from server.customers.stages import CLOSED, STAGES, Stage
from server.customers.visibility import get_customer, visible_activities, visible_customers
from server.identity.models import Person
from server.identity.service import audit
from server.kernel.auth import Principal
from server.kernel.db import UnitOfWork
from server.kernel.errors import Forbidden, Invalid, NotFound
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


def create_customer(uow: UnitOfWork, new: NewCustomer, *, owner_id: int | None) -> Customer:
    """A customer with its keys. Invalid names every bad field; a public mail domain is refused."""
    fields = _faults(uow.session, new)
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
    keys += [("domain", domain.lower()) for domain in new.domains]
    keys += [("phone", phone) for phone in _phones(uow.session, new.phones)]
    _add_keys(uow.session, customer.id, None, keys)
    for contact in new.contacts:
        add_contact(uow, customer, contact)
    if new.first_deal:
        open_deal(uow, customer, title=new.name, owner_id=owner_id)
    uow.record(CustomerCreated((customer.id,)))
    uow.bump("feed")
    return customer


def _faults(session: Session, new: NewCustomer) -> dict[str, str]:
    fields: dict[str, str] = {}
    if not new.name.strip():
        fields["name"] = "required"
    elif len(new.name) > 200:
        fields["name"] = "too_long"
    if any(is_public_domain(domain) for domain in new.domains):
        fields["domains"] = "public_domain"
    for contact in new.contacts:
        if any(normalize_email(address) is None for address in contact.emails):
            fields["contacts.emails"] = "bad_email"
        if len(list(_phones(session, contact.phones))) < len(contact.phones):
            fields["contacts.phones"] = "bad_phone"
    return fields


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
        in_reach = owner is not None and (who.role == "admin" or owner.team_id in who.team_ids)
        if owner is None or not owner.active or not in_reach:
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
    after: tuple[str, int] | None = None,
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
        like = f"%{_escape_like(q.strip())}%"
        query = query.where(
            or_(
                Customer.name.ilike(like, escape="\\"),
                Customer.id.in_(
                    select(IdentityKey.customer_id).where(
                        IdentityKey.kind.in_(("alias", "email", "domain")),
                        IdentityKey.value.ilike(like, escape="\\"),
                    )
                ),
                Customer.id.in_(
                    select(Contact.customer_id).where(Contact.name.ilike(like, escape="\\"))
                ),
            )
        )
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


def _escape_like(text: str) -> str:
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")


def relink(
    uow: UnitOfWork,
    who: Principal,
    activity_id: UUID,
    customer_id: int,
    *,
    from_customer_id: int | None = None,
    whole_thread: bool = False,
) -> list[UUID]:
    """Move an activity, or its whole conversation, from one customer's timeline to another's.

    Both customers must be visible to ``who``. Last contact is computed anew for both; the move
    outlives every later revision of the item. Returns the moved activities.
    """
    activity = uow.session.scalar(visible_activities(who).where(Activity.id == activity_id))
    if activity is None:
        raise NotFound("activity_not_found")
    get_customer(uow.session, who, customer_id)
    seen = visible_customers(who).with_only_columns(Customer.id)
    here = select(ActivityCustomer).where(ActivityCustomer.customer_id.in_(seen))
    if from_customer_id is None:
        from_customer_id = uow.session.scalars(
            here.where(ActivityCustomer.activity_id == activity_id)
            .order_by(ActivityCustomer.confidence.desc())
            .with_only_columns(ActivityCustomer.customer_id)
        ).first()
    moving = here.where(ActivityCustomer.customer_id == from_customer_id)
    if whole_thread and activity.thread:
        same_thread = select(Activity.id).where(Activity.thread == activity.thread)
        moving = moving.where(ActivityCustomer.activity_id.in_(same_thread))
    else:
        moving = moving.where(ActivityCustomer.activity_id == activity_id)
    links = uow.session.scalars(moving).all()
    if from_customer_id is None or not links or from_customer_id == customer_id:
        return []
    ids = [link.activity_id for link in links]
    rows = [
        {
            "activity_id": link.activity_id,
            "customer_id": customer_id,
            "contact_id": None,
            "occurred_at": link.occurred_at,
            "counts": link.counts,
            "confidence": 1.0,
            "why": "manual",
            "alternatives": [
                {"customer_id": from_customer_id, "confidence": link.confidence, "why": link.why}
            ],
        }
        for link in links
    ]
    uow.session.execute(
        delete(ActivityCustomer).where(
            ActivityCustomer.activity_id.in_(ids),
            ActivityCustomer.customer_id.in_((from_customer_id, customer_id)),
        )
    )
    uow.session.add_all(ActivityCustomer(**row) for row in rows)
    uow.session.flush()
    audit(
        uow,
        who.user_id,
        "activity.relink",
        f"activity/{activity_id}",
        before=from_customer_id,
        after=customer_id,
        why=f"{len(ids)}",
    )
    recompute_last_contact(uow, (from_customer_id, customer_id))
    uow.bump("feed")
    return ids


def judge_tag(uow: UnitOfWork, who: Principal, tag_id: int, verdict: str) -> ActivityTag:
    """Confirm or reject a tag."""
    tag = uow.session.get(ActivityTag, tag_id)
    visible = tag is not None and uow.session.scalar(
        visible_activities(who).where(Activity.id == tag.activity_id).with_only_columns(Activity.id)
    )
    if tag is None or not visible:
        raise NotFound("tag_not_found")
    if tag.verdict != verdict:
        audit(
            uow, who.user_id, f"tag.{verdict}", f"tag/{tag_id}", before=tag.verdict, after=verdict
        )
        tag.verdict, tag.verdict_by = verdict, who.user_id
        uow.bump("feed")
    return tag

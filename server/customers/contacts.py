"""People at customers: how they are reached, and where they worked before."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agent.rules.identity import domain_of, is_public_domain, normalize_email, normalize_phone
from server.customers.indexing import index_customers
from server.customers.models import ActivityCustomer, Contact, Customer, IdentityKey, Post
from server.customers.versions import check
from server.customers.visibility import get_customer, may_see
from server.identity.service import audit
from server.kernel.auth import Principal
from server.kernel.db import UnitOfWork
from server.kernel.errors import Invalid, NotFound
from server.kernel.policy import current_policy

WAYS = {"emails": "email", "phones": "phone", "wecom": "wecom"}
"""Lists of a contact, and the kind of key each is kept as."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewContact:
    name: str
    title: str = ""
    emails: Sequence[str] = ()
    phones: Sequence[str] = ()
    wecom: Sequence[str] = ()


def normal(session: Session, way: str, raw: str) -> str | None:
    """An address, number or WeCom id as it is kept, or None when it is none."""
    if way == "emails":
        return normalize_email(raw)
    if way == "phones":
        return normalize_phone(raw, current_policy(session).default_region)
    text = raw.strip()
    return text if 0 < len(text) <= 64 and not any(map(str.isspace, text)) else None


def contact_faults(session: Session, new: NewContact) -> dict[str, str]:
    fields: dict[str, str] = {}
    if not new.name.strip():
        fields["name"] = "required"
    fields |= {
        way: fault
        for way, fault in (("emails", "bad_email"), ("phones", "bad_phone"), ("wecom", "bad_wecom"))
        if any(normal(session, way, raw) is None for raw in getattr(new, way))
    }
    return fields


def add_contact(uow: UnitOfWork, customer: Customer, new: NewContact) -> Contact:
    """Without looking at faults: what is none is left out."""
    contact = Contact(
        customer_id=customer.id, name=new.name.strip()[:120], title=new.title.strip()[:120]
    )
    uow.session.add(contact)
    uow.session.flush()
    uow.session.add(
        Post(
            contact_id=contact.id,
            customer_id=customer.id,
            title=contact.title,
            since=uow.clock.now(),
        )
    )
    add_keys(uow.session, customer.id, contact.id, _keys(uow.session, new))
    return contact


def _keys(session: Session, new: NewContact) -> list[tuple[str, str]]:
    return [
        (kind, value)
        for way, kind in WAYS.items()
        for value in (normal(session, way, raw) for raw in getattr(new, way))
        if value is not None
    ]


def add_keys(
    session: Session, customer_id: int, contact_id: int | None, keys: Iterable[tuple[str, str]]
) -> None:
    """Those not held yet; one given up before is taken up again."""
    wanted = dict.fromkeys(keys)
    if not wanted:
        return
    held = {
        (key.kind, key.value): key
        for key in session.scalars(
            select(IdentityKey).where(
                IdentityKey.customer_id == customer_id,
                IdentityKey.contact_id == contact_id
                if contact_id is not None
                else IdentityKey.contact_id.is_(None),
            )
        )
    }
    for kind, value in wanted:
        if (kind, value) in held:
            held[kind, value].until = None
        else:
            session.add(
                IdentityKey(customer_id=customer_id, contact_id=contact_id, kind=kind, value=value)
            )
    session.flush()


def get_contact(
    session: Session, who: Principal, contact_id: int, *, lock: bool = False
) -> Contact:
    """The contact, or NotFound when the company it works for is not this person's to see."""
    query = (
        select(Contact)
        .join(Customer, Customer.id == Contact.customer_id)
        .where(Contact.id == contact_id, may_see(who))
    )
    found = session.scalar(query.with_for_update(of=Contact) if lock else query)
    if found is None:
        raise NotFound("contact_not_found")
    return found


def content(session: Session, contact: Contact) -> dict[str, Any]:
    """What can be changed of a contact."""
    keys: dict[str, list[str]] = {way: [] for way in WAYS}
    ways = {kind: way for way, kind in WAYS.items()}
    for key in session.scalars(
        select(IdentityKey)
        .where(
            IdentityKey.contact_id == contact.id,
            IdentityKey.customer_id == contact.customer_id,
            IdentityKey.until.is_(None),
        )
        .order_by(IdentityKey.id)
    ):
        keys[ways[key.kind]].append(key.value)
    return {
        "name": contact.name,
        "title": contact.title,
        "customer_id": contact.customer_id,
        **keys,
    }


def create_contact(uow: UnitOfWork, who: Principal, customer_id: int, new: NewContact) -> Contact:
    customer = get_customer(uow.session, who, customer_id)
    if fields := contact_faults(uow.session, new):
        raise Invalid(fields=fields)
    contact = add_contact(uow, customer, new)
    _changed(uow, who, "contact.create", contact, None, content(uow.session, contact))
    return contact


def change_contact(
    uow: UnitOfWork,
    who: Principal,
    contact_id: int,
    changes: dict[str, Any],
    *,
    if_match: str | None = None,
) -> Contact:
    """Change name, title, ways of reaching (each list as a whole), or the company."""
    session = uow.session
    contact = get_contact(session, who, contact_id, lock=True)
    before = content(session, contact)
    check(if_match, before)
    moving_to = changes.pop("customer_id", None)
    wanted = {**before, **changes}
    new = NewContact(
        name=wanted["name"], title=wanted["title"], **{way: wanted[way] for way in WAYS}
    )
    if fields := contact_faults(session, new):
        raise Invalid(fields=fields)
    contact.name, contact.title = new.name.strip(), new.title.strip()
    is_leaving = moving_to is not None and moving_to != contact.customer_id
    if not is_leaving:
        _open_post(uow, contact).title = contact.title
    keys = _keys(session, new)
    for key in session.scalars(
        select(IdentityKey).where(
            IdentityKey.contact_id == contact.id, IdentityKey.customer_id == contact.customer_id
        )
    ):
        if (key.kind, key.value) not in keys:
            key.until = key.until or uow.clock.now()
    add_keys(session, contact.customer_id, contact.id, keys)
    if is_leaving:
        _change_company(uow, who, contact, moving_to)
    after = content(session, contact)
    if after != before:
        _changed(uow, who, "contact.change", contact, before, after)
    return contact


def _open_post(uow: UnitOfWork, contact: Contact) -> Post:
    post = uow.session.scalars(
        select(Post)
        .where(Post.contact_id == contact.id, Post.until.is_(None))
        .order_by(Post.id.desc())
    ).first()
    if post is None:
        post = Post(contact_id=contact.id, customer_id=contact.customer_id, title=contact.title)
        uow.session.add(post)
    return post


def _change_company(uow: UnitOfWork, who: Principal, contact: Contact, customer_id: int) -> None:
    """The person takes along what is the person's own: numbers, WeCom, private addresses. Addresses
    of the company left behind are given up; what was said there stays there."""
    session, now, old_id = uow.session, uow.clock.now(), contact.customer_id
    new_home = get_customer(session, who, customer_id)
    post = _open_post(uow, contact)
    post.until = now
    for key in session.scalars(
        select(IdentityKey).where(
            IdentityKey.contact_id == contact.id,
            IdentityKey.customer_id == old_id,
            IdentityKey.until.is_(None),
        )
    ):
        key.until = now
        if key.kind != "email" or is_public_domain(domain_of(key.value)):
            add_keys(session, customer_id, contact.id, [(key.kind, key.value)])
    contact.customer_id = customer_id
    session.add(
        Post(contact_id=contact.id, customer_id=customer_id, title=contact.title, since=now)
    )
    new_home.revision = uow.bump("directory")
    index_customers(session, [old_id, customer_id])
    old = session.get(Customer, old_id)
    if old is not None:
        old.revision = uow.bump("directory")


def remove_contact(
    uow: UnitOfWork, who: Principal, contact_id: int, *, if_match: str | None = None
) -> None:
    """Take a person off the file for good; what was said with them stays on the timeline."""
    session = uow.session
    contact = get_contact(session, who, contact_id, lock=True)
    before = content(session, contact)
    check(if_match, before)
    session.execute(
        update(ActivityCustomer)
        .where(ActivityCustomer.contact_id == contact.id)
        .values(contact_id=None)
        .execution_options(synchronize_session=False)
    )
    for table in (IdentityKey, Post):
        for row in session.scalars(select(table).where(table.contact_id == contact.id)):
            session.delete(row)
    session.flush()
    _changed(uow, who, "contact.remove", contact, before, None)
    session.delete(contact)


def posts(session: Session, contact_ids: Iterable[int]) -> list[tuple[Post, str]]:
    """Where these people worked before, with the company's name; the latest first."""
    rows = session.execute(
        select(Post, Customer.name)
        .join(Customer, Customer.id == Post.customer_id)
        .where(Post.contact_id.in_(list(contact_ids)), Post.until.is_not(None))
        .order_by(Post.until.desc(), Post.id.desc())
    )
    return [(row[0], row[1]) for row in rows]


def left(session: Session, customer_id: int) -> list[tuple[Post, str, str]]:
    """Who worked here before: the post, the person, and the company they are at now."""
    rows = session.execute(
        select(Post, Contact.name, Customer.name)
        .join(Contact, Contact.id == Post.contact_id)
        .join(Customer, Customer.id == Contact.customer_id)
        .where(
            Post.customer_id == customer_id,
            Post.until.is_not(None),
            Contact.customer_id != customer_id,
        )
        .order_by(Post.until.desc(), Post.id.desc())
    )
    return [(row[0], row[1], row[2]) for row in rows]


def _changed(
    uow: UnitOfWork,
    who: Principal,
    action: str,
    contact: Contact,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
) -> None:
    customer = uow.session.get_one(Customer, contact.customer_id)
    customer.revision = uow.bump("directory")
    index_customers(uow.session, [customer.id])
    audit(uow, who.user_id, action, f"contact/{contact.id}", before=before, after=after)
    uow.bump("feed")

"""The caller's customers and their identity keys, by deltas of the directory revision."""

from collections import defaultdict

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from agent.contract.directory import DirectoryContact, DirectoryCustomer, DirectoryDelta
from server.customers.lessons import taught
from server.customers.models import Contact, Customer, IdentityKey, OwnerChange
from server.customers.visibility import may_see, visible_customers
from server.identity.models import Person
from server.kernel.auth import Principal
from server.kernel.db import counter_value

PAGE = 500


def directory_delta(session: Session, who: Principal, since: int) -> DirectoryDelta:
    """What changed for this person after revision ``since``; about ``PAGE`` customers."""
    newest = counter_value(session, "directory")
    reset = since > newest
    if reset:
        since = 0
    changed = visible_customers(who).where(Customer.revision > since, Customer.revision <= newest)
    # The page ends with a whole revision: one may cover several customers.
    upto = session.scalar(
        changed.with_only_columns(Customer.revision)
        .order_by(Customer.revision)
        .offset(PAGE - 1)
        .limit(1)
    )
    if upto is None:
        upto = newest
    found = session.scalars(
        changed.where(Customer.revision <= upto).order_by(Customer.revision, Customer.id)
    )
    return DirectoryDelta(
        revision=upto,
        customers=wire(session, list(found)),
        removed=() if since == 0 else tuple(_departed(session, who, since)),
        more=upto < newest,
        reset=reset,
    )


def _departed(session: Session, who: Principal, since: int) -> list[int]:
    lost = OwnerChange.previous_owner_id == who.user_id
    if who.role == "admin":
        # Sees all, but for those that became a part of another.
        lost = OwnerChange.id > 0
    if who.role == "manager":
        lost = or_(lost, OwnerChange.previous_team_id.in_(who.team_ids))
    return list(
        session.scalars(
            select(OwnerChange.customer_id)
            .join(Customer, Customer.id == OwnerChange.customer_id)
            .where(and_(OwnerChange.revision > since, lost, ~may_see(who)))
            .distinct()
        )
    )


def wire(session: Session, customers: list[Customer]) -> tuple[DirectoryCustomer, ...]:
    """As the resolver knows them."""
    ids = [customer.id for customer in customers]
    keys: dict[tuple[int, int | None, str], list[str]] = defaultdict(list)
    for key in session.scalars(
        select(IdentityKey)
        .where(IdentityKey.customer_id.in_(ids), IdentityKey.until.is_(None))
        .order_by(IdentityKey.id)
    ):
        keys[key.customer_id, key.contact_id, key.kind].append(key.value)
    contacts: dict[int, list[Contact]] = defaultdict(list)
    for contact in session.scalars(
        select(Contact).where(Contact.customer_id.in_(ids)).order_by(Contact.id)
    ):
        contacts[contact.customer_id].append(contact)
    lessons = taught(session, ids)
    owners = dict(
        session.execute(
            select(Person.id, Person.name).where(
                Person.id.in_({customer.owner_id for customer in customers})
            )
        ).all()
    )
    return tuple(
        DirectoryCustomer(
            id=customer.id,
            name=customer.name,
            aliases=tuple(keys[customer.id, None, "alias"]),
            domains=tuple(keys[customer.id, None, "domain"]),
            phones=tuple(keys[customer.id, None, "phone"]),
            stage=customer.stage,
            taught=lessons.get(customer.id, ()),
            owner=owners.get(customer.owner_id, "") if customer.owner_id else "",
            contacts=tuple(
                DirectoryContact(
                    id=contact.id,
                    name=contact.name,
                    title=contact.title,
                    emails=tuple(keys[customer.id, contact.id, "email"]),
                    phones=tuple(keys[customer.id, contact.id, "phone"]),
                )
                for contact in contacts[customer.id]
            ),
        )
        for customer in customers
    )

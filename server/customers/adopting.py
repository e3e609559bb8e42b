"""Strangers become customers: a rep accepts what his laptop suggested."""

from collections.abc import Sequence

from sqlalchemy import or_, select

from agent.rules.identity import normalize_company, normalize_email
from server.customers.indexing import index_customers
from server.customers.models import Customer, IdentityKey
from server.customers.service import (
    NewContact,
    NewCustomer,
    add_contact,
    add_domains,
    create_customer,
    faults,
)
from server.customers.visibility import may_see, visible_customers
from server.identity.service import audit
from server.kernel.auth import Principal
from server.kernel.db import UnitOfWork
from server.kernel.errors import Invalid


def adopt(
    uow: UnitOfWork, who: Principal, *, name: str, domains: Sequence[str], emails: Sequence[str]
) -> Customer:
    """The customer that has these keys now. Invalid names every bad field.

    Only customers this person may see are looked at: what others have stays unknown.
    """
    new = NewCustomer(
        name=name,
        domains=domains,
        contacts=[NewContact(name=email.partition("@")[0], emails=[email]) for email in emails],
    )
    fields = faults(uow.session, new)
    if not domains and not emails:
        fields["domains"] = "required"
    if fields:
        raise Invalid(fields=fields)
    known = _known_by(uow, who, domains, emails)
    if known is not None:
        return known
    named = _named(uow, who, name)
    if named is None:
        return create_customer(uow, new, owner_id=who.user_id, by=who)
    named.revision = uow.bump("directory")
    add_domains(uow.session, named.id, domains)
    for contact in new.contacts:
        add_contact(uow, named, contact)
    index_customers(uow.session, [named.id])
    audit(uow, who.user_id, "customer.keys", f"customer/{named.id}", after=[*domains, *emails])
    uow.bump("feed")
    return named


def _known_by(
    uow: UnitOfWork, who: Principal, domains: Sequence[str], emails: Sequence[str]
) -> Customer | None:
    """One that has every key already: the same was asked before."""
    wanted = {("domain", domain.strip().lower()) for domain in domains}
    wanted |= {("email", address) for address in map(normalize_email, emails) if address}
    rows = uow.session.execute(
        select(IdentityKey.customer_id, IdentityKey.kind, IdentityKey.value)
        .join(Customer, Customer.id == IdentityKey.customer_id)
        .where(
            may_see(who),
            IdentityKey.until.is_(None),
            or_(
                *(
                    (IdentityKey.kind == kind) & (IdentityKey.value == value)
                    for kind, value in sorted(wanted)
                )
            ),
        )
    ).all()
    held: dict[int, set[tuple[str, str]]] = {}
    for customer_id, kind, value in rows:
        held.setdefault(customer_id, set()).add((kind, value))
    whole = [customer_id for customer_id, keys in held.items() if keys == wanted]
    return uow.session.get(Customer, min(whole)) if whole else None


def _named(uow: UnitOfWork, who: Principal, name: str) -> Customer | None:
    """Of this very name, or of one that differs only in its legal form."""
    exact = visible_customers(who).where(Customer.name == name.strip()).order_by(Customer.id)
    found = uow.session.scalars(exact.limit(1)).first()
    if found is not None:
        return found
    bare = normalize_company(name)
    alike = [
        customer
        for customer in uow.session.scalars(
            visible_customers(who).where(Customer.name.contains(bare, autoescape=True)).limit(50)
        )
        if normalize_company(customer.name) == bare
    ]
    return alike[0] if len(alike) == 1 else None

"""Whose account at the company's OpenID provider is it: by subject, at first by verified address."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.identity.credentials import LinkedAccount
from server.identity.models import Person
from server.identity.oidc import Account
from server.identity.service import audit, find_person
from server.kernel.auth import Principal
from server.kernel.db import UnitOfWork
from server.kernel.errors import Conflict, NotFound, Unauthorized


def _linked(session: Session, account: Account) -> LinkedAccount | None:
    return session.scalar(
        select(LinkedAccount).where(
            LinkedAccount.issuer == account.issuer, LinkedAccount.subject == account.subject
        )
    )


def person_for(uow: UnitOfWork, account: Account, *, link_by_email: bool) -> Person:
    """The person this account signs in. Raises Unauthorized: nobody here has it, its address is not
    verified, or the person has another account linked already."""
    link = _linked(uow.session, account)
    if link is not None:
        person = uow.session.get_one(Person, link.person_id)
        if not person.active:
            raise Unauthorized("oidc_unknown_person")
        link.used_at = uow.clock.now()
        return person
    found = find_person(uow.session, account.email) if account.email else None
    if found is None or not found.active or not link_by_email:
        raise Unauthorized("oidc_unknown_person")
    if not account.email_verified:
        raise Unauthorized("oidc_unverified")
    if _has_one(uow.session, found.id, account.issuer):
        raise Unauthorized("oidc_other_account")
    _link(uow, found.id, account, by=found.id)
    return found


def link(uow: UnitOfWork, who: Principal, account: Account) -> None:
    """Link an account to somebody who is signed in: no address needs to be verified for that."""
    there = _linked(uow.session, account)
    if there is not None and there.person_id == who.user_id:
        return
    if there is not None or _has_one(uow.session, who.user_id, account.issuer):
        raise Conflict("oidc_other_account")
    _link(uow, who.user_id, account, by=who.user_id)


def unlink(uow: UnitOfWork, who: Principal, account_id: int) -> None:
    row = uow.session.get(LinkedAccount, account_id)
    if row is None or row.person_id != who.user_id:
        raise NotFound
    uow.session.delete(row)
    audit(uow, who.user_id, "account.unlink", f"person/{who.user_id}", before=row.issuer)


def of_person(session: Session, person_id: int) -> list[LinkedAccount]:
    query = select(LinkedAccount).where(LinkedAccount.person_id == person_id)
    return list(session.scalars(query.order_by(LinkedAccount.id)))


def _has_one(session: Session, person_id: int, issuer: str) -> bool:
    query = select(LinkedAccount.id).where(
        LinkedAccount.person_id == person_id, LinkedAccount.issuer == issuer
    )
    return session.scalars(query.limit(1)).first() is not None


def _link(uow: UnitOfWork, person_id: int, account: Account, *, by: int) -> None:
    now = uow.clock.now()
    uow.session.add(
        LinkedAccount(
            person_id=person_id,
            issuer=account.issuer,
            subject=account.subject,
            email=account.email[:320],
            linked_at=now,
            used_at=now,
        )
    )
    audit(uow, by, "account.link", f"person/{person_id}", after=account.issuer)

"""What administrators do with people's accounts, and people with their own password."""

import secrets
from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from server.identity import browsers, passwords, tokens, twostep
from server.identity.credentials import PasswordLink
from server.identity.models import Person, Team
from server.identity.service import audit, digest, join_team
from server.kernel.auth import ROLES, Principal
from server.kernel.db import UnitOfWork
from server.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Unauthorized

LINK_HOURS = 24


def get_person(session: Session, person_id: int) -> Person:
    person = session.get(Person, person_id)
    if person is None or person.erased_at is not None:
        raise NotFound("person_not_found")
    return person


def everybody(session: Session) -> list[tuple[Person, str]]:
    """With the team each belongs to or leads; who may not sign in stands last."""
    led = {row.manager_id: row.name for row in session.scalars(select(Team))}
    rows = session.execute(
        select(Person, Team.name)
        .outerjoin(Team, Team.id == Person.team_id)
        .where(Person.erased_at.is_(None))
        .order_by(Person.active.desc(), Person.name, Person.id)
    )
    return [(person, team or led.get(person.id, "")) for person, team in rows]


def set_password(uow: UnitOfWork, person: Person, new: str, *, by: int | None, how: str) -> None:
    """Choose a new one: every browser is signed out. Raises Invalid for one that will not do."""
    fault = passwords.fault_of(new, person.email, person.name)
    if fault is None and passwords.fits(new, person.password_hash):
        fault = "password_is_the_old"
    if fault is not None:
        raise Invalid(fields={"password": fault})
    person.password_hash = passwords.hashed(new)
    person.password_changed_at = uow.clock.now()
    person.must_change_password = False
    browsers.end_everywhere(uow, person)
    # A link made before is as good as a key to the new door.
    _void_links(uow, person.id)
    audit(uow, by, "person.password", f"person/{person.id}", after=how)


def change_own_password(uow: UnitOfWork, who: Principal, current: str, new: str) -> Person:
    person = uow.session.get_one(Person, who.user_id)
    check_own_password(person, current)
    set_password(uow, person, new, by=who.user_id, how="changed")
    return person


def check_own_password(person: Person, current: str) -> None:
    """Invalid unless it is theirs. Who never had one (the company account signs them in) is let on."""
    if person.password_hash is not None and not passwords.fits(current, person.password_hash):
        raise Invalid(fields={"current": "wrong_password"})


def keep_hash_current(uow: UnitOfWork, person_id: int, password: str) -> None:
    """After a sign-in: hash anew with today's work factor where the kept hash is older."""
    person = uow.session.get_one(Person, person_id)
    if person.password_hash and passwords.is_outdated(person.password_hash):
        person.password_hash = passwords.hashed(password)


def make_link(uow: UnitOfWork, person: Person, *, by: int | None, why: str = "") -> str:
    """The secret of a link that lets this person choose a password, once, within a day. Links made
    before stop working."""
    _void_links(uow, person.id)
    secret = secrets.token_urlsafe(24)
    uow.session.add(
        PasswordLink(
            digest=digest(secret),
            person_id=person.id,
            made_by=by,
            expires_at=uow.clock.now() + timedelta(hours=LINK_HOURS),
        )
    )
    audit(uow, by, "person.link", f"person/{person.id}", why=why)
    return secret


def use_link(uow: UnitOfWork, secret: str, new: str) -> Person:
    """Spend a link for a new password. Unauthorized("bad_link") for a wrong, used or old one; a
    password that will not do leaves the link as it was."""
    now = uow.clock.now()
    person_id = uow.session.scalar(
        update(PasswordLink)
        .where(
            PasswordLink.digest == digest(secret),
            PasswordLink.used_at.is_(None),
            PasswordLink.expires_at > now,
        )
        .values(used_at=now)
        .returning(PasswordLink.person_id)
        .execution_options(synchronize_session=False)
    )
    person = uow.session.get(Person, person_id) if person_id is not None else None
    if person is None or not person.active:
        raise Unauthorized("bad_link")
    set_password(uow, person, new, by=person.id, how="link")
    return person


def _void_links(uow: UnitOfWork, person_id: int) -> None:
    uow.session.execute(
        update(PasswordLink)
        .where(PasswordLink.person_id == person_id, PasswordLink.used_at.is_(None))
        .values(used_at=uow.clock.now())
        .execution_options(synchronize_session=False)
    )


def require_new_password(uow: UnitOfWork, person: Person, *, by: int | None, why: str = "") -> None:
    """At the next page they open, nothing but choosing a new password works."""
    if not person.must_change_password:
        person.must_change_password = True
        audit(uow, by, "person.must_change_password", f"person/{person.id}", why=why)


def sign_out_everywhere(uow: UnitOfWork, person: Person, *, by: int | None, why: str = "") -> None:
    """Browsers only; devices and API tokens are revoked one by one, or by closing the account."""
    browsers.end_everywhere(uow, person)
    audit(uow, by, "person.sign_out", f"person/{person.id}", why=why)


def turn_off_two_step(uow: UnitOfWork, person: Person, *, by: int | None, why: str = "") -> None:
    twostep.turn_off(uow, person, by=by, why=why)


def set_active(
    uow: UnitOfWork, person: Person, active: bool, *, by: int | None, why: str = ""
) -> None:
    """Close an account (browsers, devices and tokens stop at once, for good) or open it again."""
    if person.active == active:
        return
    if not active:
        _keep_an_admin(uow.session, person, by)
        browsers.end_everywhere(uow, person)
        tokens.revoke_all(uow, person.id)
        _void_links(uow, person.id)
    person.active = active
    audit(
        uow,
        by,
        "person.open" if active else "person.close",
        f"person/{person.id}",
        before=not active,
        after=active,
        why=why,
    )
    uow.bump("directory")


def change_role(
    uow: UnitOfWork, person: Person, role: str, team: str, *, by: int | None, why: str = ""
) -> None:
    """Another role or team. Sessions go on with the new rights; a token keeps no more than them."""
    if role not in ROLES:
        raise Invalid(fields={"role": "unknown_role"})
    led = uow.session.scalar(select(Team).where(Team.manager_id == person.id))
    own = uow.session.get(Team, person.team_id) if person.team_id is not None else None
    before = [person.role, (led or own).name if led or own else ""]  # type: ignore[union-attr]
    after = [role, team.strip()]
    if after == before:
        return
    if person.role == "admin" and role != "admin":
        _keep_an_admin(uow.session, person, by)
    if led is not None:
        led.manager_id = None
    person.role, person.team_id = role, None
    uow.session.flush()
    if after[1]:
        join_team(uow, person, after[1])
    audit(uow, by, "person.role", f"person/{person.id}", before=before, after=after, why=why)
    uow.bump("directory")


def _keep_an_admin(session: Session, person: Person, by: int | None) -> None:
    if person.id == by:
        raise Forbidden("not_oneself")
    admins = session.scalar(
        select(func.count()).select_from(Person).where(Person.role == "admin", Person.active)
    )
    if person.role == "admin" and person.active and admins == 1:
        raise Conflict("last_admin")

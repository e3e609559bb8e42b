"""Browsers that are signed in: begun, listed, ended."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from server.identity.credentials import BrowserSession
from server.identity.models import Person
from server.identity.service import audit, digest
from server.kernel.auth import Principal
from server.kernel.db import UnitOfWork
from server.kernel.errors import NotFound

LASTS = timedelta(days=14)
SEEN_EVERY = timedelta(minutes=5)
"""So often at most is it written down that a browser or a token was used."""

_PROGRAMS = (
    ("Edg", "Edge"),
    ("MicroMessenger", "WeChat"),
    ("wxwork", "WeCom"),
    ("DingTalk", "DingTalk"),
    ("Lark", "Feishu"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Windows", "Windows"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True)
class Standing:
    """A session that holds, with what should be written down about it, if anything."""

    person: Person
    session_id: int
    noticed: Callable[[UnitOfWork], None] | None


def named(user_agent: str) -> str:
    """``Chrome · Windows``; empty for what we do not know."""
    low = user_agent.lower()
    program = next((name for mark, name in _PROGRAMS if mark.lower() in low), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return " · ".join(filter(None, (program, system)))


def begin(uow: UnitOfWork, person: Person, *, method: str, user_agent: str) -> str:
    """A new session; the secret for its cookie."""
    secret, now = secrets.token_urlsafe(32), uow.clock.now()
    row = BrowserSession(
        digest=digest(secret),
        person_id=person.id,
        epoch=person.session_epoch,
        method=method,
        browser=named(user_agent),
        created_at=now,
        seen_at=now,
        expires_at=now + LASTS,
    )
    uow.session.add(row)
    uow.session.flush()
    audit(uow, person.id, "session.begin", f"session/{row.id}", after=method)
    return secret


def standing(session: Session, secret: str, now: datetime) -> Standing | None:
    """The session of this secret, unless it ended: by hand, by time, by a new password."""
    found = session.execute(
        select(BrowserSession, Person)
        .join(Person, Person.id == BrowserSession.person_id)
        .where(
            BrowserSession.digest == digest(secret),
            BrowserSession.revoked_at.is_(None),
            BrowserSession.expires_at > now,
            BrowserSession.epoch == Person.session_epoch,
            Person.active,
        )
    ).one_or_none()
    if found is None:
        return None
    row, person = found
    stale = row.seen_at < now - SEEN_EVERY
    return Standing(person, row.id, _seen(row.id) if stale else None)


def _seen(session_id: int) -> Callable[[UnitOfWork], None]:
    def write(uow: UnitOfWork) -> None:
        uow.session.execute(
            update(BrowserSession)
            .where(BrowserSession.id == session_id)
            .values(seen_at=uow.clock.now())
        )

    return write


def of_person(session: Session, person_id: int, now: datetime) -> list[BrowserSession]:
    """Those that hold, the last used first."""
    return list(
        session.scalars(
            select(BrowserSession)
            .join(Person, Person.id == BrowserSession.person_id)
            .where(
                BrowserSession.person_id == person_id,
                BrowserSession.revoked_at.is_(None),
                BrowserSession.expires_at > now,
                BrowserSession.epoch == Person.session_epoch,
            )
            .order_by(BrowserSession.seen_at.desc(), BrowserSession.id.desc())
        )
    )


def end(uow: UnitOfWork, who: Principal, session_id: int) -> None:
    """End one of one's own sessions. NotFound for any other."""
    row = uow.session.get(BrowserSession, session_id)
    if row is None or row.person_id != who.user_id or row.revoked_at is not None:
        raise NotFound("session_not_found")
    row.revoked_at = uow.clock.now()
    audit(uow, who.user_id, "session.end", f"session/{session_id}")


def end_others(uow: UnitOfWork, who: Principal) -> int:
    """End all of one's own sessions but this one; how many."""
    ended = uow.session.scalars(
        update(BrowserSession)
        .where(
            BrowserSession.person_id == who.user_id,
            BrowserSession.id != (who.session_id or 0),
            BrowserSession.revoked_at.is_(None),
            BrowserSession.expires_at > uow.clock.now(),
        )
        .values(revoked_at=uow.clock.now())
        .returning(BrowserSession.id)
        .execution_options(synchronize_session=False)
    ).all()
    if ended:
        audit(uow, who.user_id, "session.end_others", f"person/{who.user_id}", after=len(ended))
    return len(ended)


def end_everywhere(uow: UnitOfWork, person: Person) -> None:
    """Sign this person out of every browser: none of the sessions begun until now holds."""
    person.session_epoch += 1
    uow.session.execute(
        update(BrowserSession)
        .where(BrowserSession.person_id == person.id, BrowserSession.revoked_at.is_(None))
        .values(revoked_at=uow.clock.now())
        .execution_options(synchronize_session=False)
    )
    uow.session.flush()

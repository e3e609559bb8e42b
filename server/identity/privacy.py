"""What is kept of our own people: their account, what they signed in with, what they did."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from agent.rules.identity import normalize_email
from server.identity import people
from server.identity.credentials import (
    BrowserSession,
    LinkedAccount,
    PasswordLink,
    RecoveryCode,
    SecondStep,
)
from server.identity.models import AuditEntry, Device, PairingCode, Person, Team, Token
from server.identity.service import audit
from server.kernel.db import UnitOfWork
from server.kernel.errors import Conflict, Forbidden
from server.kernel.privacy import Subject

_SECRETS = ("digest", "password_hash", "sealed")
_FOUND = 20


class Accounts:
    """The ``PrivacyPart`` of people who sign in."""

    def find(self, session: Session, query: str) -> Sequence[Subject]:
        email = normalize_email(query) if "@" in query else None
        wanted = or_(
            Person.email == (email or query.lower()), Person.name.contains(query, autoescape=True)
        )
        rows = session.scalars(
            select(Person)
            .where(wanted, Person.erased_at.is_(None))
            .order_by(Person.name, Person.id)
            .limit(_FOUND)
        )
        return [
            Subject(kind="person", ids=(row.id,), names=(row.name,), emails=(row.email,))
            for row in rows
        ]

    def export(self, session: Session, who: Subject) -> dict[str, list[dict[str, Any]]]:
        if who.kind != "person":
            return {}
        told = {"people": [_told(row) for row in _rows(session, Person, Person.id, who)]}
        for kind, table in (
            ("devices", Device),
            ("tokens", Token),
            ("sessions", BrowserSession),
            ("company_accounts", LinkedAccount),
            ("audit", AuditEntry),
        ):
            told[kind] = [_told(row) for row in _rows(session, table, table.person_id, who)]
        return told

    def erase(self, uow: UnitOfWork, who: Subject, by: int | None) -> dict[str, int]:
        if who.kind != "person":
            return {}
        session = uow.session
        counts: dict[str, int] = {}
        for person in _rows(session, Person, Person.id, who):
            if person.id == by:
                raise Forbidden("not_oneself")
            leads = session.scalar(
                select(func.count()).select_from(Team).where(Team.manager_id == person.id)
            )
            if leads:
                raise Conflict("person_leads_team")
            people.set_active(uow, person, False, by=by)
        for kind, table in (
            ("tokens", Token),
            ("devices", Device),
            ("sessions", BrowserSession),
            ("company_accounts", LinkedAccount),
            ("two_step", SecondStep),
            ("two_step", RecoveryCode),
            ("links", PasswordLink),
            ("links", PairingCode),
        ):
            gone = session.execute(
                delete(table)
                .where(table.person_id.in_(who.ids))
                .execution_options(synchronize_session=False)
            )
            counts[kind] = counts.get(kind, 0) + int(getattr(gone, "rowcount", 0))
        for person in _rows(session, Person, Person.id, who):
            person.name, person.email = f"#{person.id}", f"erased-{person.id}@erased.invalid"
            person.password_hash, person.team_id = None, None
            person.erased_at = uow.clock.now()
            audit(uow, by, "person.erase", f"person/{person.id}")
        session.flush()
        uow.bump("directory")
        return {**counts, "people": len(who.ids)}


def _rows(session: Session, table: Any, column: Any, who: Subject) -> list[Any]:
    return list(session.scalars(select(table).where(column.in_(who.ids))))


def _told(row: Any) -> dict[str, Any]:
    """Everything but what would open a door."""
    return {
        column.key: getattr(row, column.key)
        for column in row.__mapper__.columns
        if column.key not in _SECRETS
    }

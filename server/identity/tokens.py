"""API tokens and those of devices: made, listed, revoked, their use noticed."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from server.identity.models import Device, Person, Token
from server.identity.service import audit, issue_token
from server.kernel.auth import TOKEN_SCOPES, Principal, TokenScope
from server.kernel.db import UnitOfWork
from server.kernel.errors import Invalid, NotFound

LIFETIMES = (30, 90, 365, 0)
"""Days to choose from; 0 lasts until it is revoked."""


@dataclass(frozen=True, slots=True)
class TokenView:
    id: int
    person_id: int
    person: str
    label: str
    scopes: tuple[str, ...]
    device_id: int | None
    device: str
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None


def make(uow: UnitOfWork, who: Principal, *, label: str, scopes: Collection[str], days: int) -> str:
    """A token of one's own, in clear this once. Invalid names every bad field."""
    fields: dict[str, str] = {}
    wanted = [scope for scope in TOKEN_SCOPES if scope in scopes]
    if not label.strip():
        fields["label"] = "required"
    elif len(label.strip()) > 120:
        fields["label"] = "too_long"
    if not wanted or len(wanted) != len(set(scopes)) or ("admin" in wanted and who.role != "admin"):
        fields["scopes"] = "bad_scope"
    if days not in LIFETIMES:
        fields["days"] = "invalid"
    if fields:
        raise Invalid(fields=fields)
    expires = uow.clock.now() + timedelta(days=days) if days else None
    secret = issue_token(
        uow, who.user_id, label=label.strip(), scopes=_typed(wanted), expires_at=expires
    )
    after = {"label": label.strip(), "scopes": wanted, "days": days}
    audit(uow, who.user_id, "token.issue", f"person/{who.user_id}", after=after)
    return secret


def _typed(scopes: Collection[TokenScope]) -> Collection[TokenScope]:
    return scopes


def listed(session: Session, now: datetime, person_id: int | None = None) -> list[TokenView]:
    """Tokens that work: one person's, or everybody's; the newest first."""
    query = (
        select(Token, Person.name, Device.name, Device.kind)
        .join(Person, Person.id == Token.person_id)
        .outerjoin(Device, Device.id == Token.device_id)
        .where(Token.revoked_at.is_(None), Person.active)
        .where(Token.expires_at.is_(None) | (Token.expires_at > now))
        .order_by(Token.created_at.desc(), Token.id.desc())
    )
    if person_id is not None:
        query = query.where(Token.person_id == person_id)
    return [
        TokenView(
            id=token.id,
            person_id=token.person_id,
            person=person,
            label=token.label,
            scopes=tuple(token.scopes.split()),
            device_id=token.device_id,
            device=device or kind or "",
            created_at=token.created_at,
            last_used_at=token.last_used_at,
            expires_at=token.expires_at,
        )
        for token, person, device, kind in session.execute(query)
    ]


def revoke(uow: UnitOfWork, who: Principal, token_id: int) -> None:
    """One's own; an administrator anybody's. A device's token takes the device with it."""
    token = uow.session.get(Token, token_id)
    if token is None or (token.person_id != who.user_id and who.role != "admin"):
        raise NotFound("token_not_found")
    if token.revoked_at is None:
        token.revoked_at = uow.clock.now()
        audit(uow, who.user_id, "token.revoke", f"token/{token_id}", before=token.label)
        uow.bump("feed")


def revoke_by_command(uow: UnitOfWork, token_id: int) -> bool:
    """At the server's own command line; False when there is no such valid token."""
    token = uow.session.get(Token, token_id)
    if token is None or token.revoked_at is not None:
        return False
    token.revoked_at = uow.clock.now()
    audit(uow, None, "token.revoke", f"token/{token_id}", before=token.label)
    uow.bump("feed")
    return True


def revoke_all(uow: UnitOfWork, person_id: int) -> int:
    gone = uow.session.scalars(
        update(Token)
        .where(Token.person_id == person_id, Token.revoked_at.is_(None))
        .values(revoked_at=uow.clock.now())
        .returning(Token.id)
        .execution_options(synchronize_session=False)
    ).all()
    return len(gone)


def used(token_id: int) -> Callable[[UnitOfWork], None]:
    def write(uow: UnitOfWork) -> None:
        uow.session.execute(
            update(Token).where(Token.id == token_id).values(last_used_at=uow.clock.now())
        )

    return write

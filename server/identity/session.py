"""The browser's cookie: the secret of its session, and what waits for the second step."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import request
from flask import session as cookie
from sqlalchemy.orm import Session

from server.identity import browsers
from server.identity.models import Person
from server.identity.service import principal_of
from server.kernel.auth import TOKEN_SCOPES, Principal
from server.kernel.db import UnitOfWork

_SECRET, _HALF, _COMPANY = "session", "half", "company"
WAITS = timedelta(minutes=10)
"""So long a half finished sign-in is remembered."""


@dataclass(frozen=True, slots=True)
class Half:
    """Somebody whose password was right and whose second step is awaited."""

    person_id: int
    epoch: int
    method: str
    next: str


def sign_in(uow: UnitOfWork, person: Person, *, method: str) -> None:
    """Begin a session; whatever the cookie held before is gone."""
    secret = browsers.begin(
        uow, person, method=method, user_agent=request.headers.get("User-Agent", "")
    )
    cookie.clear()
    cookie[_SECRET] = secret
    cookie.permanent = True


def sign_out(uow: UnitOfWork, who: Principal | None) -> None:
    if who is not None and who.session_id is not None:
        browsers.end(uow, who, who.session_id)
    cookie.clear()


def signed_in(session: Session, now: datetime) -> tuple[Principal, browsers.Standing] | None:
    """Who the cookie's session belongs to, while it holds."""
    secret = cookie.get(_SECRET)
    found = browsers.standing(session, secret, now) if isinstance(secret, str) else None
    if found is None:
        return None
    who = principal_of(
        session,
        found.person,
        "session",
        may=frozenset(TOKEN_SCOPES),
        session_id=found.session_id,
    )
    return who, found


def wait_for_second_step(person: Person, *, method: str, then: str, now: datetime) -> None:
    cookie.clear()
    cookie[_HALF] = [person.id, person.session_epoch, method, then, now.timestamp()]


def half_signed_in(now: datetime) -> Half | None:
    kept = cookie.get(_HALF)
    if not isinstance(kept, list) or not _is_fresh(kept[-1], now):
        return None
    return Half(*kept[:-1])


def remember_company(begun: dict[str, Any], now: datetime) -> None:
    """What must come back from the OpenID provider with this browser."""
    cookie[_COMPANY] = {**begun, "at": now.timestamp()}


def company_begun(now: datetime) -> dict[str, Any] | None:
    """Once: the same answer of the provider is not taken twice."""
    kept = cookie.pop(_COMPANY, None)
    return kept if isinstance(kept, dict) and _is_fresh(kept.get("at"), now) else None


def _is_fresh(at: Any, now: datetime) -> bool:
    return isinstance(at, float) and 0 <= now.timestamp() - at <= WAITS.total_seconds()

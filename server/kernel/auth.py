"""Who is asking, and what may they see. The rules of visibility stand here and nowhere else."""

from dataclasses import dataclass
from typing import Literal, get_args

from flask import g

from server.kernel.errors import Forbidden, Unauthorized

Role = Literal["rep", "manager", "reviewer", "decider", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)

Scope = Literal["device", "api", "session"]
"""Through what somebody acts."""

TokenScope = Literal["ingest", "read", "write", "admin"]
"""What a token may do: deliver what was captured (and read what that takes), read, change, and
what only an administrator's own token may: read the audit log."""
TOKEN_SCOPES: tuple[TokenScope, ...] = get_args(TokenScope)
ORDINARY_SCOPES: frozenset[TokenScope] = frozenset(("ingest", "read", "write"))


@dataclass(frozen=True, slots=True)
class Principal:
    """The signed-in person behind a request."""

    user_id: int
    name: str
    role: Role
    team_ids: frozenset[int]
    """Teams this person leads (manager), or belongs to (everybody else)."""
    locale: str
    timezone: str
    scope: Scope
    device_id: int | None = None
    may: frozenset[TokenScope] = ORDINARY_SCOPES
    """Scopes of the token; a browser's session may all that the person may."""
    token_id: int | None = None
    session_id: int | None = None
    """The browser's, by which people recognise and end it."""
    must_change_password: bool = False

    @property
    def leads(self) -> bool:
        return self.role in ("manager", "admin")


def principal() -> Principal:
    """The person of the current request; raises Unauthorized when nobody signed in."""
    who: Principal | None = g.get("principal")
    if who is None:
        raise Unauthorized
    return who


def require_admin() -> Principal:
    """The person of the current request, if an administrator who may administer through this door:
    a token of theirs needs the scope for it."""
    who = principal()
    if who.role != "admin" or (who.scope != "session" and "admin" not in who.may):
        raise Forbidden("admins_only")
    return who


def require(*roles: Role) -> Principal:
    """The person of the current request, if they have one of ``roles`` (an admin always may)."""
    who = principal()
    if who.role != "admin" and who.role not in roles:
        raise Forbidden
    return who

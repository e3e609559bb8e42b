"""Who is asking, and what may they see. The rules of visibility stand here and nowhere else."""

from dataclasses import dataclass
from typing import Literal, get_args

from flask import g

from server.kernel.errors import Forbidden, Unauthorized

Role = Literal["rep", "manager", "reviewer", "decider", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)

Scope = Literal["device", "api", "session"]


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

    @property
    def leads(self) -> bool:
        return self.role in ("manager", "admin")


def principal() -> Principal:
    """The person of the current request; raises Unauthorized when nobody signed in."""
    who: Principal | None = g.get("principal")
    if who is None:
        raise Unauthorized
    return who


def require(*roles: Role) -> Principal:
    """The person of the current request, if they have one of ``roles`` (an admin always may)."""
    who = principal()
    if who.role != "admin" and who.role not in roles:
        raise Forbidden
    return who

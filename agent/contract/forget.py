"""``POST /api/v1/forget``: erase what this person's devices delivered."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from agent.contract.base import Count, Wire

_Name = Annotated[str, Field(max_length=320)]


class ForgetRequest(Wire):
    """Everything that fits one of the lists. Asking again changes nothing more."""

    id: UUID
    """Of the request: in the audit log it ties a repetition to the first."""
    emails: tuple[_Name, ...] = Field(default=(), max_length=100)
    domains: tuple[_Name, ...] = Field(default=(), max_length=100)
    """Each with the domains below it."""
    activities: tuple[UUID, ...] = Field(default=(), max_length=1_000)


class ForgetReply(Wire):
    erased: Count
    """Activities that are gone from the server."""
    kept: Count
    """Activities that colleagues' devices delivered too: they stay as theirs; this person's part in
    them is gone."""

"""Pairing and the heartbeat of a device (an agent or an extension)."""

from typing import Literal

from pydantic import Field

from agent.contract.base import Utc, Wire

SourceState = Literal["ok", "reading", "waiting", "down", "auth", "misconfigured"]


class SourceStatus(Wire):
    """Counts, never contents. ``unexplained`` is what the source holds and the ledger does not."""

    type: str
    state: SourceState
    seen: int = 0
    stored: int = 0
    excluded: dict[str, int] = Field(default_factory=dict)
    pending: int = 0
    quarantined: int = 0
    unexplained: int = 0
    complete_to: Utc | None = None
    """Everything the source held at this moment is accounted for."""
    done: int = 0
    total: int = 0
    """Progress of the pass that is under way; 0 of 0 when none is."""
    message: str = ""
    """A message code of the agent's catalogue, empty when all is well."""


class OutboxStatus(Wire):
    pending: int = 0
    delivered: int = 0
    quarantined: int = 0


class Heartbeat(Wire):
    version: str
    sources: dict[str, SourceStatus] = Field(default_factory=dict)
    outbox: OutboxStatus = OutboxStatus()
    notices: dict[str, Literal["shown", "unavailable", "failed"]] = Field(default_factory=dict)
    """Desktop notices since the last beat: reminder id → what the desktop said."""


class HeartbeatReply(Wire):
    policy_version: int
    directory_revision: int


class PairRequest(Wire):
    code: str = Field(max_length=64)
    kind: Literal["agent", "extension"]
    name: str = Field(default="", max_length=120)


class PairReply(Wire):
    token: str
    user: str
    email: str
    role: str
    locale: str = "zh-CN"

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
    """Everything the source held at this moment is accounted for: its inventory was compared with
    the ledger, item by item."""
    read_at: Utc | None = None
    """The last reading that ran to its end began at this moment."""
    audited_at: Utc | None = None
    """The last whole audit: the comparison, and the ledger's own claims. Whatever it found."""
    held: int = 0
    """Items the source held at the last comparison."""
    gone: int = 0
    """Captured, and since moved away, deleted, or older than what is looked at."""
    unproven: int = 0
    """Items booked as stored that were neither delivered nor wait to be: a fault of the books."""
    retry_at: Utc | None = None
    """The source's server asked to be left alone until then."""
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
    tagger_revision: int = 0
    """Moves whenever what the tagger was taught does."""


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

"""What the pipeline made of one page of a source: the unit that is stored as one."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from agent.contract.activity import Activity
from agent.outbox.explaining import Explanation, Stranger

LedgerState = Literal["stored", "excluded", "pending", "quarantined"]

UNKNOWN_CUSTOMER = "unknown_customer"
NOT_WITH_CUSTOMER = (UNKNOWN_CUSTOMER, "internal")
"""Verdicts by which an item that was a customer's is so no more."""
LOOK_AGAIN_CODES = (UNKNOWN_CUSTOMER, "not_your_customer", "directory_missing")
"""Verdicts that another directory may overturn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One item of the page and what became of it."""

    external_id: str
    version: str
    state: LedgerState
    code: str = ""
    """Excluded: the rule. Quarantined: what is wrong. Pending: why it waits."""
    identity: str | None = None
    activity_id: str | None = None
    thread: str | None = None
    occurred_at: datetime | None = None
    folder: str = ""
    """Where it lies, for people on this computer; never sent."""
    activity: Activity | None = None
    """Only when stored; the store gives it its revision."""
    told: Explanation | None = None
    """Why it is what it is."""
    people: tuple[str, ...] = ()
    """Addresses of those who are not ours. The store keeps digests of them, nothing else."""
    stranger: Stranger | None = None
    """A person wrote or was written to, and no customer of ours is known there."""
    media: Path | None = None
    """A recording still to be transcribed."""
    rep_channel: str = ""
    """The channel of the recording that is ours: ``left``, ``right``, or empty for the default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    source: str
    """The source's name in the configuration."""
    cursor: str | None
    """None leaves the stored cursor as it is."""
    entries: tuple[Entry, ...] = ()
    removed: tuple[str, ...] = ()
    emptied: tuple[str, ...] = ()
    """Prefixes of external ids of which nothing is left."""

"""What a source is: the contract every adapter keeps and ``tests/conformance`` checks.

Terms
    item         one mail, meeting, recording or note in the place a source reads
    external id  names an item within its source (a path, a UID); may change when it is moved
    identity     names it whatever the source: Message-ID, iCalUID + recurrence, content hash
    cursor       opaque text; what the source needs to go on from where it was
    version      changes when the item's content changes (size and mtime, a change key); when it is
                 moved, if it keeps its external id there
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from agent.clock import Clock
from agent.contract.activity import Attachment, Direction, Kind, Participant, Signals
from agent.errors import SourceLacks
from agent.settings.secrets import Secrets

Response = Literal["accepted", "declined", "tentative", "none"]
"""What somebody invited to a meeting answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a source may use of the computer it runs on."""

    clock: Clock
    secrets: Secrets
    state_dir: Path
    """Ours alone (0700). For what a library insists on keeping in a file; never for captures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """What a source saw, raw. Lives only in memory: never stored, sent or logged as it is."""

    source: str
    """Type of the source, e.g. ``mailfiles``."""
    external_id: str
    identity: str
    """e.g. ``mid:<abc@x>``, ``ical:UID/20261123T020000Z``, ``sha256:…``."""
    version: str
    kind: Kind
    occurred_at: datetime
    ended_at: datetime | None = None
    participants: tuple[Participant, ...] = ()
    """``side`` is not yet known here (``other``), unless the source can tell us from them."""
    direction: Direction | None = None
    """Only where the source knows (a call record); else the pipeline derives it."""
    subject: str = ""
    text: str = ""
    """Plain text, or HTML when ``is_html``."""
    is_html: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    """Lower-cased names; those that ``agent.rules.machine`` reads."""
    signals: Signals = field(default_factory=Signals)
    """What the source itself knows (call answered, duration, meeting cancelled)."""
    references: tuple[str, ...] = ()
    """Message-IDs of the conversation, oldest first."""
    sensitivity: str = ""
    """``private``, ``personal``, ``company-confidential`` or empty."""
    categories: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    """Words beside the text that may name the customer: folder, file name, front matter."""
    attachments: tuple[Attachment, ...] = ()
    media: Path | None = None
    """A recording still to be transcribed."""
    responses: Mapping[str, Response] = field(default_factory=dict)
    """Meetings: normalised address → what they answered, as far as the source knows."""
    folder: str = ""
    """Where in a mailbox it lies, for people: ``Inbox``, ``已发送``, ``客户/苏州``."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An item that yields no capture, and why."""

    external_id: str
    version: str
    code: str
    """Excluded: the rule's name. Broken: the code of a ``BadItem``. Pending: why it waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One page of a source, committed as one.

    ``cursor`` is true once everything in this batch is safe, and not before: whoever stores it
    does so in the transaction that stores the items.
    """

    cursor: str
    captures: tuple[Capture, ...] = ()
    excluded: tuple[Seen, ...] = ()
    broken: tuple[Seen, ...] = ()
    pending: tuple[Seen, ...] = ()
    """Seen but not ready (a file still growing); reported again until it is."""
    removed: tuple[str, ...] = ()
    """External ids that are gone from the source. What was captured stays captured."""
    emptied: tuple[str, ...] = ()
    """Prefixes of external ids that are gone as a whole: a folder deleted, or numbered anew.
    Applied before the captures of the same batch."""
    done: int = 0
    total: int = 0
    """Progress within this pass, in items; total 0 when the source cannot tell."""


class Source(Protocol):
    """Yields every change after a cursor, at least once, in order.

    Owns no thread and no storage. Raises only ``SourceError``s; a single bad item never raises
    but stands in ``Batch.broken``. ``poll`` may be abandoned between two batches; polling again
    from the last stored cursor goes on there. A mailbox yields what is new first and then goes on
    with its backfill, newest first; ``poll`` ends when both are done. Where a folder of the
    settings is not there, ``poll`` and ``inventory`` end with ``SourceLacks`` after all the rest.
    """

    @property
    def type(self) -> str: ...

    @property
    def watched(self) -> Path | None:
        """The folder whose changes should ring the doorbell, if it is a folder source."""
        ...

    def poll(self, cursor: str | None) -> Iterator[Batch]:
        """Every change after ``cursor`` (None: from the beginning). Nothing new: no batch, or
        one that holds only ``pending`` items."""
        ...

    def inventory(self) -> Iterator[str]:
        """The external ids of every item the source holds now, for the completeness audit.

        Exactly those that ``poll`` accounts for: the same folders, the same window of time."""
        ...

    def close(self) -> None:
        """From any thread, at any time: what is under way ends within a second, by raising
        ``SourceUnavailable("source_stopped")`` if need be. The source is not used again."""
        ...


@runtime_checkable
class Mailbox(Protocol):
    """A source whose settings name folders."""

    def lacks(self) -> SourceLacks | None:
        """What they name and the mailbox does not have, by one look. Raises ``SourceError``."""
        ...


@runtime_checkable
class Rings(Protocol):
    """A source whose server tells of news by itself; what it tells is only a reason to poll."""

    def wait_for_news(self, timeout_s: float) -> bool:
        """Blocks, in a thread of the caller, until something changed (True), the time is over or
        ``close()`` (False). Raises ``SourceError``.

        Independent of ``poll``, which may run in another thread meanwhile. A server that cannot
        tell of news is waited for like one that has none."""
        ...

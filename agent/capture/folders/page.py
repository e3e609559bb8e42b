"""The batch that is being filled, and how far the pass has come."""

from dataclasses import dataclass, field

from agent.capture.base import Batch, Capture, Seen

BATCH = 50
_BATCHES = 20
"""A pass makes at most about this many batches, since each carries the whole cursor …"""
_BATCH_OF_ITEMS = 250
"""… except within large containers: what they hold would fill the memory."""
_BATCH_BYTES = 256 * 1024 * 1024
"""A batch of large files ends earlier: it is held in memory and its work would be lost whole."""
_BYTES_PER_CHARACTER = 4


@dataclass(slots=True)
class Page:
    total: int
    """Items of the pass, as far as is known; a container counts as one until it is opened."""
    limit: int = 0
    done: int = 0
    captures: list[Capture] = field(default_factory=list)
    excluded: list[Seen] = field(default_factory=list)
    broken: list[Seen] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    count: int = 0
    bytes: int = 0
    is_touched: bool = False
    """The cursor says something new, even if nothing else is there to tell."""

    def __post_init__(self) -> None:
        self.limit = max(BATCH, self.total // _BATCHES)

    @property
    def is_full(self) -> bool:
        return self.count >= self.limit or self.bytes >= _BATCH_BYTES

    def open(self, items: int) -> None:
        """One of the files turns out to hold ``items`` items."""
        self.total += max(0, items - 1)
        self.limit = max(self.limit, min(_BATCH_OF_ITEMS, items // _BATCHES))

    def take(self, capture: Capture) -> None:
        self.captures.append(capture)
        self.count += 1
        self.bytes += len(capture.text) * _BYTES_PER_CHARACTER

    def set_aside(self, seen: Seen, *, is_excluded: bool) -> None:
        (self.excluded if is_excluded else self.broken).append(seen)
        self.count += 1

    def supersede(self, external_id: str, code: str) -> None:
        """Set a capture of this page aside after all."""
        for capture in self.captures:
            if capture.external_id == external_id:
                self.captures.remove(capture)
                self.excluded.append(Seen(external_id, capture.version, code))
                return

    def next(self, cursor: str, pending: tuple[Seen, ...] = ()) -> Batch:
        """What was gathered, as a batch; then the page is empty again."""
        batch = Batch(
            cursor=cursor,
            captures=tuple(self.captures),
            excluded=tuple(self.excluded),
            broken=tuple(self.broken),
            pending=pending,
            removed=tuple(self.removed),
            done=min(self.done, self.total),
            total=self.total,
        )
        self.captures, self.excluded, self.broken, self.removed = [], [], [], []
        self.count = self.bytes = 0
        self.is_touched = False
        return batch

"""What becomes a batch once the cursor is known."""

from dataclasses import dataclass, field

from agent.capture.base import Batch, Capture, Seen


@dataclass(slots=True)
class Part:
    captures: list[Capture] = field(default_factory=list)
    excluded: list[Seen] = field(default_factory=list)
    broken: list[Seen] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    emptied: list[str] = field(default_factory=list)

    def batch(self, cursor: str, *, done: int = 0, total: int = 0) -> Batch:
        return Batch(
            cursor=cursor,
            captures=tuple(self.captures),
            excluded=tuple(self.excluded),
            broken=tuple(self.broken),
            removed=tuple(self.removed),
            emptied=tuple(self.emptied),
            done=done,
            total=max(done, total),
        )

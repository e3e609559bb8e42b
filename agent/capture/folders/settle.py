"""Is a file finished? Something still being written is not taken yet."""

from datetime import datetime

from agent.capture.folders.scan import Found
from agent.clock import Clock


class Settle:
    """Remembers what it saw of unfinished files; forgetting it only means waiting again."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._watched: dict[str, tuple[str, datetime]] = {}

    def age_s(self, found: Found) -> float:
        """Seconds since the last change; negative where the file's clock runs ahead of ours."""
        return (self._clock.now() - found.modified).total_seconds()

    def is_settled(self, found: Found, quiet_s: float) -> bool:
        """Unchanged for ``quiet_s`` seconds, by its own time or by what we watched."""
        if self.age_s(found) >= quiet_s:
            self._watched.pop(found.external_id, None)
            return True
        now = self._clock.now()
        version, since = self._watched.get(found.external_id, ("", now))
        if version != found.version:
            self._watched[found.external_id] = (found.version, now)
            return False
        if (now - since).total_seconds() < quiet_s:
            return False
        del self._watched[found.external_id]
        return True

    def forget_except(self, external_ids: set[str]) -> None:
        """Drop what was watched of files that are gone."""
        for external_id in self._watched.keys() - external_ids:
            del self._watched[external_id]

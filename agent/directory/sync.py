"""Fetch what changed in the directory since the revision that is held."""

from collections.abc import Iterator

from agent.contract.directory import DirectoryDelta
from agent.remote.base import Remote


def deltas(remote: Remote, held: int | None) -> Iterator[DirectoryDelta]:
    """One delta after the other; each is to be kept before the next is asked for.

    ``held`` None: nothing is held yet. Raises ``DeliveryError``; going on later from the last
    kept revision misses nothing.
    """
    since = held or 0
    while True:
        delta = remote.directory(since)
        yield delta
        if not delta.more or delta.revision <= since:
            return
        since = delta.revision

"""A source over a folder. What a file means is its ``Reader``'s business."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from agent.capture.base import Batch, Capture, Seen
from agent.capture.folders import known as known_files
from agent.capture.folders.known import Known
from agent.capture.folders.scan import Found, Scan, scan, walk_ids
from agent.capture.folders.settle import Settle
from agent.clock import Clock
from agent.errors import BadItem

_BATCH = 50
_BATCHES = 20
"""A pass makes at most about this many batches, since each carries the whole cursor."""
_BATCH_BYTES = 256 * 1024 * 1024
"""A batch of large files ends earlier: it is held in memory and its work would be lost whole."""


@dataclass(frozen=True, slots=True)
class Reading:
    capture: Capture
    mark: str = ""
    """Given back when the same file is read again, e.g. the identity it had."""


class Reader(Protocol):
    """Makes a capture of a file. Raises ``BadItem`` or ``OSError``, and nothing else."""

    suffixes: frozenset[str]
    """Lower-cased, with the dot."""

    def quiet_s(self, found: Found, age_s: float) -> float:
        """How long the file must rest before it is taken."""
        ...

    def read(self, found: Found, mark: str) -> Reading: ...


@dataclass(slots=True)
class _Page:
    """The batch that is being filled."""

    captures: list[Capture] = field(default_factory=list)
    excluded: list[Seen] = field(default_factory=list)
    broken: list[Seen] = field(default_factory=list)
    count: int = 0
    bytes: int = 0


class FolderSource:
    """Newest files first: what happened today matters before what happened last year."""

    def __init__(self, kind: str, folder: Path, reader: Reader, *, clock: Clock) -> None:
        self._type = kind
        self._folder = folder
        self._reader = reader
        self._settle = Settle(clock)

    @property
    def type(self) -> str:
        return self._type

    @property
    def watched(self) -> Path | None:
        return self._folder

    def inventory(self) -> Iterator[str]:
        return walk_ids(self._folder, self._reader.suffixes)

    def close(self) -> None:
        """Nothing to do: files answer at once, and a dead network drive answers nobody."""

    def poll(self, cursor: str | None) -> Iterator[Batch]:
        known = known_files.load(cursor)
        seen = scan(self._folder, self._reader.suffixes)
        removed = _removed(known, seen)
        moved = _moved(known, removed)
        changed = [
            found
            for found in seen.items
            if found.external_id not in known or not known[found.external_id].is_still(found)
        ]
        changed.sort(key=lambda found: found.mtime_ns, reverse=True)
        self._settle.forget_except({found.external_id for found in changed})
        ready: list[Found] = []
        pending: list[Seen] = []
        for found in changed:
            if self._is_ready(found):
                ready.append(found)
            else:
                pending.append(Seen(found.external_id, found.version, "item_growing"))

        limit = max(_BATCH, len(ready) // _BATCHES)
        page = _Page()
        for done, found in enumerate(ready, 1):
            self._take(found, known, moved, page)
            if page.count >= limit or page.bytes >= _BATCH_BYTES:
                yield _batch(page, known, done=done, total=len(ready))
                page = _Page()
        # Last, so that an abandoned pass still knows what was moved.
        for external_id in removed:
            del known[external_id]
        if page.count or removed or pending:
            yield _batch(
                page,
                known,
                done=len(ready),
                total=len(ready),
                removed=removed,
                pending=tuple(pending),
            )

    def _is_ready(self, found: Found) -> bool:
        if found.problem:
            return True
        quiet_s = self._reader.quiet_s(found, self._settle.age_s(found))
        return self._settle.is_settled(found, quiet_s)

    def _take(
        self, found: Found, known: dict[str, Known], moved: dict[tuple[int, int], str], page: _Page
    ) -> None:
        page.count += 1
        code = found.problem
        if not code:
            before = known.get(found.external_id)
            mark = before.note if before else moved.get((found.size, found.mtime_ns), "")
            page.bytes += found.size
            try:
                reading = self._reader.read(found, mark)
            except BadItem as bad:
                code = bad.code
            except FileNotFoundError:
                return  # gone since the scan; the next pass knows
            except OSError:
                code = "item_unreadable"
            else:
                page.captures.append(reading.capture)
                known[found.external_id] = known_files.taken(found, reading.mark)
                return
        seen = Seen(found.external_id, found.version, code)
        (page.excluded if code == "link_outside" else page.broken).append(seen)
        known[found.external_id] = known_files.broken(found)


def _removed(known: dict[str, Known], seen: Scan) -> tuple[str, ...]:
    present = {found.external_id for found in seen.items}
    return tuple(
        external_id
        for external_id in known
        if external_id not in present and not seen.may_hide(external_id)
    )


def _moved(known: dict[str, Known], removed: tuple[str, ...]) -> dict[tuple[int, int], str]:
    """Marks of files that are gone, by fingerprint: the same file may stand elsewhere now."""
    marks: dict[tuple[int, int], str] = {}
    for external_id in removed:
        entry = known[external_id]
        key = (entry.size, entry.mtime_ns)
        marks[key] = "" if key in marks else entry.note
    return marks


def _batch(
    page: _Page,
    known: dict[str, Known],
    *,
    done: int,
    total: int,
    removed: tuple[str, ...] = (),
    pending: tuple[Seen, ...] = (),
) -> Batch:
    return Batch(
        cursor=known_files.dump(known),
        captures=tuple(page.captures),
        excluded=tuple(page.excluded),
        broken=tuple(page.broken),
        pending=pending,
        removed=removed,
        done=done,
        total=total,
    )

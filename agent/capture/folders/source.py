"""A source over a folder. What a file means is its ``Reader``'s business."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from agent.capture.base import Batch, Capture, Seen
from agent.capture.folders import known as known_files
from agent.capture.folders.containers import ContainerReader
from agent.capture.folders.known import Known
from agent.capture.folders.page import Page
from agent.capture.folders.scan import Found, Scan, scan
from agent.capture.folders.settle import Settle
from agent.capture.folders.shelf import Shelf, id_within, take_from
from agent.clock import Clock
from agent.errors import BadItem


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


class FolderSource:
    """Newest files first: what happened today matters before what happened last year."""

    def __init__(
        self, kind: str, folder: Path, *readers: Reader | ContainerReader, clock: Clock
    ) -> None:
        """``readers``: each for its own suffixes."""
        self._type = kind
        self._folder = folder
        self._readers = {suffix: one for one in readers for suffix in one.suffixes}
        self._settle = Settle(clock)
        self._growing: frozenset[str] = frozenset()
        """As the last pass found them."""
        self._shelf = Shelf()

    @property
    def type(self) -> str:
        return self._type

    @property
    def watched(self) -> Path | None:
        return self._folder

    def inventory(self) -> Iterator[str]:
        for found in self._scan().items:
            reader = self._reader(found)
            told_whole = found.problem or found.external_id in self._growing
            if told_whole or not isinstance(reader, ContainerReader):
                yield found.external_id
            else:
                yield from self._shelf.inventory(reader, found)

    def close(self) -> None:
        """Files answer at once, and a dead network drive answers nobody."""
        for reader in self._readers.values():
            if isinstance(reader, ContainerReader):
                reader.close()

    def poll(self, cursor: str | None) -> Iterator[Batch]:
        known = known_files.load(cursor)
        seen = self._scan()
        removed = _removed(known, seen)
        moved = _moved(known, removed)
        changed = [found for found in seen.items if not self._is_known(found, known)]
        changed.sort(key=lambda found: found.mtime_ns, reverse=True)
        self._settle.forget_except({found.external_id for found in changed})
        ready: list[Found] = []
        growing: list[Found] = []
        for found in changed:
            (ready if self._is_ready(found) else growing).append(found)
        self._growing = frozenset(found.external_id for found in growing)
        self._shelf.begin(known)

        page = Page(len(ready))
        for found in ready:
            reader = self._reader(found)
            if isinstance(reader, ContainerReader) and not found.problem:
                with closing(take_from(reader, found, known, page, self._shelf)) as pages:
                    yield from pages
            else:
                self._take(found, known, moved, page)
            page.done += 1
            if page.is_full:
                yield page.next(known_files.dump(known))
        # Last, so that an abandoned pass still knows what was moved.
        for external_id in removed:
            page.removed += _ids(external_id, known.pop(external_id))
        for found in growing:
            if isinstance(self._reader(found), ContainerReader):
                before = known.get(found.external_id)
                known[found.external_id] = known_files.waiting((before and before.items) or {})
        if page.count or page.removed or page.is_touched or growing:
            pending = tuple(Seen(one.external_id, one.version, "item_growing") for one in growing)
            yield page.next(known_files.dump(known), pending)

    def _scan(self) -> Scan:
        return scan(self._folder, frozenset(self._readers))

    def _reader(self, found: Found) -> Reader | ContainerReader | None:
        """None for a folder that cannot be listed."""
        return self._readers.get(Path(found.path).suffix.lower())

    def _is_known(self, found: Found, known: dict[str, Known]) -> bool:
        if found.external_id not in known:
            return False
        reader = self._reader(found)
        epoch = reader.epoch() if isinstance(reader, ContainerReader) else None
        return known[found.external_id].is_still(found, epoch)

    def _is_ready(self, found: Found) -> bool:
        reader = self._reader(found)
        if found.problem or reader is None:
            return True
        quiet_s = reader.quiet_s(found, self._settle.age_s(found))
        return self._settle.is_settled(found, quiet_s)

    def _take(
        self, found: Found, known: dict[str, Known], moved: dict[tuple[int, int], str], page: Page
    ) -> None:
        code = found.problem
        before = known.get(found.external_id)
        reader = self._reader(found)
        if not code and reader is not None and not isinstance(reader, ContainerReader):
            mark = before.note if before else moved.get((found.size, found.mtime_ns), "")
            page.bytes += found.size
            try:
                reading = reader.read(found, mark)
            except BadItem as bad:
                code = bad.code
            except FileNotFoundError:
                return  # gone since the scan; the next pass knows
            except OSError:
                code = "item_unreadable"
            else:
                page.take(_placed(reading.capture))
                known[found.external_id] = known_files.taken(found, reading.mark)
                return
        seen = Seen(found.external_id, found.version, code)
        page.set_aside(seen, is_excluded=code == "link_outside")
        known[found.external_id] = known_files.broken(found, before.items if before else None)


def _placed(capture: Capture) -> Capture:
    """A file lies in a folder, as a mail does in one of its mailbox."""
    folder, _, _ = capture.external_id.rpartition("/")
    return capture if capture.folder or not folder else replace(capture, folder=folder)


def _removed(known: dict[str, Known], seen: Scan) -> tuple[str, ...]:
    present = {found.external_id for found in seen.items}
    return tuple(
        external_id
        for external_id in known
        if external_id not in present and not seen.may_hide(external_id)
    )


def _ids(external_id: str, entry: Known) -> list[str]:
    """The external ids that a file was reported by."""
    if entry.items is None:
        return [external_id]
    whole = [external_id] if entry.is_told_whole else []
    return whole + [id_within(external_id, key) for key in entry.items]


def _moved(known: dict[str, Known], removed: tuple[str, ...]) -> dict[tuple[int, int], str]:
    """Marks of files that are gone, by fingerprint: the same file may stand elsewhere now."""
    marks: dict[tuple[int, int], str] = {}
    for external_id in removed:
        entry = known[external_id]
        key = (entry.size, entry.mtime_ns)
        marks[key] = "" if key in marks else entry.note
    return marks

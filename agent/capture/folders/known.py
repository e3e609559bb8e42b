"""The cursor of a folder source: every file that is safe, with its fingerprint, as JSON.

A hundred thousand files make about ten megabytes; the whole of it travels in each batch, so
batches grow with the pass (``agent.capture.folders.source``).
"""

import json
from typing import NamedTuple

from agent.capture.folders.scan import Found
from agent.errors import CursorExpired

_VERSION = 1
_BROKEN = "!"
_WAITING = "?"
_UNFINISHED = "~"

Items = dict[str, str]
"""What is safe of a container: key → version, and behind a space its rank, if it has one."""


class Known(NamedTuple):
    size: int
    mtime_ns: int
    mark: str = ""
    """What the reader wants to remember of the file, or ``!`` and the ctime of a broken one. Of a
    container its epoch, ``~`` while it is being read, ``?`` while it waits to be."""
    items: Items | None = None

    @property
    def note(self) -> str:
        """The reader's own mark."""
        return "" if self.mark.startswith(_BROKEN) else self.mark

    @property
    def is_told_whole(self) -> bool:
        """A container that was reported by its own path, as broken or growing."""
        return self.mark.startswith((_BROKEN, _WAITING))

    def is_still(self, found: Found, epoch: str | None = None) -> bool:
        """Nothing has changed. ``epoch``: of a container's reader."""
        if (self.size, self.mtime_ns) != (found.size, found.mtime_ns):
            return False
        # Giving back the right to read a file changes nothing but its ctime.
        if self.mark.startswith(_BROKEN):
            return self.mark == _broken_mark(found)
        return epoch is None or self.mark == epoch


def taken(found: Found, mark: str, items: Items | None = None) -> Known:
    return Known(found.size, found.mtime_ns, mark, items)


def broken(found: Found, items: Items | None = None) -> Known:
    return Known(found.size, found.mtime_ns, _broken_mark(found), items)


def unfinished(items: Items) -> Known:
    """A container of which more is to be read."""
    return Known(0, 0, _UNFINISHED, items)


def waiting(items: Items) -> Known:
    """A container that is still being written."""
    return Known(0, 0, _WAITING, items)


def _broken_mark(found: Found) -> str:
    return f"{_BROKEN}{found.ctime_ns}{found.problem}"


def load(cursor: str | None) -> dict[str, Known]:
    """The files a cursor knows; ``CursorExpired`` when it is none of ours."""
    if cursor is None:
        return {}
    try:
        held = json.loads(cursor)
        if held["v"] != _VERSION:
            raise CursorExpired
        known = {external_id: Known(*entry) for external_id, entry in held["files"].items()}
        if not all(entry.items is None or type(entry.items) is dict for entry in known.values()):
            raise CursorExpired
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CursorExpired from error
    return known


def dump(known: dict[str, Known]) -> str:
    files = {key: _short(entry) for key, entry in known.items()}
    return json.dumps({"v": _VERSION, "files": files}, ensure_ascii=False, separators=(",", ":"))


def _short(entry: Known) -> tuple[object, ...]:
    if entry.items is not None:
        return entry
    return entry[:3] if entry.mark else entry[:2]

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


class Known(NamedTuple):
    size: int
    mtime_ns: int
    mark: str = ""
    """What the reader wants to remember of the file, or ``!`` and the ctime of a broken one."""

    @property
    def note(self) -> str:
        """The reader's own mark."""
        return "" if self.mark.startswith(_BROKEN) else self.mark

    def is_still(self, found: Found) -> bool:
        if (self.size, self.mtime_ns) != (found.size, found.mtime_ns):
            return False
        # Giving back the right to read a file changes nothing but its ctime.
        return not self.mark.startswith(_BROKEN) or self.mark == _broken_mark(found)


def taken(found: Found, mark: str) -> Known:
    return Known(found.size, found.mtime_ns, mark)


def broken(found: Found) -> Known:
    return Known(found.size, found.mtime_ns, _broken_mark(found))


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
        return {external_id: Known(*entry) for external_id, entry in held["files"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CursorExpired from error


def dump(known: dict[str, Known]) -> str:
    files = {key: entry if entry.mark else entry[:2] for key, entry in known.items()}
    return json.dumps({"v": _VERSION, "files": files}, ensure_ascii=False, separators=(",", ":"))

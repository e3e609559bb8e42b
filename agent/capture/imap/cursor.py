"""Where a mailbox was left: per folder what was read, what is still to be read, and the marks by
which the server says whether anything changed since."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from agent.capture.imap.uidset import MAX_UID, UidSet
from agent.errors import CursorExpired

_VERSION = 1
_MAX_CURSOR = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderState:
    validity: int
    """UIDVALIDITY: another one means that the folder was numbered anew."""
    next_uid: int = 0
    """UIDNEXT when last looked at; 0 on servers that do not tell."""
    exists: int = 0
    modseq: int = 0
    """HIGHESTMODSEQ; 0 on servers without CONDSTORE."""
    since: date
    """What was received earlier is not looked at."""
    days: int
    """The setting that ``since`` came from."""
    known: UidSet = field(default_factory=UidSet)
    """Accounted for in some batch."""
    todo: UidSet = field(default_factory=UidSet)
    """In the window and not yet read; the highest come first."""

    def prefix(self, folder: str) -> str:
        return f"{escape(folder)}/{self.validity}/"

    def read(self, page: UidSet, accounted: UidSet) -> "FolderState":
        """After ``page``, of which ``accounted`` were still there."""
        return replace(self, known=self.known | accounted, todo=self.todo - page)


Cursor = Mapping[str, FolderState]
"""By the folder's name on the server."""


def escape(folder: str) -> str:
    """The name as the first step of an external id: free of the ``/`` that ends it there."""
    return folder.replace("%", "%25").replace("/", "%2F")


def dump(cursor: Cursor) -> str:
    folders = {
        name: {
            "validity": state.validity,
            "next": state.next_uid,
            "exists": state.exists,
            "modseq": state.modseq,
            "since": state.since.isoformat(),
            "days": state.days,
            "known": state.known.pack(),
            "todo": state.todo.pack(),
        }
        for name, state in cursor.items()
    }
    written = {"imap": _VERSION, "folders": folders}
    return json.dumps(written, ensure_ascii=False, separators=(",", ":"))


def load(text: str | None) -> dict[str, FolderState]:
    """Raises ``CursorExpired`` for anything that ``dump`` did not write."""
    if text is None:
        return {}
    if len(text) > _MAX_CURSOR:
        raise CursorExpired
    try:
        written = json.loads(text)
        if set(written) != {"imap", "folders"} or written["imap"] != _VERSION:
            raise CursorExpired
        return {name: _state(one) for name, one in written["folders"].items()}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise CursorExpired from error


def _state(written: Mapping[str, object]) -> FolderState:
    return FolderState(
        validity=_number(written["validity"], MAX_UID),
        next_uid=_number(written["next"], MAX_UID + 1),
        exists=_number(written["exists"], MAX_UID),
        modseq=_number(written["modseq"], 2**63),
        since=date.fromisoformat(_text(written["since"])),
        days=_number(written["days"], 10**6),
        known=UidSet.unpack(_text(written["known"])),
        todo=UidSet.unpack(_text(written["todo"])),
    )


def _number(value: object, most: int) -> int:
    if not isinstance(value, int) or not 0 <= value <= most:
        raise ValueError("not a number of ours")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or re.search(r"[\x00-\x1f]", value):
        raise TypeError("not a text of ours")
    return value

"""How far a mailbox has been read: what stands in the opaque cursor.

A folder is read from two ends. ``state`` is the server's mark from which on everything new is
told; it is first walked to the end without reading a single mail, and only then comes the
backfill, newest first, down to ``reached``.
"""

import hashlib
from datetime import datetime
from typing import Literal, NamedTuple, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from agent.errors import CursorExpired


class FolderPosition(BaseModel):
    model_config = ConfigDict(extra="forbid")

    state: str | None = None
    """Of SyncFolderItems; None: from the very beginning."""
    walked: bool = False
    """``state`` has come to the end once: what it tells from now on is news."""
    reached: AwareDatetime | None = None
    """Everything received in a later second is safe; None: the backfill has not begun."""
    done: list[str] = Field(default_factory=list)
    """Marks of the items received in that very second that are safe too."""


class Occurred(NamedTuple):
    """An occurrence that is safe."""

    key: str
    """Mark of the server's change key: the same, nothing has changed."""
    version: str
    start: int
    """Unix time."""


class CalendarPosition(BaseModel):
    model_config = ConfigDict(extra="forbid")

    folder: str
    state: str | None = None
    window: str = ""
    """First and last day that were looked at, when all in between was safe."""
    seen: dict[str, Occurred] = Field(default_factory=dict)
    """By external id."""


class Position(BaseModel):
    model_config = ConfigDict(extra="forbid")

    v: Literal[1] = 1
    folders: dict[str, FolderPosition] = Field(default_factory=dict)
    """By the key of the folder."""
    calendar: CalendarPosition | None = None

    @classmethod
    def load(cls, cursor: str | None) -> Self:
        if cursor is None:
            return cls()
        try:
            position = cls.model_validate_json(cursor)
        except ValidationError:
            raise CursorExpired from None
        if "v" not in position.model_fields_set:
            raise CursorExpired
        return position

    def dump(self) -> str:
        return self.model_dump_json()


def mark(text: str, size: int = 12) -> str:
    """A short name for a long id."""
    return hashlib.sha256(text.encode()).hexdigest()[:size]


def item_id(folder_id: str, exchange_id: str) -> str:
    """The external id of an item: what lies in one folder shares a prefix."""
    return f"{folder_prefix(mark(folder_id))}{exchange_id}"


def folder_prefix(key: str) -> str:
    return f"{key}/"


def second(moment: datetime) -> datetime:
    """Exchange keeps fractions of a second but shows none."""
    return moment.replace(microsecond=0)

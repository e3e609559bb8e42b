"""What parts of the server add to a customer's timeline beside what was said: the timeline lies
below the parts that have something to show on it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, true
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    source: str
    """Of the part that tells it; with ``number`` it names the happening."""
    number: int
    at: datetime
    what: str
    """Code of the text: ``happened.WHAT``, filled in with ``words``."""
    words: dict[str, Any]
    by: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere on a timeline. At one moment the sources stand in order of their rank."""

    at: datetime
    rank: int
    key: Any

    def below(self, rank: int, at: Any, key: Any) -> ColumnElement[bool]:
        """Rows of the source ``rank`` that are older than this place."""
        found: ColumnElement[bool]
        if rank == self.rank:
            found = or_(at < self.at, and_(at == self.at, key < self.key))
        else:
            found = at < self.at if rank < self.rank else at <= self.at
        return found


@dataclass(frozen=True, slots=True)
class Stretch:
    """The part of a timeline that is read: below one place, not below another."""

    limit: int
    before: Place | None = None
    down_to: Place | None = None

    def condition(self, rank: int, at: Any, key: Any) -> ColumnElement[bool]:
        found: ColumnElement[bool] = true()
        if self.before is not None:
            found = and_(found, self.before.below(rank, at, key))
        if self.down_to is not None:
            found = and_(found, ~self.down_to.below(rank, at, key))
        return found


TimelinePart = Callable[[Session, Sequence[int], Stretch, int], list[Happening]]
"""Happenings at these customers (one, and those that became a part of it) within a stretch, the
newest first; the last argument is the part's rank for ``Stretch.condition``."""

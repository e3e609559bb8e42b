"""How often, and how much: the doors that anybody can knock at, and the size of what is carried in.

Counts stand in the database, so that all processes of a server share them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any, TypeVar

from flask import current_app, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from limits.storage import Storage
from sqlalchemy import Integer, String, case, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from server.kernel.clock import Clock
from server.kernel.db import Base, Database, UnitOfWork, UtcDateTime, upsert
from server.kernel.errors import TooMany

View = TypeVar("View", bound=Callable[..., Any])


class RateCount(Base):
    """How often something happened in the window that ends at ``expires_at``."""

    __tablename__ = "rate_count"
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    count: Mapped[int] = mapped_column(Integer)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


def count_up(db: Database, key: str, window: timedelta, amount: int = 1) -> tuple[int, datetime]:
    """Count one more; what the count is now, and when it starts anew. In its own transaction: it
    stays counted whatever becomes of the request."""
    with db.unit_of_work() as uow:
        now = uow.clock.now()
        # A window that ends later than a whole one from now was opened by a clock since set back.
        over = (RateCount.expires_at <= now) | (RateCount.expires_at > now + window)
        first = upsert(uow.session, RateCount).values(
            key=key[:200], count=amount, expires_at=now + window
        )
        row: tuple[int, datetime] = uow.session.execute(
            first.on_conflict_do_update(
                index_elements=[RateCount.key],
                set_={
                    "count": case((over, amount), else_=RateCount.count + amount),
                    "expires_at": case((over, now + window), else_=RateCount.expires_at),
                },
            ).returning(RateCount.count, RateCount.expires_at)
        ).one()
        count, until = row
        return int(count), until


def _standing(db: Database, clock: Clock, key: str) -> RateCount | None:
    with db.reading() as session:
        return session.scalar(
            select(RateCount).where(RateCount.key == key[:200], RateCount.expires_at > clock.now())
        )


@dataclass(frozen=True, slots=True)
class Throttle:
    """So many times per window for one key (an address, a person)."""

    name: str
    times: int
    window: timedelta
    code: str = "too_many"

    def spend(self, db: Database, clock: Clock, key: str) -> None:
        """Count an attempt. Raises TooMany, with the seconds to wait, when there were too many.

        Counted first and judged afterwards: no two attempts at one moment both pass as the last.
        """
        count, until = count_up(db, f"{self.name}:{key}", self.window)
        if count > self.times:
            seconds = max(1, ceil((until - clock.now()).total_seconds()))
            raise TooMany(self.code, seconds)

    def give_back(self, db: Database, key: str) -> None:
        """It was no failure after all."""
        with db.unit_of_work() as uow:
            uow.session.execute(
                update(RateCount)
                .where(RateCount.key == f"{self.name}:{key}"[:200], RateCount.count > 0)
                .values(count=RateCount.count - 1)
            )


class _InTheStore(Storage):
    """Flask-Limiter's counts in the database of the running app."""

    STORAGE_SCHEME = ["genjin"]  # noqa: RUF012 - as the base class has it

    @property
    def base_exceptions(self) -> type[Exception]:
        return OSError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        return count_up(_db(), key, timedelta(seconds=expiry), amount)[0]

    def get(self, key: str) -> int:
        row = _standing(_db(), _clock(), key)
        return row.count if row is not None else 0

    def get_expiry(self, key: str) -> float:
        row = _standing(_db(), _clock(), key)
        return (row.expires_at if row is not None else _clock().now()).timestamp()

    def check(self) -> bool:
        return True

    def reset(self) -> int:
        with _db().unit_of_work() as uow:
            gone = uow.session.execute(delete(RateCount))
            return int(getattr(gone, "rowcount", 0))

    def clear(self, key: str) -> None:
        with _db().unit_of_work() as uow:
            uow.session.execute(delete(RateCount).where(RateCount.key == key[:200]))


def _db() -> Database:
    db: Database = current_app.extensions["genjin"].db
    return db


def _clock() -> Clock:
    clock: Clock = current_app.extensions["genjin"].clock
    return clock


limiter = Limiter(get_remote_address, storage_uri="genjin://", default_limits=[])


def forget_old_counts(uow: UnitOfWork) -> None:
    """The job that keeps the table small."""
    uow.session.execute(delete(RateCount).where(RateCount.expires_at <= uow.clock.now()))


ORDINARY_BYTES = 2 * 1024 * 1024
"""What a request may carry unless its view says otherwise with ``carries``."""
_CARRIES = "genjin_carries"


def carries(megabytes: int) -> Callable[[View], View]:
    """Mark a view (below its route decorator) that may be sent this much."""

    def mark(view: View) -> View:
        setattr(view, _CARRIES, megabytes * 1024 * 1024)
        return view

    return mark


def limit_size() -> None:
    """Before a request is read: hold it to what its view may be sent."""
    view = current_app.view_functions.get(request.endpoint or "")
    request.max_content_length = getattr(view, _CARRIES, ORDINARY_BYTES)

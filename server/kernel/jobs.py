"""Periodic work inside the server: every job runs once per period, however many processes try.

A job is claimed by one conditional UPDATE of its row; what it did, and when, stays on show there,
so that a scheduler that stopped is noticed.
"""

import logging
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import String, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from server.kernel.capability import Periodic
from server.kernel.clock import Clock
from server.kernel.db import Base, Database, UtcDateTime, insert_ignoring_conflicts
from server.kernel.errors import trace

log = logging.getLogger(__name__)


class JobRun(Base):
    __tablename__ = "job_run"
    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str] = mapped_column(String(200), default="")


def claim(db: Database, job: Periodic, now: datetime) -> bool:
    """True for exactly one caller per period."""
    with db.unit_of_work() as uow:
        uow.session.execute(insert_ignoring_conflicts(uow.session, JobRun).values(name=job.name))
        won = uow.session.scalar(
            update(JobRun)
            .where(
                JobRun.name == job.name,
                or_(
                    JobRun.started_at.is_(None),
                    JobRun.started_at <= now - timedelta(seconds=job.every_seconds),
                    # The clock was set back: waiting for it to catch up could take years.
                    JobRun.started_at > now,
                ),
            )
            .values(started_at=now)
            .returning(JobRun.name)
            .execution_options(synchronize_session=False)
        )
    return won is not None


def run(db: Database, job: Periodic, clock: Clock) -> None:
    """Do the work of one job in one transaction and write down how it went."""
    error = ""
    try:
        with db.unit_of_work() as uow:
            job.run(uow)
    except Exception as failure:  # noqa: BLE001 - one job must not end the others
        error = type(failure).__name__
        log.error("job %s failed: %s", job.name, trace(failure))  # noqa: TRY400
    with db.unit_of_work() as uow:
        uow.session.execute(
            update(JobRun)
            .where(JobRun.name == job.name)
            .values(finished_at=clock.now(), error=error)
        )


def last_runs(db: Database) -> dict[str, JobRun]:
    with db.reading() as session:
        return {row.name: row for row in session.scalars(select(JobRun))}


class Scheduler:
    """A thread that looks every second which jobs are due."""

    def __init__(self, db: Database, jobs: Sequence[Periodic], clock: Clock) -> None:
        self._db, self._jobs, self._clock = db, tuple(jobs), clock
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="jobs", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def run_due(self) -> None:
        for job in self._jobs:
            if claim(self._db, job, self._clock.now()):
                run(self._db, job, self._clock)

    def _loop(self) -> None:
        while not self._stop.is_set():
            try:
                self.run_due()
            except Exception as failure:  # noqa: BLE001 - nor a vanished database the scheduler
                log.error("scheduler: %s", trace(failure))  # noqa: TRY400
            self._stop.wait(1.0)

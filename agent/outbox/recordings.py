"""Recordings that wait for their words."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select, update

from agent.contract.activity import Activity
from agent.outbox import moments
from agent.outbox.database import Database
from agent.outbox.schema import recordings
from agent.outbox.settling import Settling


@dataclass(frozen=True, slots=True)
class Waiting:
    activity_id: str
    path: Path
    activity: Activity
    """What was sent at once; the transcript makes its next revision."""
    attempts: int
    rep_channel: str = ""
    """``left``, ``right``, or empty: the engine's default."""


class Recordings:
    def __init__(self, database: Database, generation: int) -> None:
        self._database = database
        self._generation = generation

    def next_waiting(self, *, now: datetime, all_due: bool = False) -> Waiting | None:
        """The latest call first: it is the one that is talked about today."""
        due = recordings.c.state == "waiting"
        if not all_due:
            due &= recordings.c.not_before <= moments.to_text(now)
        with self._database.read() as tx:
            row = tx.execute(
                select(recordings)
                .where(due)
                .order_by(recordings.c.attempts, recordings.c.occurred_at.desc())
                .limit(1)
            ).first()
        if row is None:
            return None
        activity = Activity.model_validate_json(row.activity)
        return Waiting(row.activity_id, Path(row.path), activity, row.attempts, row.rep_channel)

    def explain(self, code: str) -> None:
        """Why nothing is transcribed now: no legal basis, no engine. Empty: it goes on."""
        with self._database.write() as tx:
            tx.execute(
                update(recordings)
                .where(recordings.c.state == "waiting", recordings.c.code != code)
                .values(code=code)
            )

    def postpone(self, waiting: Waiting, *, at: datetime, code: str) -> None:
        with self._database.write() as tx:
            tx.execute(
                update(recordings)
                .where(recordings.c.activity_id == waiting.activity_id)
                .values(not_before=moments.to_text(at), code=code, attempts=waiting.attempts + 1)
            )

    def finish(
        self, waiting: Waiting, activity: Activity, *, now: datetime, code: str = ""
    ) -> None:
        """Queue the next revision and close the recording, in one transaction. With a ``code`` it
        failed for good; ``activity.transcript`` says so too."""
        with self._database.write() as tx:
            same = recordings.c.activity_id == waiting.activity_id
            # Withdrawn while it was being listened to: what was heard is dropped.
            still = tx.execute(select(recordings.c.state).where(same)).scalar_one_or_none()
            if still != "waiting":
                return
            Settling(tx, now=now, generation=self._generation).revise(activity)
            tx.execute(
                update(recordings)
                .where(same)
                .values(state="failed" if code else "done", code=code, activity="")
            )

    def counts(self, source: str | None = None) -> dict[str, int]:
        """``waiting``, ``done``, ``failed`` → how many, of one source or of all."""
        wanted = select(recordings.c.state, func.count()).group_by(recordings.c.state)
        if source is not None:
            wanted = wanted.where(recordings.c.source == source)
        with self._database.read() as tx:
            rows = tx.execute(wanted).all()
        return {str(row[0]): int(row[1]) for row in rows}

    def why_waiting(self) -> str:
        """The code shared by what waits; empty when it is only a matter of time."""
        with self._database.read() as tx:
            return (
                tx.execute(
                    select(recordings.c.code).where(recordings.c.state == "waiting").limit(1)
                ).scalar_one_or_none()
                or ""
            )

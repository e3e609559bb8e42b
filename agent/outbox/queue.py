"""What is yet to be sent: lease, delivered, retry, quarantine. Nothing goes without an answer."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update

from agent.contract.device import OutboxStatus
from agent.outbox import moments
from agent.outbox.database import Database
from agent.outbox.schema import ledger, outbox

SUSPECT_AFTER = 2
"""So often was the server's answer bad with this item in the batch: it travels alone from now on,
so that one item which upsets the server holds up no other."""
MAX_BATCH_CHARS = 2_000_000


@dataclass(frozen=True, slots=True)
class Leased:
    seq: int
    activity_id: str
    payload: str
    """JSON of an ``Activity``."""
    attempts: int


class Queue:
    def __init__(self, database: Database) -> None:
        self._database = database

    def lease(self, limit: int, *, now: datetime, all_due: bool = False) -> tuple[Leased, ...]:
        """The oldest items that are due, at most ``limit``, now in our hands; a suspect one alone.

        ``all_due`` disregards when each wanted to be tried again (a person asked).
        """
        due = outbox.c.state == "pending"
        if not all_due:
            due &= outbox.c.not_before <= moments.to_text(now)
        wanted = select(outbox).where(due)
        unsuspected = wanted.where(outbox.c.suspicion < SUSPECT_AFTER)
        with self._database.write() as tx:
            rows = tx.execute(unsuspected.order_by(outbox.c.seq).limit(limit)).all()
            if not rows:
                # The least tried first: the one that is to blame comes after all the others.
                alone = wanted.order_by(outbox.c.attempts, outbox.c.seq).limit(1)
                rows = tx.execute(alone).all()
            leased: list[Leased] = []
            chars = 0
            for row in rows:
                chars += len(row.payload)
                if leased and chars > MAX_BATCH_CHARS:
                    break
                leased.append(Leased(row.seq, row.activity_id, row.payload, row.attempts))
            if leased:
                tx.execute(
                    update(outbox)
                    .where(outbox.c.seq.in_([item.seq for item in leased]))
                    .values(state="leased")
                )
        return tuple(leased)

    def delivered(self, items: Sequence[Leased], *, now: datetime) -> None:
        """The server has them: the text is dropped here, the row stays."""
        if not items:
            return
        with self._database.write() as tx:
            tx.execute(
                update(outbox)
                .where(outbox.c.seq.in_([item.seq for item in items]))
                .values(
                    state="delivered", payload=None, last_error="", settled_at=moments.to_text(now)
                )
            )
            tx.execute(
                update(ledger)
                .where(
                    ledger.c.activity_id.in_([item.activity_id for item in items]),
                    ledger.c.state == "quarantined",
                )
                .values(state="stored", code="")
            )

    def retry(self, items: Sequence[Leased], *, at: datetime, code: str, suspect: bool) -> None:
        """Those of ``items`` that are still leased wait until ``at``."""
        with self._database.write() as tx:
            tx.execute(
                update(outbox)
                .where(outbox.c.seq.in_([item.seq for item in items]), outbox.c.state == "leased")
                .values(
                    state="pending",
                    attempts=outbox.c.attempts + 1,
                    suspicion=outbox.c.suspicion + int(suspect),
                    not_before=moments.to_text(at),
                    last_error=code,
                )
            )

    def release(self, items: Sequence[Leased] | None = None, *, code: str = "") -> None:
        """Give leases back untried: after a stop, or (None) all of them after a crash."""
        statement = update(outbox).where(outbox.c.state == "leased")
        if items is not None:
            statement = statement.where(outbox.c.seq.in_([item.seq for item in items]))
        with self._database.write() as tx:
            tx.execute(statement.values(state="pending", last_error=code))

    def quarantine(self, item: Leased, *, code: str, now: datetime) -> None:
        """The server will not take it. Kept with its text, shown, and tried again on request."""
        with self._database.write() as tx:
            tx.execute(
                update(outbox)
                # Not what was withdrawn while it was under way: its text is gone.
                .where(outbox.c.seq == item.seq, outbox.c.payload.is_not(None))
                .values(state="quarantined", last_error=code, settled_at=moments.to_text(now))
            )
            tx.execute(
                update(ledger)
                .where(ledger.c.activity_id == item.activity_id, ledger.c.state == "stored")
                .values(state="quarantined", code=code)
            )

    def requeue_refused(self) -> int:
        """Offer again what was refused as a whole request (a wrong address, an old server)."""
        with self._database.write() as tx:
            changed = tx.execute(
                update(outbox)
                .where(outbox.c.state == "quarantined", outbox.c.last_error.startswith("http_"))
                .values(state="pending", attempts=0, suspicion=0, not_before="")
            )
            return changed.rowcount

    def wake(self, codes: Collection[str]) -> int:
        """What waits only because of ``codes`` is due now, as if it had never been tried."""
        with self._database.write() as tx:
            changed = tx.execute(
                update(outbox)
                .where(outbox.c.state == "pending", outbox.c.last_error.in_(codes))
                .values(attempts=0, not_before="")
            )
            return changed.rowcount

    def next_due(self) -> datetime | None:
        """When the first waiting item wants to go; None when nothing waits."""
        with self._database.read() as tx:
            found = tx.execute(
                select(func.min(outbox.c.not_before), func.count()).where(
                    outbox.c.state == "pending"
                )
            ).one()
        if found[1] == 0:
            return None
        return moments.from_text(found[0]) if found[0] else moments.EPOCH

    def status(self) -> OutboxStatus:
        with self._database.read() as tx:
            rows = tx.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state)).all()
        counts = {str(row[0]): int(row[1]) for row in rows}
        return OutboxStatus(
            pending=counts.get("pending", 0) + counts.get("leased", 0),
            delivered=counts.get("delivered", 0),
            quarantined=counts.get("quarantined", 0),
        )

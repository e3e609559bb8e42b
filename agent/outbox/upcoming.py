"""Meetings that are not over yet, and what becomes of those that vanish from the calendar.

The server waits for the end of a meeting and takes it for held. So until a meeting has been seen
in its calendar after its end, enough of it is kept here to call it off: what was told of it is
dropped when the server has it.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, delete, select

from agent.contract.activity import Activity
from agent.outbox import moments
from agent.outbox.database import Database
from agent.outbox.meetings import called_off
from agent.outbox.rows import chunks
from agent.outbox.schema import ledger, outbox, upcoming
from agent.outbox.settling import Settling

_TOLD = ("pending", "leased", "delivered")


class Upcoming:
    def __init__(self, database: Database, generation: int) -> None:
        self._database = database
        self._generation = generation

    def settle(self, source: str, *, seen_at: datetime | None, now: datetime) -> int:
        """Call off what no source of this computer holds any more; how many meetings.

        ``seen_at``: when the reading of ``source`` began that has just come to its end; None when
        it did not. What was over by then and still stands in ``source`` has taken place.
        """
        with self._database.read() as tx:
            vanished = _vanished(tx)
            is_over = seen_at is not None and tx.execute(_over(source, seen_at)).first() is not None
        if not vanished and not is_over:
            return 0
        with self._database.write() as tx:
            if seen_at is not None:
                over = _over(source, seen_at).scalar_subquery()
                tx.execute(delete(upcoming).where(upcoming.c.activity_id.in_(over)))
            vanished = _vanished(tx)
            return sum(self._call_off(tx, some, now) for some in chunks(vanished))

    def _call_off(self, tx: Connection, ids: Sequence[str], now: datetime) -> int:
        told = select(outbox.c.seq).where(
            outbox.c.activity_id == upcoming.c.activity_id, outbox.c.state.in_(_TOLD)
        )
        here = upcoming.c.activity_id.in_(ids)
        rows = tx.execute(select(upcoming.c.activity).where(here, told.exists())).scalars().all()
        settling = Settling(tx, now=now, generation=self._generation)
        for row in rows:
            settling.call_off(called_off(Activity.model_validate_json(row)))
        tx.execute(delete(upcoming).where(here))
        return len(rows)


def _holds() -> ColumnElement[bool]:
    return (
        (ledger.c.activity_id == upcoming.c.activity_id)
        & ~ledger.c.gone
        & (ledger.c.state != "excluded")
    )


def _vanished(tx: Connection) -> list[str]:
    held = select(ledger.c.source).where(_holds())
    return list(tx.execute(select(upcoming.c.activity_id).where(~held.exists())).scalars())


def _over(source: str, seen_at: datetime) -> Select[tuple[str]]:
    held = select(ledger.c.source).where(_holds(), ledger.c.source == source)
    return select(upcoming.c.activity_id).where(
        upcoming.c.ends_at <= moments.to_text(seen_at), held.exists()
    )

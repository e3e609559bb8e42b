"""Questions to the ledger: what is known of an item, whose is a conversation, how much of what."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from sqlalchemy import delete, func, or_, select, update

from agent.outbox.conversations import Conversations
from agent.outbox.database import Database
from agent.outbox.pages import LOOK_AGAIN_CODES
from agent.outbox.schema import activities, cursors
from agent.outbox.schema import ledger as table

_CHUNK = 500
"""SQLite takes a limited number of parameters in one statement."""


@dataclass(frozen=True, slots=True)
class Known:
    version: str
    state: str


@dataclass(slots=True)
class Counts:
    seen: int = 0
    stored: int = 0
    excluded: dict[str, int] = field(default_factory=dict)
    pending: int = 0
    quarantined: int = 0


@dataclass(slots=True)
class SetAside:
    """Quarantined items of one source that share a code."""

    count: int = 0
    items: list[str] = field(default_factory=list)
    """Some of their names in the source. For this computer's screen alone: they are private."""


class Ledger:
    def __init__(self, database: Database) -> None:
        self._database = database

    def known(self, source: str, external_ids: Iterable[str]) -> dict[str, Known]:
        found: dict[str, Known] = {}
        wanted = list(external_ids)
        with self._database.read() as tx:
            for start in range(0, len(wanted), _CHUNK):
                rows = tx.execute(
                    select(table.c.external_id, table.c.version, table.c.state).where(
                        table.c.source == source,
                        table.c.external_id.in_(wanted[start : start + _CHUNK]),
                        ~table.c.gone,
                    )
                )
                found.update({row.external_id: Known(row.version, row.state) for row in rows})
        return found

    def conversations(self, threads: Iterable[str]) -> Conversations:
        """What is known of them, by the items of them that were matched."""
        wanted = list(threads)
        items: list[tuple[str, str, int]] = []
        columns = (activities.c.thread, activities.c.activity_id, activities.c.customer_id)
        with self._database.read() as tx:
            for start in range(0, len(wanted), _CHUNK):
                some = activities.c.thread.in_(wanted[start : start + _CHUNK])
                items += [
                    (row[0], row[1], row[2]) for row in tx.execute(select(*columns).where(some))
                ]
        return Conversations(items)

    def knows(self, activity_id: str) -> bool:
        """Was this item ever seen, in any source?"""
        with self._database.read() as tx:
            found = tx.execute(
                select(table.c.source).where(table.c.activity_id == activity_id).limit(1)
            ).first()
        return found is not None

    def counts(self, source: str) -> Counts:
        counts = Counts()
        with self._database.read() as tx:
            rows = tx.execute(
                select(table.c.state, table.c.code, func.count())
                .where(table.c.source == source)
                .group_by(table.c.state, table.c.code)
            ).all()
        for state, code, number in rows:
            counts.seen += number
            match state:
                case "stored":
                    counts.stored += number
                case "excluded":
                    counts.excluded[code] = counts.excluded.get(code, 0) + number
                case "pending":
                    counts.pending += number
                case _:
                    counts.quarantined += number
        return counts

    def set_aside(self, source: str, *, examples: int = 3) -> dict[str, SetAside]:
        """Why items are in quarantine: code → how many, and up to ``examples`` of them."""
        found: dict[str, SetAside] = {}
        with self._database.read() as tx:
            rows = tx.execute(
                select(table.c.code, table.c.external_id)
                .where(table.c.source == source, table.c.state == "quarantined")
                .order_by(table.c.code, table.c.external_id)
            )
            for code, external_id in rows:
                kept = found.setdefault(code, SetAside())
                kept.count += 1
                if len(kept.items) < examples:
                    kept.items.append(external_id)
        return found

    def close_books(self, source: str, held: Collection[str]) -> None:
        """Items on the books that ``source`` no longer holds: captured ones are marked gone, the
        rest has nothing left to account for."""
        present = set(held)
        here = table.c.source == source
        with self._database.write() as tx:
            booked = tx.execute(select(table.c.external_id).where(here, ~table.c.gone)).scalars()
            missing = [external_id for external_id in booked if external_id not in present]
            for start in range(0, len(missing), _CHUNK):
                some = table.c.external_id.in_(missing[start : start + _CHUNK])
                captured = (table.c.state == "stored") & table.c.activity_id.is_not(None)
                tx.execute(delete(table).where(here, some, ~captured))
                tx.execute(update(table).where(here, some).values(gone=True))

    def look_again(self, codes: Collection[str] = LOOK_AGAIN_CODES) -> list[str]:
        """The directory or the rules changed: sources with items that ``codes`` kept back start
        over at their next pass. Returns their names."""
        with self._database.write() as tx:
            names = list(
                tx.execute(
                    select(table.c.source)
                    .where(or_(table.c.state == "excluded", table.c.state == "quarantined"))
                    .where(table.c.code.in_(codes))
                    .distinct()
                ).scalars()
            )
            tx.execute(update(cursors).where(cursors.c.source.in_(names)).values(look_again=True))
        return names

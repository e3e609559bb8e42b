"""Does the ledger tell the truth? Compared with the source, and with the outbox.

held by the source = stored + excluded (by rule) + pending + quarantined + unexplained
stored             = delivered, or waiting to be
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Select, delete, func, insert, literal, or_, select, update

from agent.outbox import moments
from agent.outbox.database import Database
from agent.outbox.schema import activities, cursors, ledger, outbox, unexplained

UNPROVEN = "unproven"
"""Code of an item that was booked as stored and is not: it waits to be read again."""
_SENT_OR_WAITING = ("pending", "leased", "delivered")
_CHUNK = 500


@dataclass(slots=True)
class Tally:
    """Items on the books that the source holds, by what became of them."""

    stored: int = 0
    excluded: dict[str, int] = field(default_factory=dict)
    """Rule → how many."""
    pending: dict[str, int] = field(default_factory=dict)
    quarantined: dict[str, int] = field(default_factory=dict)
    """Code → how many."""

    @property
    def total(self) -> int:
        kept = (self.excluded, self.pending, self.quarantined)
        return self.stored + sum(sum(counts.values()) for counts in kept)

    def add(self, state: str, code: str, number: int) -> None:
        if state == "stored":
            self.stored += number
            return
        counts = {"excluded": self.excluded, "pending": self.pending}.get(state, self.quarantined)
        counts[code] = counts.get(code, 0) + number


class Proof:
    def __init__(self, database: Database) -> None:
        self._database = database

    def missing(self, source: str, held: Iterable[str]) -> frozenset[str]:
        """Which of the items that ``source`` holds now are not on the books, or are booked as
        gone."""
        with self._database.read() as tx:
            booked = set(
                tx.execute(
                    select(ledger.c.external_id).where(ledger.c.source == source, ~ledger.c.gone)
                ).scalars()
            )
        return frozenset(external_id for external_id in held if external_id not in booked)

    def tally(self, source: str, *, since: datetime | None = None) -> dict[str, Tally]:
        """Folder → its items. ``since`` leaves out what is known to be older."""
        wanted = (
            select(ledger.c.folder, ledger.c.state, ledger.c.code, func.count())
            .where(ledger.c.source == source, ~ledger.c.gone, _recent(since))
            .group_by(ledger.c.folder, ledger.c.state, ledger.c.code)
            .order_by(ledger.c.folder, ledger.c.state, ledger.c.code)
        )
        found: dict[str, Tally] = {}
        with self._database.read() as tx:
            for folder, state, code, number in tx.execute(wanted):
                found.setdefault(folder, Tally()).add(state, code, number)
        return found

    def gone(self, source: str, *, since: datetime | None = None) -> int:
        """How many captured items the source holds no more."""
        wanted = select(func.count()).where(ledger.c.source == source, ledger.c.gone)
        with self._database.read() as tx:
            return tx.execute(wanted.where(_recent(since))).scalar_one()

    def unexplained(self, source: str) -> frozenset[str]:
        """What the last comparison left unexplained."""
        wanted = select(unexplained.c.external_id).where(unexplained.c.source == source)
        with self._database.read() as tx:
            return frozenset(tx.execute(wanted).scalars())

    def keep_unexplained(self, source: str, external_ids: Collection[str]) -> None:
        with self._database.write() as tx:
            tx.execute(delete(unexplained).where(unexplained.c.source == source))
            if external_ids:
                rows = [{"source": source, "external_id": one} for one in sorted(external_ids)]
                tx.execute(insert(unexplained), rows)

    def unproven(self, source: str) -> int:
        """How many items are booked as stored while nothing of them was answered or waits, with
        those that were found so before and have not come again."""
        lies = _lies(source).subquery()
        found_before = select(func.count()).where(
            ledger.c.source == source, ledger.c.state == "pending", ledger.c.code == UNPROVEN
        )
        with self._database.read() as tx:
            now = tx.execute(select(func.count()).select_from(lies)).scalar_one()
            return now + tx.execute(found_before).scalar_one()

    def mend(self, source: str) -> int:
        """Book those as waiting, and have the source read from the beginning: what it still holds
        is offered anew, under a number the server takes. Returns how many."""
        with self._database.write() as tx:
            lies = tx.execute(_lies(source).where(~ledger.c.gone)).all()
            for start in range(0, len(lies), _CHUNK):
                some = lies[start : start + _CHUNK]
                ids = [row.external_id for row in some]
                tx.execute(
                    update(ledger)
                    .where(ledger.c.source == source, ledger.c.external_id.in_(ids))
                    .values(state="pending", code=UNPROVEN, version="")
                )
                keys = [row.activity_id for row in some if row.activity_id is not None]
                tx.execute(
                    update(activities).where(activities.c.activity_id.in_(keys)).values(digest="")
                )
                # What was sent once keeps its number, though the rest of it was lost.
                known = select(activities.c.activity_id)
                tx.execute(
                    insert(activities).from_select(
                        ["activity_id", "source", "revision", "digest", "customer_id"],
                        select(
                            outbox.c.activity_id,
                            literal(source),
                            func.max(outbox.c.revision),
                            literal(""),
                            literal(0),
                        )
                        .where(outbox.c.activity_id.in_(keys))
                        .where(outbox.c.activity_id.not_in(known))
                        .group_by(outbox.c.activity_id),
                    )
                )
            if lies:
                tx.execute(
                    update(cursors).where(cursors.c.source == source).values(look_again=True)
                )
        return len(lies)


def _recent(since: datetime | None) -> ColumnElement[bool]:
    if since is None:
        return literal(value=True)
    return or_(ledger.c.occurred_at.is_(None), ledger.c.occurred_at >= moments.to_text(since))


def _lies(source: str) -> Select[tuple[str, str]]:
    """Stored, says the ledger: but there is no activity, or nothing of it was sent or waits, or
    what waits has no text to send, or no answer came for what is called delivered."""
    numbered = select(activities.c.activity_id).where(
        activities.c.activity_id == ledger.c.activity_id
    )
    sent = (
        select(outbox.c.seq)
        .where(outbox.c.activity_id == ledger.c.activity_id)
        .where(outbox.c.state.in_(_SENT_OR_WAITING))
        .where((outbox.c.state != "delivered") | outbox.c.settled_at.is_not(None))
        .where((outbox.c.state == "delivered") | outbox.c.payload.is_not(None))
    )
    return select(ledger.c.external_id, ledger.c.activity_id).where(
        ledger.c.source == source,
        ledger.c.state == "stored",
        or_(ledger.c.activity_id.is_(None), ~numbered.exists(), ~sent.exists()),
    )

"""Companies and people the rep exchanges mail with that no customer is known for: suggestions.

They stay on this computer. A suggestion needs both directions; until the rep has written there
himself, nothing but a digest is kept, and everything goes after ``WINDOW``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, case, delete, func, select
from sqlalchemy.dialects.sqlite import insert

from agent.outbox import moments
from agent.outbox.database import Database
from agent.outbox.digests import Digests, digests_of
from agent.outbox.pages import Entry
from agent.outbox.schema import dismissed, strangers

WINDOW = timedelta(days=180)
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Suggestion:
    name: str
    """A company's domain, or an address."""
    received: int
    sent: int
    last_at: datetime


class Strangers:
    def __init__(self, database: Database) -> None:
        self._database = database

    def suggestions(self, *, now: datetime) -> tuple[Suggestion, ...]:
        """The latest first. What is older than the window is erased on the way."""
        with self._database.write() as tx:
            tx.execute(
                delete(strangers).where(strangers.c.occurred_at < moments.to_text(now - WINDOW))
            )
            received = func.sum(case((strangers.c.direction == "in", 1), else_=0))
            sent = func.sum(case((strangers.c.direction == "out", 1), else_=0))
            last = func.max(strangers.c.occurred_at)
            rows = tx.execute(
                select(func.max(strangers.c.name), received, sent, last)
                .where(strangers.c.party.not_in(select(dismissed.c.party)))
                .group_by(strangers.c.party)
                .having(and_(received > 0, sent > 0))
                .order_by(last.desc(), strangers.c.party)
            ).all()
        return tuple(Suggestion(row[0], row[1], row[2], moments.from_text(row[3])) for row in rows)

    def dismiss(self, name: str, *, now: datetime) -> None:
        """Never suggest it again; what was kept of it is erased."""
        with self._database.write() as tx:
            party = party_of(digests_of(tx), name)
            tx.execute(
                insert(dismissed)
                .values(party=party, at=moments.to_text(now))
                .on_conflict_do_nothing()
            )
            tx.execute(delete(strangers).where(strangers.c.party == party))
        self._database.scrub()

    def accepted(self, name: str) -> None:
        """It is a customer now: its items are read again and stored as such."""
        with self._database.write() as tx:
            party = party_of(digests_of(tx), name)
            tx.execute(delete(strangers).where(strangers.c.party == party))


def party_of(digests: Digests, name: str) -> str:
    return digests.of("address" if "@" in name else "domain", name)


def note(tx: Connection, entries: Sequence[Entry], digests: Digests, *, now: datetime) -> None:
    """Book who was met in this page; what an item said before holds no more."""
    ids = [entry.activity_id for entry in entries if entry.activity_id is not None]
    for start in range(0, len(ids), _CHUNK):
        tx.execute(
            delete(strangers).where(strangers.c.activity_id.in_(ids[start : start + _CHUNK]))
        )
    put_away = set(tx.execute(select(dismissed.c.party)).scalars())
    oldest = now - WINDOW
    rows = [
        {
            "party": party,
            "activity_id": entry.activity_id,
            "direction": entry.stranger.direction,
            "occurred_at": moments.to_text(entry.occurred_at),
            "name": name if entry.stranger.direction == "out" else None,
        }
        for entry in entries
        if entry.stranger is not None
        and entry.activity_id is not None
        and entry.occurred_at is not None
        and entry.occurred_at >= oldest
        for name in entry.stranger.parties
        if (party := party_of(digests, name)) not in put_away
    ]
    if rows:
        tx.execute(insert(strangers).on_conflict_do_nothing(), rows)

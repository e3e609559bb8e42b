"""How one process asks the agent that is running for something, and hears that it is done."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import insert, select, update

from agent.outbox import moments
from agent.outbox.database import Database
from agent.outbox.schema import passes

What = Literal["pass", "audit", "signed_in"]


@dataclass(frozen=True, slots=True)
class Request:
    number: int
    what: What
    """``pass``: everything once. ``audit``: prove that nothing is missing. ``signed_in``: the
    secret of a source is another one."""
    sources: tuple[str, ...] = ()
    """Empty: all of them."""


class Passes:
    def __init__(self, database: Database) -> None:
        self._database = database

    def ask(self, what: What = "pass", *, now: datetime, sources: Sequence[str] = ()) -> int:
        """The number of the new request."""
        with self._database.write() as tx:
            made = tx.execute(
                insert(passes)
                .values(asked_at=moments.to_text(now), what=json.dumps([what, *sources]))
                .returning(passes.c.id)
            )
            return int(made.scalar_one())

    def open(self) -> tuple[Request, ...]:
        """What nobody has answered yet, in the order it was asked."""
        with self._database.read() as tx:
            rows = tx.execute(
                select(passes.c.id, passes.c.what)
                .where(passes.c.done_at.is_(None))
                .order_by(passes.c.id)
            ).all()
        return tuple(_request(row.id, row.what) for row in rows)

    def answer(self, numbers: Sequence[int], *, now: datetime) -> None:
        """These have been served."""
        with self._database.write() as tx:
            tx.execute(
                update(passes)
                .where(passes.c.id.in_(numbers), passes.c.done_at.is_(None))
                .values(done_at=moments.to_text(now))
            )

    def is_done(self, number: int) -> bool:
        with self._database.read() as tx:
            return (
                tx.execute(
                    select(passes.c.done_at).where(passes.c.id == number)
                ).scalar_one_or_none()
                is not None
            )


def _request(number: int, written: str) -> Request:
    what, *sources = json.loads(written) if written else ["pass"]
    known: dict[str, What] = {"audit": "audit", "signed_in": "signed_in"}
    return Request(number, known.get(what, "pass"), tuple(sources))

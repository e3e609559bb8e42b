"""How one process asks the agent that is running for a pass, and hears that it is done."""

from datetime import datetime

from sqlalchemy import func, insert, select, update

from agent.outbox import moments
from agent.outbox.database import Database
from agent.outbox.schema import passes


class Passes:
    def __init__(self, database: Database) -> None:
        self._database = database

    def ask(self, *, now: datetime) -> int:
        """The number of the new request."""
        with self._database.write() as tx:
            made = tx.execute(
                insert(passes).values(asked_at=moments.to_text(now)).returning(passes.c.id)
            )
            return int(made.scalar_one())

    def newest_open(self) -> int | None:
        with self._database.read() as tx:
            newest: int | None = tx.execute(
                select(func.max(passes.c.id)).where(passes.c.done_at.is_(None))
            ).scalar_one()
        return newest

    def answer(self, up_to: int, *, now: datetime) -> None:
        """Every request up to this one has been served."""
        with self._database.write() as tx:
            tx.execute(
                update(passes)
                .where(passes.c.id <= up_to, passes.c.done_at.is_(None))
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

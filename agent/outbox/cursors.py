"""Where each source goes on from."""

from sqlalchemy import Update, select, update

from agent.outbox.database import Database
from agent.outbox.schema import cursors


class Cursors:
    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, source: str) -> str | None:
        """The cursor for a new pass: None from the beginning, also when a second look is due."""
        with self._database.write() as tx:
            row = tx.execute(select(cursors).where(cursors.c.source == source)).first()
            if row is None:
                return None
            if row.look_again:
                tx.execute(_from_the_beginning(source))
                return None
            return str(row.cursor) if row.cursor is not None else None

    def wants_look_again(self, source: str) -> bool:
        with self._database.read() as tx:
            return bool(
                tx.execute(
                    select(cursors.c.look_again).where(cursors.c.source == source)
                ).scalar_one_or_none()
            )

    def look_again(self, source: str) -> None:
        """Its next pass starts from the beginning; what is stored unchanged is passed over."""
        with self._database.write() as tx:
            tx.execute(update(cursors).where(cursors.c.source == source).values(look_again=True))

    def reset(self, source: str) -> None:
        """The source no longer knows its cursor: start from the beginning."""
        with self._database.write() as tx:
            tx.execute(_from_the_beginning(source))


def _from_the_beginning(source: str) -> Update:
    return update(cursors).where(cursors.c.source == source).values(cursor=None, look_again=False)

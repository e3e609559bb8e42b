"""Which reminders were shown on the desktop: never twice, and the server is told once."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import select, update
from sqlalchemy.dialects.sqlite import insert

from agent.outbox import moments
from agent.outbox.database import Database
from agent.outbox.schema import notices

NoticeResult = Literal["shown", "unavailable", "failed"]
_RESULTS: tuple[NoticeResult, ...] = get_args(NoticeResult)


class Notices:
    def __init__(self, database: Database) -> None:
        self._database = database

    def not_shown(self, reminder_ids: Collection[int]) -> set[int]:
        with self._database.read() as tx:
            shown = set(
                tx.execute(
                    select(notices.c.reminder_id).where(notices.c.result == "shown")
                ).scalars()
            )
        return set(reminder_ids) - shown

    def note(self, results: Mapping[int, NoticeResult], *, now: datetime) -> None:
        """``told`` starts over only where the result is a new one."""
        with self._database.write() as tx:
            held = {
                row.reminder_id: row.result
                for row in tx.execute(select(notices.c.reminder_id, notices.c.result))
            }
            for reminder_id, result in results.items():
                if held.get(reminder_id) == result:
                    continue
                values = {"result": result, "told": False, "at": moments.to_text(now)}
                row = insert(notices).values(reminder_id=reminder_id, **values)
                tx.execute(row.on_conflict_do_update(index_elements=["reminder_id"], set_=values))

    def untold(self) -> dict[int, NoticeResult]:
        with self._database.read() as tx:
            rows = tx.execute(
                select(notices.c.reminder_id, notices.c.result).where(~notices.c.told).limit(500)
            ).all()
        by_name = {result: result for result in _RESULTS}
        return {row.reminder_id: by_name[row.result] for row in rows}

    def told(self, results: Mapping[int, NoticeResult]) -> None:
        with self._database.write() as tx:
            for reminder_id, result in results.items():
                tx.execute(
                    update(notices)
                    .where(notices.c.reminder_id == reminder_id, notices.c.result == result)
                    .values(told=True)
                )

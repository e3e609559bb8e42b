"""The state of each source, for whoever asks from another process."""

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert

from agent.contract.device import SourceStatus
from agent.outbox.database import Database
from agent.outbox.schema import source_status


class Statuses:
    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, source: str) -> SourceStatus | None:
        with self._database.read() as tx:
            found = tx.execute(
                select(source_status.c.json).where(source_status.c.source == source)
            ).scalar_one_or_none()
        return SourceStatus.model_validate_json(found) if found is not None else None

    def put(self, source: str, status: SourceStatus) -> None:
        json = status.model_dump_json()
        row = insert(source_status).values(source=source, json=json)
        with self._database.write() as tx:
            tx.execute(row.on_conflict_do_update(index_elements=["source"], set_={"json": json}))

    def keep_only(self, sources: tuple[str, ...]) -> None:
        """Sources that are configured no more have no state."""
        with self._database.write() as tx:
            tx.execute(delete(source_status).where(source_status.c.source.not_in(sources)))

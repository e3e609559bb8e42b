"""Items that are no longer in their source: what was captured of them stays on the books."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select

from agent.outbox.rows import Rows, chunks
from agent.outbox.schema import ledger


def under(tx: Connection, source: str, prefix: str) -> Sequence[str]:
    """The items of a folder that is gone as a whole."""
    return (
        tx.execute(
            select(ledger.c.external_id).where(
                ledger.c.source == source,
                ledger.c.external_id.startswith(prefix, autoescape=True),
                ~ledger.c.gone,
            )
        )
        .scalars()
        .all()
    )


def vanish(tx: Connection, source: str, external_ids: Iterable[str]) -> None:
    """Mark what was captured as gone, unless it only moved; the rest has nothing left to account
    for."""
    for some in chunks(external_ids):
        rows = Rows(ledger, indexed=["activity_id"])
        here = ledger.c.source == source
        rows.load(tx, here, ledger.c.external_id.in_(some))
        named = rows.values("activity_id")
        rows.load(tx, here, ledger.c.activity_id.in_(named))
        for external_id in some:
            row = rows.get(source, external_id)
            if row is None:
                continue
            activity_id = row["activity_id"] if row["state"] == "stored" else None
            copies = rows.where("activity_id", activity_id) if activity_id else []
            if activity_id and all(copy is row or copy["gone"] for copy in copies):
                rows.put(source, external_id, gone=True)
            else:
                rows.drop(source, external_id)
        rows.write(tx)

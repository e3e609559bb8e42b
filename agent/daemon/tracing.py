"""What happened to one item, and why: everything the store knows of it, and no word of it."""

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, or_, select

from agent.contract.activity import Match
from agent.daemon.reporting import Books
from agent.outbox.explaining import Explanation
from agent.outbox.schema import ledger, outbox, recordings
from agent.outbox.store import Store
from agent.rules.identity import activity_id, normalize_message_id
from agent.settings import SourceSettings

MOST = 20


def trace_report(store: Store, sources: Sequence[SourceSettings], wanted: str) -> dict[str, Any]:
    """``genjin agent show --json``. ``wanted``: a Message-ID, an activity's id, an iCalUID, or the
    name a file has in its source. An item that was not found comes with what each source proves."""
    names = {customer.id: customer.name for customer in store.held.directory()}
    with store.database.read() as tx:
        rows = _rows(tx, sources, wanted)
        by_item: dict[str, list[Row[Any]]] = {}
        for row in rows:
            by_item.setdefault(row.activity_id or f"{row.source}/{row.external_id}", []).append(row)
        found = [_item(tx, seen, names) for seen in list(by_item.values())[:MOST]]
    return {
        "wanted": wanted,
        "found": found,
        "more": max(0, len(by_item) - MOST),
        "sources": {
            name: {
                "state": status.state,
                "complete_to": status.complete_to.isoformat() if status.complete_to else None,
                "read_at": status.read_at.isoformat() if status.read_at else None,
                "seen": status.seen,
                "pending": status.pending,
                "unexplained": status.unexplained,
            }
            for name, status in Books(store).statuses(sources).items()
        },
        "forgotten": store.forgetting.count(),
    }


def _rows(tx: Connection, sources: Sequence[SourceSettings], wanted: str) -> Sequence[Row[Any]]:
    bare = wanted.strip()
    message = normalize_message_id(bare)
    ids = [str(activity_id(f"mid:<{message}>")), str(activity_id(f"ical:{bare}"))]
    with contextlib.suppress(ValueError):
        ids.append(str(UUID(bare)))
    by_id = tx.execute(
        select(ledger)
        .where(
            or_(
                ledger.c.activity_id.in_(ids),
                ledger.c.identity.startswith(f"ical:{bare}/", autoescape=True),
            )
        )
        .order_by(ledger.c.source, ledger.c.external_id)
        .limit(MOST * 10)
    ).all()
    if by_id:
        return by_id
    files = {bare, *_inside(sources, bare)}
    return tx.execute(
        select(ledger)
        .where(
            or_(
                ledger.c.external_id.in_(files),
                ledger.c.external_id.endswith(f"/{Path(bare).name}", autoescape=True),
            )
        )
        .order_by(ledger.c.source, ledger.c.external_id)
        .limit(MOST * 10)
    ).all()


def _inside(sources: Sequence[SourceSettings], file: str) -> list[str]:
    """The names a file of this computer has in the folders that are read."""
    whole = Path(file).expanduser().absolute()
    found: list[str] = []
    for source in sources:
        folder = source.options.get("path")
        if isinstance(folder, str) and whole.is_relative_to(folder):
            found.append(whole.relative_to(folder).as_posix())
    return found


def _item(tx: Connection, seen: Sequence[Row[Any]], names: dict[int, str]) -> dict[str, Any]:
    key = seen[0].activity_id
    # What one source stored, another may have kept back: the stored one says what became of it.
    chief = next((row for row in seen if row.state == "stored"), seen[0])
    told = Explanation.model_validate_json(chief.details) if chief.details else None
    return {
        "activity_id": key,
        "occurred_at": chief.occurred_at,
        "state": chief.state,
        "rule": chief.code if chief.state == "excluded" else "",
        "code": chief.code,
        "kind": told.kind if told else "",
        "evidence": told.evidence if told else "",
        "explained": told is not None,
        "seen": [
            {
                "source": row.source,
                "item": row.external_id,
                "folder": row.folder,
                "at": row.seen_at,
                "state": row.state,
                "code": row.code,
                "gone": bool(row.gone),
            }
            for row in seen
        ],
        "customer": _customer(told.match, names) if told and told.match else None,
        "also": [_named(customer, names) for customer in told.also] if told else [],
        "contact": told.contact.model_dump() if told and told.contact else None,
        "masked": told.masked.model_dump() if told else None,
        "body": told.body if told else "",
        "tags": told.tags if told else 0,
        "sent": _sent(tx, key) if key else [],
        "recording": _recording(tx, key) if key else None,
    }


def _customer(match: Match, names: dict[int, str]) -> dict[str, Any]:
    return {
        **_named(match.customer_id, names),
        "why": match.why,
        "confidence": match.confidence,
        "alternatives": [
            {**_named(other.customer_id, names), "why": other.why, "confidence": other.confidence}
            for other in match.alternatives
        ],
    }


def _named(customer_id: int, names: dict[int, str]) -> dict[str, Any]:
    return {"id": customer_id, "name": names.get(customer_id, "")}


def _sent(tx: Connection, key: str) -> list[dict[str, Any]]:
    rows = tx.execute(
        select(outbox).where(outbox.c.activity_id == key).order_by(outbox.c.revision)
    ).all()
    return [
        {
            "revision": row.revision,
            "state": "pending" if row.state == "leased" else row.state,
            "attempts": row.attempts,
            "queued_at": row.queued_at,
            "settled_at": row.settled_at,
            "not_before": row.not_before or None,
            "answer": row.last_error,
        }
        for row in rows
    ]


def _recording(tx: Connection, key: str) -> dict[str, Any] | None:
    row = tx.execute(
        select(recordings.c.state, recordings.c.code).where(recordings.c.activity_id == key)
    ).first()
    return {"state": row.state, "code": row.code} if row is not None else None

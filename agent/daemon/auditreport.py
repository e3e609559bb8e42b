"""What an audit found, as ``genjin agent audit`` shows it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from agent.daemon.reporting import Books
from agent.outbox.proof import Tally
from agent.outbox.store import Store
from agent.settings import SourceSettings

EXAMPLES = 10


def audit_report(
    store: Store,
    sources: Sequence[SourceSettings],
    *,
    asked_at: datetime,
    since: datetime | None = None,
    fault: str = "",
) -> dict[str, object]:
    """``genjin agent audit --json``. For each source

        seen = stored + excluded (by rule) + pending + quarantined + unexplained

    are the items it holds, ``since`` a moment where they are dated. ``audited`` is false where
    nothing could be compared since ``asked_at``; ``complete`` where everything was, and nothing
    is missing.
    """
    found = {source.name: _of_source(store, source, asked_at, since) for source in sources}
    return {
        "complete": not fault and all(bool(one["complete"]) for one in found.values()),
        "since": since.isoformat() if since is not None else None,
        "sources": found,
        **({"fault": fault} if fault else {}),
    }


def _of_source(
    store: Store, source: SourceSettings, asked_at: datetime, since: datetime | None
) -> dict[str, object]:
    status = Books(store).status(source.name, source.type)
    folders = store.proof.tally(source.name, since=since)
    unexplained = sorted(store.proof.unexplained(source.name))
    audited = status.audited_at is not None and status.audited_at >= asked_at
    whole = _joined(folders)
    return {
        "state": status.state,
        "message": status.message,
        "retry_at": status.retry_at.isoformat() if status.retry_at else None,
        "audited": audited,
        "audited_at": status.audited_at.isoformat() if status.audited_at else None,
        "complete": audited
        and status.state != "misconfigured"
        and not unexplained
        and not status.unproven,
        "complete_to": status.complete_to.isoformat() if status.complete_to else None,
        "seen": whole.total + len(unexplained),
        **_counts(whole),
        "unexplained": len(unexplained),
        "unexplained_items": unexplained[:EXAMPLES],
        "gone": store.proof.gone(source.name, since=since),
        "unproven": status.unproven,
        "folders": {
            folder: {"seen": tally.total, **_counts(tally)} for folder, tally in folders.items()
        },
    }


def _counts(tally: Tally) -> Mapping[str, object]:
    return {
        "stored": tally.stored,
        "excluded": dict(sorted(tally.excluded.items(), key=lambda item: (-item[1], item[0]))),
        "pending": sum(tally.pending.values()),
        "quarantined": sum(tally.quarantined.values()),
        "waits_for": tally.pending,
        "set_aside": tally.quarantined,
    }


def _joined(folders: Mapping[str, Tally]) -> Tally:
    whole = Tally()
    for tally in folders.values():
        whole.stored += tally.stored
        kept = (
            ("excluded", tally.excluded),
            ("pending", tally.pending),
            ("quarantined", tally.quarantined),
        )
        for state, counts in kept:
            for code, number in counts.items():
                whole.add(state, code, number)
    return whole

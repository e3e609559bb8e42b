"""What is known of each source: counts from the ledger, state from its last pass."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from agent.contract.device import SourceState, SourceStatus
from agent.outbox.store import Store
from agent.settings import SourceSettings


@dataclass(frozen=True, slots=True)
class Books:
    """Reads and writes the states of sources; counts are always taken from the ledger."""

    store: Store

    def status(self, name: str, kind: str) -> SourceStatus:
        held = self.store.statuses.get(name)
        if held is None or held.type != kind:
            held = SourceStatus(type=kind, state="waiting")
        counts = self.store.ledger.counts(name)
        heard = self.store.recordings.counts(name)
        if heard.get("waiting") and held.state == "ok":
            # Read, and still being listened to.
            total = sum(heard.values())
            held = held.model_copy(
                update={
                    "done": total - heard["waiting"],
                    "total": total,
                    "message": self.store.recordings.why_waiting(),
                }
            )
        return held.model_copy(
            update={
                "seen": counts.seen,
                "stored": counts.stored,
                "excluded": counts.excluded,
                "pending": counts.pending,
                "quarantined": counts.quarantined,
            }
        )

    def statuses(self, sources: Sequence[SourceSettings]) -> dict[str, SourceStatus]:
        return {source.name: self.status(source.name, source.type) for source in sources}

    def note(self, name: str, kind: str, state: SourceState, **fields: object) -> None:
        fresh = {"done": 0, "total": 0, "message": "", "state": state, **fields}
        self.store.statuses.put(name, self.status(name, kind).model_copy(update=fresh))


def once_report(
    store: Store, sources: Sequence[SourceSettings], *, fault: str = ""
) -> dict[str, object]:
    """``genjin agent once --json``: these keys are what people and programs rely on.

    With a ``fault`` of the store (its code) nothing can be taken in: every source waits for it.
    """
    outbox = store.queue.status()
    statuses = Books(store).statuses(sources)
    report: dict[str, object] = {
        "sources": {
            name: {
                "state": "waiting" if fault else status.state,
                "seen": status.seen,
                "stored": status.stored,
                "excluded": dict(sorted(status.excluded.items())),
                "pending": status.pending,
                "quarantined": status.quarantined,
                "unexplained": status.unexplained,
                **({"message": fault} if fault else _trouble(status)),
            }
            for name, status in statuses.items()
        },
        "audit": {name: _proof(status) for name, status in statuses.items()},
        "outbox": {
            "pending": outbox.pending,
            "delivered": outbox.delivered,
            "quarantined": outbox.quarantined,
        },
    }
    return {**report, "fault": fault} if fault else report


def _trouble(status: SourceStatus) -> dict[str, object]:
    """What a source that is not well, or not yet through, says besides."""
    if status.state == "ok":
        return {}
    told: dict[str, object] = {"message": status.message} if status.message else {}
    if status.retry_at is not None:
        told["retry_at"] = status.retry_at.isoformat()
    if status.total:
        told |= {"done": status.done, "total": status.total}
    return told


def _proof(status: SourceStatus) -> dict[str, object]:
    """What the last comparison with the source found, and when."""
    return {
        "complete_to": _moment(status.complete_to),
        "audited_at": _moment(status.audited_at),
        "read_at": _moment(status.read_at),
        "held": status.held,
        "unexplained": status.unexplained,
        "gone": status.gone,
        "unproven": status.unproven,
    }


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None


def status_report(
    store: Store, sources: Sequence[SourceSettings], *, running: bool
) -> Mapping[str, object]:
    """``genjin agent status --json``: the same, with progress, messages and the agent itself."""
    fault = store.fault()
    report = once_report(store, sources, fault=fault)
    statuses = Books(store).statuses(sources)
    shown = report["sources"]
    if isinstance(shown, dict):
        for name, status in statuses.items():
            shown[name] |= {
                "type": status.type,
                "message": fault or status.message,
                "set_aside": {
                    code: {"count": kept.count, "items": list(kept.items)}
                    for code, kept in store.ledger.set_aside(name).items()
                },
                "done": status.done,
                "total": status.total,
                **_proof(status),
                "retry_at": _moment(status.retry_at),
            }
            if not running and status.state == "reading":
                # It was stopped half-way, and goes on there.
                shown[name]["state"] = "waiting"
    held = store.held
    report["agent"] = {
        "running": running,
        "server": held.get("server_state") or "waiting",
        "server_message": held.get("server_code") or "",
        "customers": len(held.directory()),
        "recordings": store.recordings.counts(),
        "recordings_message": store.recordings.why_waiting(),
        "restarts": store.generation,
    }
    return report

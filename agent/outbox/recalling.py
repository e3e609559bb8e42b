"""New rules reach what waits to be sent: an item that may no longer leave does not."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, select, update

from agent.contract.activity import Activity
from agent.contract.policy import Exclusions
from agent.outbox.database import Database
from agent.outbox.explaining import Explanation
from agent.outbox.schema import activities, ledger, outbox, recordings, upcoming
from agent.rules.exclusion import Verdict, excluded

_WAITING = ("pending", "quarantined")


def recall(database: Database, rules: Sequence[Exclusions], *, at: str) -> int:
    """Withdraw what ``rules`` exclude and has not left; how many items. Judged by what is kept of
    an item: its people, folder and subject. ``at``: the moment, as the store keeps it."""
    if not any(getattr(rule, name) for rule in rules for name in Exclusions.model_fields):
        return 0
    with database.write() as tx:
        rows = tx.execute(
            select(outbox.c.payload).where(
                outbox.c.state.in_(_WAITING), outbox.c.payload.is_not(None)
            )
        ).scalars()
        waiting = [Activity.model_validate_json(payload) for payload in rows]
        count = 0
        for activity in waiting:
            count += _recall_one(tx, activity, rules, at)
        # Meetings that the server knows already: not even that they vanished is told any more.
        for json in tx.execute(select(upcoming.c.activity)).scalars().all():
            meeting = Activity.model_validate_json(json)
            if _judged(meeting, rules, folder="") is not None:
                tx.execute(delete(upcoming).where(upcoming.c.activity_id == str(meeting.id)))
    return count


def _recall_one(tx: Connection, activity: Activity, rules: Sequence[Exclusions], at: str) -> bool:
    """A mail may lie in several folders: it stays here if none is left from which it may leave."""
    key = str(activity.id)
    copies = tx.execute(
        select(ledger.c.source, ledger.c.external_id, ledger.c.folder).where(
            ledger.c.activity_id == key, ledger.c.state != "excluded"
        )
    ).all()
    verdicts = {
        (one.source, one.external_id): _judged(activity, rules, folder=one.folder) for one in copies
    }
    for (source, external_id), verdict in verdicts.items():
        if verdict is not None:
            told = Explanation(evidence=verdict.evidence).model_dump_json(exclude_defaults=True)
            tx.execute(
                update(ledger)
                .where(ledger.c.source == source, ledger.c.external_id == external_id)
                .values(state="excluded", code=verdict.rule, details=told)
            )
    if None in (verdicts.values() if verdicts else [_judged(activity, rules, folder="")]):
        return False
    tx.execute(
        update(outbox)
        .where(outbox.c.activity_id == key, outbox.c.payload.is_not(None))
        .values(state="withdrawn", payload=None, last_error="", settled_at=at)
    )
    tx.execute(delete(recordings).where(recordings.c.activity_id == key))
    tx.execute(delete(upcoming).where(upcoming.c.activity_id == key))
    tx.execute(update(activities).where(activities.c.activity_id == key).values(digest=""))
    return True


def _judged(activity: Activity, rules: Sequence[Exclusions], *, folder: str) -> Verdict | None:
    return excluded(
        rules,
        addresses=[person.email for person in activity.participants if person.email],
        folder=folder,
        categories=(),
        subject=activity.subject,
    )

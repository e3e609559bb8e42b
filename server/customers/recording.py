"""Writing activities, and the date of last contact that follows from them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from agent.contract.activity import Activity as WireActivity
from agent.contract.activity import Signals
from agent.contract.policy import Policy
from agent.rules import contact
from server.customers.models import (
    Activity,
    ActivityCapture,
    ActivityCommitment,
    ActivityCustomer,
    ActivityParticipant,
    ActivityTag,
    Customer,
)
from server.kernel.db import UnitOfWork, insert_ignoring_conflicts
from server.kernel.events import ActivityRecorded, ContactRecomputed
from server.kernel.policy import current_policy

IMPORTED = "import"
"""Source of history brought in from another system."""


def record_activities(
    uow: UnitOfWork, activities: Sequence[WireActivity], *, by_id: int | None
) -> dict[UUID, bool]:
    """Write a batch: new ids are added, higher revisions replace, the rest changes nothing.

    Returns for each id whether anything was written: a known mail that a second rep sends for a
    second customer gains that customer's timeline. The customers must exist and be the caller's;
    ``ingest`` checks that. An item stays where a person moved it.
    """
    newest: dict[UUID, WireActivity] = {}
    for item in activities:
        if item.id not in newest or newest[item.id].revision < item.revision:
            newest[item.id] = item
    stored = dict(
        uow.session.execute(
            select(Activity.id, Activity.revision).where(Activity.id.in_(newest))
        ).all()
    )
    now, policy = uow.clock.now(), current_policy(uow.session)
    rows = {
        item.id: _row(item, policy, now)
        for item in newest.values()
        if stored.get(item.id, 0) < item.revision
    }
    fresh = [newest[key] for key in rows]
    added = [{**row, "id": key, "by_id": by_id} for key, row in rows.items() if key not in stored]
    if added:
        uow.session.execute(insert(Activity), added)
    for key in rows.keys() & stored.keys():
        uow.session.execute(update(Activity).where(Activity.id == key).values(**rows[key]))
    _replace_parts(uow.session, fresh, replaced=[key for key in rows if key in stored])
    linked = _link(uow.session, newest.values(), rows)
    if by_id is not None and newest:
        uow.session.execute(
            insert_ignoring_conflicts(uow.session, ActivityCapture),
            [
                {"activity_id": item.id, "person_id": by_id, "source": item.source, "at": now}
                for item in newest.values()
            ],
        )
    written = rows.keys() | linked.keys()
    touched = {customer for customers in linked.values() for customer in customers}
    if written:
        recompute_last_contact(uow, touched)
        uow.record(ActivityRecorded(tuple(written), tuple(sorted(touched))))
        uow.bump("feed")
    return {item.id: item.id in written for item in activities}


def _link(
    session: Session, items: Iterable[WireActivity], rows: dict[UUID, dict[str, Any]]
) -> dict[UUID, set[int]]:
    """Put items on their customers' timelines; returns which customers each written item touches."""
    items = list(items)
    existing: dict[UUID, dict[int, str]] = defaultdict(dict)
    for key, customer, why in session.execute(
        select(
            ActivityCustomer.activity_id, ActivityCustomer.customer_id, ActivityCustomer.why
        ).where(ActivityCustomer.activity_id.in_([item.id for item in items]))
    ):
        existing[key][customer] = why
    decided: dict[UUID, Any] = {
        key: (occurred_at, counts)
        for key, occurred_at, counts in session.execute(
            select(Activity.id, Activity.occurred_at, Activity.counts).where(
                Activity.id.in_([item.id for item in items])
            )
        )
    }
    links: list[dict[str, Any]] = []
    touched: dict[UUID, set[int]] = {}
    for item in items:
        held = existing[item.id]
        moved = "manual" in held.values()
        occurred_at, counts = decided[item.id]
        new = [
            {
                "activity_id": item.id,
                "customer_id": match.customer_id,
                "contact_id": match.contact_id,
                "occurred_at": occurred_at,
                "counts": counts,
                "confidence": match.confidence,
                "why": match.why,
                "alternatives": [other.model_dump() for other in match.alternatives],
            }
            for match in {m.customer_id: m for m in (*item.also, item.match)}.values()
            if not moved and match.customer_id not in held
        ]
        links += new
        if item.id in rows and held:
            session.execute(
                update(ActivityCustomer)
                .where(ActivityCustomer.activity_id == item.id)
                .values(occurred_at=occurred_at, counts=counts)
            )
        if new or item.id in rows:
            touched[item.id] = {*held, *(link["customer_id"] for link in new)}
    if links:
        session.execute(insert(ActivityCustomer), links)
    return touched


def _row(item: WireActivity, policy: Policy, now: datetime) -> dict[str, Any]:
    decision = contact.decide(
        kind=item.kind,
        direction=item.direction,
        occurred_at=item.occurred_at,
        ended_at=item.ended_at,
        signals=item.signals,
        has_customer=contact.has_customer(item.kind, item.direction, item.participants),
        policy=policy,
        now=now,
    )
    return {
        "revision": item.revision,
        "kind": item.kind,
        "source": item.source,
        "direction": item.direction,
        "occurred_at": item.occurred_at,
        "ended_at": item.ended_at,
        "subject": item.subject,
        "text": item.text,
        "thread": item.thread,
        "counts": decision.counts,
        "grade": decision.grade,
        "reason": decision.reason,
        "evidence": decision.evidence[:200],
        "signals": item.signals.model_dump(mode="json"),
        "turns": [turn.model_dump(mode="json") for turn in item.turns],
        "attachments": [file.model_dump(mode="json") for file in item.attachments],
        "transcript": item.transcript,
        "masked": item.masked,
        "recorded_at": now,
    }


def _replace_parts(
    session: Session, items: Sequence[WireActivity], *, replaced: Sequence[UUID]
) -> None:
    if replaced:
        for part in (ActivityParticipant, ActivityTag, ActivityCommitment):
            session.execute(delete(part).where(part.activity_id.in_(replaced)))
    for table, rows in (
        (ActivityParticipant, [(i.id, p.model_dump()) for i in items for p in i.participants]),
        (ActivityTag, [(i.id, p.model_dump()) for i in items for p in i.tags]),
        (ActivityCommitment, [(i.id, p.model_dump()) for i in items for p in i.commitments]),
    ):
        if rows:
            session.execute(insert(table), [{"activity_id": key, **row} for key, row in rows])


def recompute_last_contact(uow: UnitOfWork, customer_ids: Iterable[int]) -> None:
    """Last contact = the newest counting activity that lies in the past, in one statement."""
    ids = sorted(set(customer_ids))
    if not ids:
        return
    newest = (
        select(ActivityCustomer.activity_id, ActivityCustomer.occurred_at)
        .where(
            ActivityCustomer.customer_id == Customer.id,
            ActivityCustomer.counts,
            ActivityCustomer.occurred_at <= uow.clock.now(),
        )
        .order_by(ActivityCustomer.occurred_at.desc(), ActivityCustomer.activity_id)
        .limit(1)
        .correlate(Customer)
    )
    uow.session.execute(
        update(Customer)
        .where(Customer.id.in_(ids))
        .values(
            last_activity_id=newest.with_only_columns(
                ActivityCustomer.activity_id
            ).scalar_subquery(),
            last_contacted_at=newest.with_only_columns(
                ActivityCustomer.occurred_at
            ).scalar_subquery(),
        )
        .execution_options(synchronize_session=False)
    )
    uow.record(ContactRecomputed(tuple(ids)))


def settle_future(uow: UnitOfWork) -> None:
    """Decide again about meetings and items that lay in the future and now have happened."""
    now, policy = uow.clock.now(), current_policy(uow.session)
    due = uow.session.scalars(
        select(Activity).where(
            Activity.reason.in_(("meeting_future", "in_future")),
            func.coalesce(Activity.ended_at, Activity.occurred_at) <= now,
            Activity.occurred_at <= now,
        )
    ).all()
    for row in due:
        decision = contact.decide(
            kind=row.kind,  # type: ignore[arg-type]
            direction=row.direction,  # type: ignore[arg-type]
            occurred_at=row.occurred_at,
            ended_at=row.ended_at,
            signals=Signals.model_validate(row.signals),
            has_customer=True,
            policy=policy,
            now=now,
        )
        row.counts, row.grade, row.reason = decision.counts, decision.grade, decision.reason
        row.evidence = decision.evidence[:200]
    if due:
        uow.session.flush()
        touched = uow.session.scalars(
            update(ActivityCustomer)
            .where(
                ActivityCustomer.activity_id == Activity.id, Activity.id.in_([r.id for r in due])
            )
            .values(counts=Activity.counts)
            .returning(ActivityCustomer.customer_id)
            .execution_options(synchronize_session=False)
        ).all()
        recompute_last_contact(uow, touched)
        uow.bump("feed")

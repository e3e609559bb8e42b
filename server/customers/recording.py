"""Writing activities, and the date of last contact that follows from them."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from agent.contract.activity import Activity as WireActivity
from agent.contract.activity import Signals
from agent.contract.policy import Policy
from agent.rules import contact
from server.customers import meetings
from server.customers.indexing import index_activities
from server.customers.linking import align, follow_matches
from server.customers.models import (
    Activity,
    ActivityCommitment,
    ActivityCustomer,
    ActivityParticipant,
    ActivityTag,
    Customer,
)
from server.kernel.db import UnitOfWork, insert_ignoring_conflicts
from server.kernel.events import ActivityRecorded, ContactRecomputed
from server.kernel.policy import current_policy

CHUNK = 500
"""Items written with one statement: databases take so many parameters and no more."""

_VERDICT = ("signals", "counts", "grade", "reason", "evidence")
"""What a person may say of a meeting whose words are another's."""

IMPORTED = "import"
"""Source of history brought in from another system."""


def record_activities(
    uow: UnitOfWork,
    activities: Sequence[WireActivity],
    *,
    by_id: int | None,
    only_link: Collection[UUID] = (),
) -> list[bool]:
    """Write a batch: new ids are added, higher revisions replace, the rest changes nothing.

    Returns for each item whether it changed anything: a known mail that a second rep sends for a
    second customer gains that customer's timeline. The customers must exist and be the caller's;
    ``ingest`` checks that. Of the items in ``only_link`` nothing is replaced. An item stays where a person moved it. Two transactions may write the
    same items at once: one waits for the other and finds duplicates.
    """
    newest: dict[UUID, WireActivity] = {}
    for item in activities:
        if item.id not in newest or newest[item.id].revision < item.revision:
            newest[item.id] = item
    # Always in the same order, so that two transactions never wait for each other.
    ordered = [newest[key] for key in sorted(newest)]
    changed: set[UUID] = set()
    touched: set[int] = set()
    for start in range(0, len(ordered), CHUNK):
        some = ordered[start : start + CHUNK]
        written = _write(uow, some, by_id, only_link)
        linked = follow_matches(uow.session, some, by_id=by_id, now=uow.clock.now())
        touched.update(*linked.values(), align(uow.session, written | linked.keys()))
        changed |= written | {key for key, customers in linked.items() if customers}
    if changed:
        recompute_last_contact(uow, touched)
        uow.record(ActivityRecorded(tuple(changed), tuple(sorted(touched))))
        uow.bump("feed")
    return [item is newest[item.id] and item.id in changed for item in activities]


def _write(
    uow: UnitOfWork,
    items: Sequence[WireActivity],
    by_id: int | None,
    only_link: Collection[UUID],
) -> set[UUID]:
    """Add what is new, replace what is older; returns the ids of both."""
    session, now, policy = uow.session, uow.clock.now(), current_policy(uow.session)
    rows = {item.id: _row(item, policy, now) for item in items}
    added = set(
        session.scalars(
            insert_ignoring_conflicts(session, Activity).returning(Activity.id),
            [{**row, "id": key, "by_id": by_id} for key, row in rows.items()],
        )
    )
    held = session.execute(
        select(Activity.id, Activity.kind, Activity.revision, Activity.signals, Activity.by_id)
        .where(Activity.id.in_(rows.keys() - added))
        .order_by(Activity.id)
        .with_for_update()
    ).all()
    told = {item.id: item for item in items}
    in_calendars = [row.id for row in held if row.kind == "meeting"] if by_id is not None else []
    known = meetings.calendars(session, in_calendars, by_id)
    replaced: list[UUID] = []
    decided: set[UUID] = set()
    for there in held:
        item, row = told[there.id], rows[there.id]
        is_newer = there.revision < item.revision
        change: dict[str, Any] = {}
        if there.id in known:
            is_newer, change = meetings.outcome(item, there, known[there.id], by_id)
        if is_newer and there.id not in only_link:
            replaced.append(there.id)
            change = row | change
        elif is_newer:
            # The words are another's; that the meeting takes place after all is one's own to say.
            change = {name: row[name] for name in _VERDICT} if "by_id" in change else {}
        if "counts" in change:
            decided.add(there.id)
        if change:
            session.execute(update(Activity).where(Activity.id == there.id).values(**change))
    written = added.union(replaced)
    _write_parts(session, [item for item in items if item.id in written], replaced)
    index_activities(session, written)
    return written | decided


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
        "body": item.body,
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


def _write_parts(session: Session, items: Sequence[WireActivity], replaced: Sequence[UUID]) -> None:
    """Participants, tags and commitments; of ``replaced`` the old ones go, people's verdicts stay."""
    verdicts = _verdicts(session, replaced)
    for part in (ActivityParticipant, ActivityTag, ActivityCommitment):
        session.execute(delete(part).where(part.activity_id.in_(replaced)))
    people = [
        {**person.model_dump(), "activity_id": item.id, "name": person.name[:200]}
        for item in items
        for person in item.participants
    ]
    tags = [
        {
            **tag.model_dump(),
            "activity_id": item.id,
            **verdicts.get((item.id, tag.category, tag.text), _NO_VERDICT),
        }
        for item in items
        for tag in item.tags
    ]
    commitments = [
        {**promise.model_dump(), "activity_id": item.id}
        for item in items
        for promise in item.commitments
    ]
    for table, rows in (
        (ActivityParticipant, people),
        (ActivityTag, tags),
        (ActivityCommitment, commitments),
    ):
        if rows:
            session.execute(insert(table), rows)


_NO_VERDICT = {"verdict": None, "verdict_by": None}


def _verdicts(
    session: Session, activity_ids: Sequence[UUID]
) -> dict[tuple[UUID, str, str], dict[str, Any]]:
    """What people said of tags, by what a later revision can be known again by."""
    rows = session.scalars(
        select(ActivityTag).where(
            ActivityTag.activity_id.in_(activity_ids), ActivityTag.verdict.is_not(None)
        )
    )
    return {
        (tag.activity_id, tag.category, tag.text): {
            "verdict": tag.verdict,
            "verdict_by": tag.verdict_by,
        }
        for tag in rows
    }


def recompute_last_contact(uow: UnitOfWork, customer_ids: Iterable[int]) -> None:
    """Last contact = the newest counting activity that lies in the past, in one statement."""
    ids = sorted(set(customer_ids))
    if not ids:
        return
    # The statement after this one sees what others wrote before it got hold of the customers.
    uow.session.execute(
        select(Customer.id)
        .where(Customer.id.in_(ids))
        .order_by(Customer.id)
        .with_for_update(key_share=True)
    )
    newest = (
        select(ActivityCustomer.activity_id, ActivityCustomer.occurred_at)
        .where(
            ActivityCustomer.customer_id == Customer.id,
            ActivityCustomer.counts,
            ActivityCustomer.occurred_at <= uow.clock.now(),
        )
        .order_by(ActivityCustomer.occurred_at.desc(), ActivityCustomer.activity_id.desc())
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
        select(Activity)
        .where(
            Activity.reason.in_(("meeting_future", "in_future")),
            func.coalesce(Activity.ended_at, Activity.occurred_at) <= now,
            Activity.occurred_at <= now,
        )
        .order_by(Activity.id)
        .limit(CHUNK)
        .with_for_update()
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
        touched = align(uow.session, [row.id for row in due])
        recompute_last_contact(uow, touched)
        uow.bump("feed")

"""What people put right: where an item belongs, and whether a tag is true. Every move can be taken
back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from server.customers.lessons import learn, unlearn
from server.customers.linking import BY_HAND
from server.customers.models import (
    Activity,
    ActivityCustomer,
    ActivityTag,
    Contact,
    Correction,
    Customer,
)
from server.customers.recording import recompute_last_contact
from server.customers.visibility import get_customer, visible_activities, visible_customers
from server.identity.service import audit
from server.kernel.auth import Principal
from server.kernel.db import UnitOfWork
from server.kernel.errors import Conflict, NotFound
from server.kernel.events import TagJudged


@dataclass(frozen=True, slots=True)
class Move:
    activities: list[UUID]
    correction_id: int | None
    """By which it can be taken back; None when nothing moved."""


def relink(
    uow: UnitOfWork,
    who: Principal,
    activity_id: UUID,
    customer_id: int,
    *,
    from_customer_id: int | None = None,
    whole_thread: bool = False,
) -> Move:
    """Move an activity, or its whole conversation, from one customer's timeline to another's.

    Both customers must be visible to ``who``. Last contact is computed anew for both; the move
    outlives every later revision of the item, and the resolver learns from it.
    """
    activity = uow.session.scalar(visible_activities(who).where(Activity.id == activity_id))
    if activity is None:
        raise NotFound("activity_not_found")
    get_customer(uow.session, who, customer_id)
    seen = visible_customers(who).with_only_columns(Customer.id)
    here = select(ActivityCustomer).where(ActivityCustomer.customer_id.in_(seen))
    if from_customer_id is None:
        from_customer_id = uow.session.scalars(
            here.where(
                ActivityCustomer.activity_id == activity_id,
                ActivityCustomer.customer_id != customer_id,
            )
            .order_by(ActivityCustomer.confidence.desc(), ActivityCustomer.customer_id)
            .with_only_columns(ActivityCustomer.customer_id)
        ).first()
    if from_customer_id in (None, customer_id):
        return Move([], None)
    moving = here.where(ActivityCustomer.customer_id == from_customer_id)
    if whole_thread and activity.thread:
        same_thread = select(Activity.id).where(Activity.thread == activity.thread)
        moving = moving.where(ActivityCustomer.activity_id.in_(same_thread))
    else:
        moving = moving.where(ActivityCustomer.activity_id == activity_id)
    links = uow.session.scalars(moving).all()
    if not links:
        # Somebody else moved it meanwhile.
        raise NotFound("activity_not_found")
    ids = [link.activity_id for link in links]
    there = uow.session.scalars(
        select(ActivityCustomer).where(
            ActivityCustomer.activity_id.in_(ids), ActivityCustomer.customer_id == customer_id
        )
    ).all()
    correction = Correction(
        kind="move",
        at=uow.clock.now(),
        by_id=who.user_id,
        from_id=from_customer_id,
        to_id=customer_id,
        data={"links": [kept(link) for link in (*links, *there)], "moved": [str(i) for i in ids]},
    )
    rows = [
        {
            "activity_id": link.activity_id,
            "customer_id": customer_id,
            "contact_id": None,
            "occurred_at": link.occurred_at,
            "counts": link.counts,
            "thread": link.thread,
            "confidence": 1.0,
            "why": BY_HAND,
            "alternatives": _moved_away(link, customer_id),
        }
        for link in links
    ]
    uow.session.execute(
        delete(ActivityCustomer).where(
            ActivityCustomer.activity_id.in_(ids),
            ActivityCustomer.customer_id.in_((from_customer_id, customer_id)),
        )
    )
    uow.session.add_all(ActivityCustomer(**row) for row in rows)
    uow.session.add(correction)
    uow.session.flush()
    audit(
        uow,
        who.user_id,
        "activity.relink",
        f"activity/{activity_id}",
        before=from_customer_id,
        after=customer_id,
        why=f"{len(ids)}",
    )
    learn(uow, correction, ids, whole_thread=whole_thread)
    recompute_last_contact(uow, (correction.from_id, customer_id))
    uow.bump("feed")
    return Move(ids, correction.id)


def _moved_away(link: ActivityCustomer, to: int) -> list[dict[str, Any]]:
    """Where an item does not belong: not where it stood, nor where people took it from before."""
    earlier = link.alternatives if link.why == BY_HAND else []
    here = {"customer_id": link.customer_id, "confidence": link.confidence, "why": link.why}
    return [here, *(other for other in earlier if other["customer_id"] != to)]


def kept(link: ActivityCustomer) -> dict[str, Any]:
    """A link as a correction remembers it; when it happened stands with the activity."""
    return {
        "activity_id": str(link.activity_id),
        "customer_id": link.customer_id,
        "contact_id": link.contact_id,
        "confidence": link.confidence,
        "why": link.why,
        "alternatives": link.alternatives,
    }


def restore(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Put remembered links back, those of activities that are still there."""
    ids = [UUID(row["activity_id"]) for row in rows]
    there = {
        row.id: row
        for row in session.execute(
            select(Activity.id, Activity.occurred_at, Activity.counts, Activity.thread).where(
                Activity.id.in_(ids)
            )
        )
    }
    held = {
        (link.activity_id, link.customer_id): link
        for link in session.scalars(
            select(ActivityCustomer).where(ActivityCustomer.activity_id.in_(ids))
        )
    }
    people = set(
        session.scalars(select(Contact.id).where(Contact.id.in_([r["contact_id"] for r in rows])))
    )
    for row in rows:
        key = UUID(row["activity_id"])
        if key not in there:
            continue
        values = {
            "contact_id": row["contact_id"] if row["contact_id"] in people else None,
            "confidence": row["confidence"],
            "why": row["why"],
            "alternatives": row["alternatives"],
        }
        link = held.get((key, row["customer_id"]))
        if link is None:
            link = ActivityCustomer(
                activity_id=key,
                customer_id=row["customer_id"],
                occurred_at=there[key].occurred_at,
                counts=there[key].counts,
                thread=there[key].thread,
            )
            session.add(link)
        for name, value in values.items():
            setattr(link, name, value)
    session.flush()


def undo_move(uow: UnitOfWork, correction: Correction) -> None:
    """Items that somebody moved on since stay where they are."""
    session, to = uow.session, correction.to_id
    moved = [UUID(key) for key in correction.data["moved"]]
    still = set(
        session.scalars(
            select(ActivityCustomer.activity_id).where(
                ActivityCustomer.activity_id.in_(moved),
                ActivityCustomer.customer_id == to,
                ActivityCustomer.why == BY_HAND,
            )
        )
    )
    if not still:
        raise Conflict("moved_on")
    session.execute(
        delete(ActivityCustomer).where(
            ActivityCustomer.activity_id.in_(still), ActivityCustomer.customer_id == to
        )
    )
    session.expire_all()
    rows = [row for row in correction.data["links"] if UUID(row["activity_id"]) in still]
    restore(session, rows)
    unlearn(uow, correction)
    recompute_last_contact(uow, (correction.from_id, to))


def judge_tag(uow: UnitOfWork, who: Principal, tag_id: int, verdict: str) -> ActivityTag:
    """Confirm or reject a tag."""
    tag = uow.session.get(ActivityTag, tag_id)
    visible = tag is not None and uow.session.scalar(
        visible_activities(who).where(Activity.id == tag.activity_id).with_only_columns(Activity.id)
    )
    if tag is None or not visible:
        raise NotFound("tag_not_found")
    if tag.verdict != verdict:
        audit(
            uow, who.user_id, f"tag.{verdict}", f"tag/{tag_id}", before=tag.verdict, after=verdict
        )
        tag.verdict, tag.verdict_by = verdict, who.user_id
        uow.record(TagJudged(tag_id, verdict, who.user_id))
        uow.bump("feed")
    return tag

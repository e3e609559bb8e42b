"""What people put right: where an item belongs, and whether a tag is true."""

from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from server.customers.linking import BY_HAND
from server.customers.models import Activity, ActivityCustomer, ActivityTag, Customer
from server.customers.recording import recompute_last_contact
from server.customers.visibility import get_customer, visible_activities, visible_customers
from server.identity.service import audit
from server.kernel.auth import Principal
from server.kernel.db import UnitOfWork
from server.kernel.errors import NotFound


def relink(
    uow: UnitOfWork,
    who: Principal,
    activity_id: UUID,
    customer_id: int,
    *,
    from_customer_id: int | None = None,
    whole_thread: bool = False,
) -> list[UUID]:
    """Move an activity, or its whole conversation, from one customer's timeline to another's.

    Both customers must be visible to ``who``. Last contact is computed anew for both; the move
    outlives every later revision of the item. Returns the moved activities.
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
        return []
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
    rows = [
        {
            "activity_id": link.activity_id,
            "customer_id": customer_id,
            "contact_id": None,
            "occurred_at": link.occurred_at,
            "counts": link.counts,
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
    recompute_last_contact(uow, (from_customer_id, customer_id))
    uow.bump("feed")
    return ids


def _moved_away(link: ActivityCustomer, to: int) -> list[dict[str, Any]]:
    """Where an item does not belong: not where it stood, nor where people took it from before."""
    earlier = link.alternatives if link.why == BY_HAND else []
    here = {"customer_id": link.customer_id, "confidence": link.confidence, "why": link.why}
    return [here, *(other for other in earlier if other["customer_id"] != to)]


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
        uow.bump("feed")
    return tag

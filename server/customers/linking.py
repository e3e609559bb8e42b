"""On whose timeline an item stands: what the captures say, and over that what people decided.

Every person's devices say for themselves where an item belongs; a link stands as long as somebody's
newest capture names it. Where a person moved an item, it stays.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from agent.contract.activity import Activity as WireActivity
from agent.contract.activity import Match
from server.customers.forwarding import forwarded
from server.customers.meetings import stays_away
from server.customers.models import Activity, ActivityCapture, ActivityCustomer, Contact

BY_HAND = "manual"
"""``why`` of a link that a person made."""


def follow_matches(
    session: Session, items: Sequence[WireActivity], *, by_id: int | None, now: datetime
) -> dict[UUID, set[int]]:
    """Link items (one of each id, written already) to the customers of their matches.

    What ``by_id`` said of an item in a lower revision no longer holds; what others said does. An
    older or equal revision of the same person says nothing new. Returns the items whose links were
    made anew, with the customers that gained or lost them; ``align`` must follow.
    """
    ids = [item.id for item in items]
    links: dict[UUID, dict[int, ActivityCustomer]] = defaultdict(dict)
    for link in session.scalars(
        select(ActivityCustomer).where(ActivityCustomer.activity_id.in_(ids))
    ):
        links[link.activity_id][link.customer_id] = link
    captures: dict[UUID, dict[int | None, ActivityCapture]] = defaultdict(dict)
    for capture in session.scalars(
        select(ActivityCapture).where(ActivityCapture.activity_id.in_(ids))
    ):
        captures[capture.activity_id][capture.person_id] = capture
    moved = forwarded(
        session,
        {c for said in captures.values() for one in said.values() for c in one.customer_ids},
    )
    contacts = _contacts(session, items)
    dropped: list[tuple[UUID, int]] = []
    added: list[dict[str, Any]] = []
    changed: dict[UUID, set[int]] = {}
    for item in items:
        said = {match.customer_id: match for match in (*item.also, item.match)}
        before = captures[item.id].pop(by_id, None)
        if before is not None and before.revision >= item.revision:
            continue
        said_before = _today(before.customer_ids, moved) if before is not None else set()
        if by_id is not None:
            _note(session, before, item, by_id, sorted(said), now)
        held = links[item.id]
        by_hand = [link for link in held.values() if link.why == BY_HAND]
        if by_hand and before is not None:
            continue
        others: set[int] = set()
        for capture in captures[item.id].values():
            others |= _today(capture.customer_ids, moved)
        gone = (held.keys() & said_before) - others
        moved_away = {other["customer_id"] for link in by_hand for other in link.alternatives}
        new = said.keys() - (held.keys() - gone) - moved_away
        dropped += [(item.id, customer) for customer in gone]
        added += [_link(item, said[customer], contacts) for customer in sorted(new)]
        if gone or new:
            changed[item.id] = gone ^ new
    session.flush()
    for activity_id, customer_id in dropped:
        session.expunge(links[activity_id][customer_id])
        session.execute(
            delete(ActivityCustomer).where(
                ActivityCustomer.activity_id == activity_id,
                ActivityCustomer.customer_id == customer_id,
            )
        )
    if added:
        session.execute(insert(ActivityCustomer), added)
    return changed


def _today(customer_ids: Collection[int], moved: Mapping[int, int]) -> set[int]:
    return {moved.get(customer_id, customer_id) for customer_id in customer_ids}


def align(session: Session, activity_ids: Collection[UUID]) -> set[int]:
    """Repeat on the links what stands in the activities; returns the customers they lead to."""
    rows = session.scalars(
        update(ActivityCustomer)
        .where(ActivityCustomer.activity_id == Activity.id, Activity.id.in_(activity_ids))
        .values(occurred_at=Activity.occurred_at, counts=Activity.counts, thread=Activity.thread)
        .returning(ActivityCustomer.customer_id)
        .execution_options(synchronize_session=False)
    )
    return set(rows)


def _note(
    session: Session,
    before: ActivityCapture | None,
    item: WireActivity,
    by_id: int,
    customer_ids: list[int],
    now: datetime,
) -> None:
    if before is not None:
        before.revision, before.customer_ids = item.revision, customer_ids
        before.stays_away = stays_away(item)
        return
    session.add(
        ActivityCapture(
            activity_id=item.id,
            person_id=by_id,
            source=item.source,
            at=now,
            revision=item.revision,
            customer_ids=customer_ids,
            stays_away=stays_away(item),
        )
    )


def _contacts(session: Session, items: Sequence[WireActivity]) -> dict[int, int]:
    """The customer of every contact named; a laptop may name one that is gone."""
    wanted = {match.contact_id for item in items for match in (*item.also, item.match)} - {None}
    rows = session.execute(select(Contact.id, Contact.customer_id).where(Contact.id.in_(wanted)))
    return dict(rows.all())


def _link(item: WireActivity, match: Match, contacts: dict[int, int]) -> dict[str, Any]:
    known = match.contact_id is not None and contacts.get(match.contact_id) == match.customer_id
    return {
        "activity_id": item.id,
        "customer_id": match.customer_id,
        "contact_id": match.contact_id if known else None,
        "occurred_at": item.occurred_at,
        "counts": False,  # until ``align`` repeats what was decided
        "thread": item.thread,
        "confidence": match.confidence,
        "why": match.why,
        "alternatives": [other.model_dump() for other in match.alternatives],
    }

"""Whose copy of an item is it? Nobody reads or changes what is on others' timelines by its id.

An activity's id comes from its Message-ID, which everybody who ever saw the mail can compute.
Two honest copies of one mail say the same and become one activity. A copy that says something
else, sent by a person who neither recorded the first nor sees all its customers, is kept as that
person's own: nothing is lost, nothing is shown, nothing is overwritten.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from agent.contract.activity import Activity as WireActivity
from server.customers.meetings import stays_away
from server.customers.models import Activity, ActivityCapture, ActivityCustomer, Customer
from server.customers.visibility import may_see
from server.kernel.auth import Principal


@dataclass(frozen=True, slots=True)
class _Stored:
    by_id: int | None
    kind: str
    occurred_at: datetime
    subject: str
    text: str


def own_copies(
    session: Session, who: Principal, items: Sequence[WireActivity]
) -> tuple[list[WireActivity], frozenset[UUID]]:
    """The items as this person may write them, in the same order; and the ids of those whose words
    are another's: this person may only say to which customers they belong."""
    copies = {item.id: uuid5(item.id, f"copy of {who.user_id}") for item in items}
    stored = _stored(session, [*copies, *copies.values()])
    hidden = set(
        session.scalars(
            select(ActivityCustomer.activity_id)
            .join(Customer, Customer.id == ActivityCustomer.customer_id)
            .where(ActivityCustomer.activity_id.in_(stored), ~may_see(who))
        )
    )
    told = set(
        session.scalars(
            select(ActivityCapture.activity_id).where(
                ActivityCapture.activity_id.in_(hidden), ActivityCapture.person_id == who.user_id
            )
        )
        if hidden
        else ()
    )
    written: list[WireActivity] = []
    others: set[UUID] = set()
    for item in items:
        there = stored.get(item.id)
        if there is None or there.by_id == who.user_id or item.id not in hidden:
            written.append(item)
        elif copies[item.id] not in stored and (
            _says_the_same(there, item) or (item.id in told and stays_away(item))
        ):
            others.add(item.id)
            written.append(item)
        else:
            written.append(item.model_copy(update={"id": copies[item.id]}))
    return written, frozenset(others)


def _stored(session: Session, ids: Sequence[UUID]) -> dict[UUID, _Stored]:
    rows = session.execute(
        select(
            Activity.id,
            Activity.by_id,
            Activity.kind,
            Activity.occurred_at,
            Activity.subject,
            Activity.text,
        ).where(Activity.id.in_(ids))
    )
    return {row[0]: _Stored(*row[1:]) for row in rows}


def _says_the_same(there: _Stored, item: WireActivity) -> bool:
    return (there.kind, there.occurred_at, there.subject, there.text) == (
        item.kind,
        item.occurred_at,
        item.subject,
        item.text,
    )

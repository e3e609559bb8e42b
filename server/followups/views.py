"""The work list: who needs attention, and why."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.customers.models import Customer
from server.customers.stages import CLOSED
from server.customers.views.last import LastContact, Reach, first_phones, last_contacts
from server.customers.visibility import may_see
from server.followups.models import Reminder
from server.followups.service import addressed_to, visible_reminders
from server.identity.models import Person
from server.kernel.auth import Principal

MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One customer that needs somebody, with the rule that says so."""

    id: int
    customer_id: int
    customer: str
    stage: str
    grade: str
    owner_id: int
    owner: str
    level: str
    after_days: int
    days: int
    anchor: datetime
    snoozed_until: datetime | None
    last: LastContact | None
    reach: Reach | None


@dataclass(frozen=True, slots=True)
class WorkList:
    mine: list[Call]
    """The longest without contact first."""
    team: list[tuple[str, list[Call]]]
    """Escalated ones by owner, who has the most first."""
    resting: list[Call]

    @property
    def nothing(self) -> bool:
        return not (self.mine or self.team)


def work_list(session: Session, who: Principal, now: datetime) -> WorkList:
    rows = [
        (row[0], row[1], row[2])
        for row in session.execute(
            visible_reminders(who)
            .where(addressed_to(who), Reminder.state.in_(("open", "snoozed")))
            .order_by(Reminder.anchor, Reminder.level.desc(), Reminder.id)
            .limit(MOST)
        )
    ]
    calls = _calls(session, rows, now)
    resting = [call for call in calls if call.snoozed_until is not None]
    awake = [call for call in calls if call.snoozed_until is None]
    mine = [call for call in awake if call.level == "owner" and call.owner_id == who.user_id]
    of_team: dict[str, list[Call]] = {}
    for call in awake:
        if call.level == "manager" and call.owner_id != who.user_id:
            of_team.setdefault(call.owner, []).append(call)
    team = sorted(of_team.items(), key=lambda entry: (-len(entry[1]), entry[0]))
    return WorkList(mine, team, resting)


def _calls(
    session: Session, rows: list[tuple[Reminder, Customer, Person]], now: datetime
) -> list[Call]:
    customers = [customer for _, customer, _ in rows]
    last = last_contacts(session, customers)
    reach = first_phones(session, {customer.id for customer in customers})
    return [
        Call(
            id=reminder.id,
            customer_id=customer.id,
            customer=customer.name,
            stage=customer.stage,
            grade=customer.grade,
            owner_id=owner.id,
            owner=owner.name,
            level=reminder.level,
            after_days=reminder.after_days,
            days=max(0, (now - reminder.anchor).days),
            anchor=reminder.anchor,
            snoozed_until=reminder.snoozed_until if reminder.state == "snoozed" else None,
            last=last.get(customer.id),
            reach=reach.get(customer.id),
        )
        for reminder, customer, owner in rows
    ]


def next_due(session: Session, who: Principal) -> tuple[str, int, datetime] | None:
    """Who comes next when nobody waits now: name, id and the last contact (or the creation)."""
    anchor: Any = Customer.last_contacted_at
    row = session.execute(
        select(Customer.name, Customer.id, anchor)
        .where(
            may_see(who),
            Customer.owner_id == who.user_id,
            Customer.stage.not_in(CLOSED),
            anchor.is_not(None),
        )
        .order_by(anchor)
        .limit(1)
    ).first()
    return (row[0], row[1], row[2]) if row else None

"""Reminders: opened by a sweep, closed by contact, and never without one or a reason."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Integer, Select, String, and_, func, literal, or_, select, update
from sqlalchemy.orm import Session

from agent.contract.activity import Activity as WireActivity
from agent.contract.activity import Match, Signals
from agent.contract.policy import Policy
from agent.contract.reminder import ReminderOut
from agent.rules import cadence, contact
from server.customers.models import Customer
from server.customers.recording import record_activities
from server.customers.stages import CLOSED
from server.customers.visibility import may_see
from server.followups.models import Reminder
from server.identity.models import Person
from server.identity.service import audit
from server.kernel.auth import Principal
from server.kernel.db import UnitOfWork, UtcDateTime, insert_ignoring_conflicts
from server.kernel.errors import Conflict, Invalid, NotFound
from server.kernel.policy import current_policy

MAX_SNOOZE = timedelta(days=30)
_ANCHOR = func.coalesce(Customer.last_contacted_at, Customer.created_at)
_WAITING = ("open", "snoozed")


def sweep(uow: UnitOfWork) -> int:
    """Open every reminder that is due, one statement per level; returns how many were opened.

    Idempotent by (customer, level, anchor). Also wakes reminders whose snooze is over.
    """
    policy, now = current_policy(uow.session), uow.clock.now()
    opened = _open_due(uow, "owner", policy.remind_after_days, now)
    opened += _open_due(uow, "manager", policy.escalate_after_days, now)
    woken = uow.session.scalars(
        update(Reminder)
        .where(Reminder.state == "snoozed", Reminder.snoozed_until <= now)
        .values(state="open", snoozed_until=None)
        .returning(Reminder.id)
        .execution_options(synchronize_session=False)
    ).all()
    if opened or woken:
        uow.bump("feed")
    return opened


def _open_due(uow: UnitOfWork, level: str, days: int, now: datetime) -> int:
    due = select(
        Customer.id,
        Customer.owner_id,
        literal(level, String),
        _ANCHOR,
        literal(days, Integer),
        literal(now, UtcDateTime),
        literal("open", String),
        literal("", String),
    ).where(
        Customer.owner_id.is_not(None),
        Customer.stage.not_in(CLOSED),
        literal(now - timedelta(days=days), UtcDateTime) >= _ANCHOR,
    )
    columns = [
        "customer_id",
        "owner_id",
        "level",
        "anchor",
        "after_days",
        "opened_at",
        "state",
        "close_reason",
    ]
    result: Any = uow.session.execute(
        insert_ignoring_conflicts(uow.session, Reminder).from_select(columns, due)
    )
    return int(result.rowcount)


def follow_contact(uow: UnitOfWork, customer_ids: Sequence[int]) -> None:
    """Last contact of these customers was computed anew: close what it answers, re-arm what it
    uncovers (the contact turned out to be somebody else's)."""
    now = uow.clock.now()
    anchor = select(_ANCHOR).where(Customer.id == Reminder.customer_id).scalar_subquery()
    newest = (
        select(Customer.last_activity_id)
        .where(Customer.id == Reminder.customer_id)
        .scalar_subquery()
    )
    of_these = Reminder.customer_id.in_(customer_ids)
    uow.session.execute(
        update(Reminder)
        .where(of_these, Reminder.state.in_(_WAITING), Reminder.anchor < anchor)
        .values(
            state="done",
            closed_at=now,
            close_reason="contact",
            closed_by_activity=newest,
            snoozed_until=None,
        )
        .execution_options(synchronize_session=False)
    )
    uow.session.execute(
        update(Reminder)
        .where(
            of_these,
            Reminder.state == "done",
            Reminder.close_reason == "contact",
            Reminder.anchor == anchor,
        )
        .values(state="open", closed_at=None, close_reason="", closed_by_activity=None)
        .execution_options(synchronize_session=False)
    )


def follow_owner(uow: UnitOfWork, customer_ids: Sequence[int]) -> None:
    """Open reminders go to the new owner with the customer."""
    owner = select(Customer.owner_id).where(Customer.id == Reminder.customer_id).scalar_subquery()
    uow.session.execute(
        update(Reminder)
        .where(Reminder.customer_id.in_(customer_ids), Reminder.state.in_(_WAITING))
        .values(owner_id=owner)
        .execution_options(synchronize_session=False)
    )


def visible_reminders(who: Principal) -> Select[Reminder, Customer, Person]:
    """Reminders with customer and owner: one's own at owner level; for who leads, also the
    escalated ones of the teams."""
    query = (
        select(Reminder, Customer, Person)
        .join(Customer, Customer.id == Reminder.customer_id)
        .join(Person, Person.id == Reminder.owner_id)
        .where(may_see(who))
    )
    own = and_(Reminder.level == "owner", Reminder.owner_id == who.user_id)
    if not who.leads:
        return query.where(own)
    return query.where(or_(own, Reminder.level == "manager"))


def list_reminders(
    session: Session,
    who: Principal,
    *,
    state: str | None,
    now: datetime,
    after: tuple[datetime, int] | None = None,
    limit: int,
) -> list[ReminderOut]:
    """The longest without contact first; keyset (anchor, id)."""
    query = visible_reminders(who)
    if state is not None:
        query = query.where(Reminder.state == state)
    if after is not None:
        anchor, last_id = after
        query = query.where(
            or_(Reminder.anchor > anchor, and_(Reminder.anchor == anchor, Reminder.id > last_id))
        )
    rows = session.execute(query.order_by(Reminder.anchor, Reminder.id).limit(limit))
    return [wire(reminder, customer, owner, now) for reminder, customer, owner in rows]


def wire(reminder: Reminder, customer: Customer, owner: Person, now: datetime) -> ReminderOut:
    return ReminderOut(
        id=reminder.id,
        customer_id=customer.id,
        customer=customer.name,
        owner=owner.name,
        level=reminder.level,
        state=reminder.state,
        due_at=reminder.due_at,
        days_without_contact=max(0, (now - reminder.anchor).days),
        last_contacted_at=customer.last_contacted_at,
        snoozed_until=reminder.snoozed_until,
    )


def _waiting(uow: UnitOfWork, who: Principal, reminder_id: int) -> tuple[Reminder, Customer]:
    row = uow.session.execute(
        visible_reminders(who).where(Reminder.id == reminder_id)
    ).one_or_none()
    if row is None:
        raise NotFound("reminder_not_found")
    reminder, customer, _ = row
    if reminder.state not in _WAITING:
        raise Conflict("reminder_closed")
    return reminder, customer


def snooze(uow: UnitOfWork, who: Principal, reminder_id: int, until: datetime) -> Reminder:
    """Let it rest until a moment within the next 30 days."""
    reminder, _ = _waiting(uow, who, reminder_id)
    if not uow.clock.now() < until <= uow.clock.now() + MAX_SNOOZE:
        raise Invalid(fields={"until": "snooze_range"})
    reminder.state, reminder.snoozed_until = "snoozed", until
    audit(uow, who.user_id, "reminder.snooze", f"reminder/{reminder_id}", after=until)
    uow.bump("feed")
    return reminder


def dismiss(uow: UnitOfWork, who: Principal, reminder_id: int, reason: str) -> Reminder:
    """Close without contact: only with a reason, which stays on record."""
    reminder, _ = _waiting(uow, who, reminder_id)
    if len(reason.strip()) < 2:
        raise Invalid("reason_required", fields={"reason": "required"})
    reminder.state, reminder.closed_at = "dismissed", uow.clock.now()
    reminder.close_reason = reason.strip()
    audit(uow, who.user_id, "reminder.dismiss", f"reminder/{reminder_id}", why=reason.strip())
    uow.bump("feed")
    return reminder


def complete(uow: UnitOfWork, who: Principal, reminder_id: int, note: str = "") -> Reminder:
    """Close with contact. A recorded contact closes a reminder by itself; this is for the contact
    that left no trace, told in one line, which becomes a note on the timeline by the same rules.

    Raises Invalid("contact_required") when the line tells of no contact.
    """
    reminder, customer = _waiting(uow, who, reminder_id)
    if not contact.note_reports_contact(note):
        raise Invalid("contact_required", fields={"note": "contact_required"})
    now = uow.clock.now()
    signals = Signals(reports_contact=True)
    record_activities(
        uow,
        [
            WireActivity(
                id=uuid4(),
                kind="note",
                source="page" if who.scope == "session" else who.scope,
                direction="none",
                occurred_at=now,
                text=note.strip(),
                match=Match(customer_id=customer.id, confidence=1.0, why="manual"),
                signals=signals,
                contact=contact.decide(
                    kind="note",
                    direction="none",
                    occurred_at=now,
                    ended_at=None,
                    signals=signals,
                    has_customer=True,
                    policy=current_policy(uow.session),
                    now=now,
                ),
            )
        ],
        by_id=who.user_id,
    )
    uow.session.flush()
    uow.run_subscribers()
    uow.session.refresh(reminder)
    return reminder


def next_reminder_at(customer: Customer, policy: Policy) -> datetime:
    """When the owner will be reminded if nothing happens before."""
    return cadence.reminder_due(customer.last_contacted_at or customer.created_at, policy)

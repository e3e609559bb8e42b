"""Reminders: opened by a sweep, closed by contact, and never without one or a reason."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.orm import Session

from agent.contract.activity import Activity as WireActivity
from agent.contract.activity import Match, Signals
from agent.contract.reminder import ReminderOut
from agent.rules import contact
from server.customers.models import Customer
from server.customers.recording import record_activities
from server.customers.stages import CLOSED
from server.customers.visibility import may_see
from server.followups.models import Reminder
from server.identity.models import Person
from server.identity.service import audit
from server.kernel.auth import Principal
from server.kernel.db import UnitOfWork, UtcDateTime, upsert
from server.kernel.errors import Conflict, Invalid, NotFound
from server.kernel.policy import current_policy

MAX_SNOOZE = timedelta(days=30)
_ANCHOR = func.coalesce(Customer.last_contacted_at, Customer.created_at)
_WAITING = ("open", "snoozed")
_CARED_FOR = and_(Customer.owner_id.is_not(None), Customer.stage.not_in(CLOSED))
"""Somebody has to call this customer."""
_ALL: ColumnElement[bool] = true()


def sweep(uow: UnitOfWork) -> int:
    """Open every reminder that is due, one statement per level; returns how many were opened.

    Idempotent by (customer, level, anchor). Also wakes reminders whose snooze is over, and closes
    those that nobody has to answer any more.
    """
    closed = _close_answered(uow)
    opened = _open_due(uow)
    woken = uow.session.scalars(
        update(Reminder)
        .where(Reminder.state == "snoozed", Reminder.snoozed_until <= uow.clock.now())
        .values(state="open", snoozed_until=None)
        .returning(Reminder.id)
        .execution_options(synchronize_session=False)
    ).all()
    if closed or opened or woken:
        uow.bump("feed")
    return opened


def follow(uow: UnitOfWork, customer_ids: Sequence[int]) -> None:
    """Last contact or owner of these customers changed: close what that answers, open again what
    it uncovers (the contact turned out to be somebody else's), and hand over the rest."""
    these = Customer.id.in_(customer_ids)
    _close_answered(uow, these)
    _open_due(uow, these)
    owner = select(Customer.owner_id).where(Customer.id == Reminder.customer_id).scalar_subquery()
    uow.session.execute(
        update(Reminder)
        .where(Reminder.customer_id.in_(customer_ids), Reminder.state.in_(_WAITING))
        .values(owner_id=owner)
        .execution_options(synchronize_session=False)
    )


def _close_answered(uow: UnitOfWork, where: ColumnElement[bool] = _ALL) -> int:
    """Close what waits although its customer was contacted since, or is nobody's to call."""
    closed = uow.session.scalars(
        update(Reminder)
        .where(
            Reminder.customer_id == Customer.id,
            Reminder.state.in_(_WAITING),
            where,
            or_(Reminder.anchor != _ANCHOR, ~_CARED_FOR),
        )
        .values(
            state="done",
            closed_at=uow.clock.now(),
            close_reason=case(
                (Customer.owner_id.is_(None), "no_owner"),
                (Customer.stage.in_(CLOSED), "deal_closed"),
                (Reminder.anchor < _ANCHOR, "contact"),
                else_="contact_withdrawn",
            ),
            closed_by_activity=case(
                (and_(_CARED_FOR, Reminder.anchor < _ANCHOR), Customer.last_activity_id)
            ),
            snoozed_until=None,
        )
        .returning(Reminder.id)
        .execution_options(synchronize_session=False)
    ).all()
    return len(closed)


def _open_due(uow: UnitOfWork, where: ColumnElement[bool] = _ALL) -> int:
    policy = current_policy(uow.session)
    levels = (("owner", policy.remind_after_days), ("manager", policy.escalate_after_days))
    return sum(_open_level(uow, level, days, where) for level, days in levels)


def _open_level(uow: UnitOfWork, level: str, days: int, where: ColumnElement[bool]) -> int:
    """Claim every customer that is due. A claim that closed by itself, at the same anchor, opens
    again; one that a person dismissed stays closed."""
    now = uow.clock.now()
    due = select(
        Customer.id,
        Customer.owner_id,
        literal(level, String),
        _ANCHOR,
        literal(days, Integer),
        literal(now, UtcDateTime),
        literal("open", String),
        literal("", String),
    ).where(where, _CARED_FOR, literal(now - timedelta(days=days), UtcDateTime) >= _ANCHOR)
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
    claim = upsert(uow.session, Reminder).from_select(columns, due)
    opened = uow.session.scalars(
        claim.on_conflict_do_update(
            index_elements=[Reminder.customer_id, Reminder.level, Reminder.anchor],
            set_={
                "state": "open",
                "owner_id": claim.excluded.owner_id,
                "closed_at": None,
                "close_reason": "",
                "closed_by_activity": None,
            },
            where=Reminder.state == "done",
        ).returning(Reminder.id)
    ).all()
    return len(opened)


def visible_reminders(who: Principal) -> Select[Reminder, Customer, Person]:
    """Reminders with customer and owner: one's own; for who leads, all of the customers they see."""
    query = (
        select(Reminder, Customer, Person)
        .join(Customer, Customer.id == Reminder.customer_id)
        .join(Person, Person.id == Reminder.owner_id)
        .where(may_see(who))
    )
    return query if who.leads else query.where(addressed_to(who))


def addressed_to(who: Principal) -> ColumnElement[bool]:
    """The condition for reminders that ask something of this person: the own customers', and for
    who leads the escalated ones."""
    own = and_(Reminder.level == "owner", Reminder.owner_id == who.user_id)
    return or_(own, Reminder.level == "manager") if who.leads else own


def list_reminders(
    session: Session,
    who: Principal,
    *,
    state: str | None,
    now: datetime,
    after: tuple[Any, ...] | None = None,
    limit: int,
) -> list[ReminderOut]:
    """What asks something of this person (an admin: all), the longest without contact first; keyset
    (anchor, id)."""
    query = visible_reminders(who)
    if who.role != "admin":
        query = query.where(addressed_to(who))
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
        visible_reminders(who).where(Reminder.id == reminder_id).with_for_update(of=Reminder)
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
    reminder.close_reason, reminder.snoozed_until = reason.strip(), None
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
    audit(uow, who.user_id, "reminder.complete", f"reminder/{reminder_id}")
    uow.session.flush()
    uow.run_subscribers()
    uow.session.refresh(reminder)
    return reminder

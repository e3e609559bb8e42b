"""Reminders: list, complete, snooze, dismiss."""

from typing import Literal

from flask import Response, jsonify
from pydantic import BaseModel, Field

from agent.contract.base import Utc
from agent.contract.reminder import ReminderOut, ReminderPage
from server.customers.models import Customer
from server.followups import service
from server.followups.models import Reminder
from server.identity.models import Person
from server.kernel.api import api_blueprint
from server.kernel.auth import principal
from server.kernel.context import kernel
from server.kernel.db import UnitOfWork
from server.kernel.paging import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    decode_cursor,
    encode_cursor,
    moment,
    row_id,
)

api = api_blueprint("reminders")


class ReminderQuery(BaseModel):
    state: Literal["open", "snoozed", "done", "dismissed"] | None = None
    cursor: str | None = Field(None, max_length=600)
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)


class ReminderPath(BaseModel):
    reminder_id: int = Field(ge=1, lt=2**63)


class CompleteBody(BaseModel):
    note: str = Field("", max_length=2_000)


class SnoozeBody(BaseModel):
    until: Utc


class DismissBody(BaseModel):
    reason: str = Field(max_length=500)


@api.get("/reminders", responses={200: ReminderPage})
def reminders(query: ReminderQuery) -> Response:
    """The caller's reminders, the longest without contact first; a manager also sees the team's."""
    after = decode_cursor(query.cursor, moment, row_id)
    with kernel().db.reading() as session:
        found = service.list_reminders(
            session,
            principal(),
            state=query.state,
            now=kernel().clock.now(),
            after=after,
            limit=query.limit + 1,
        )
        page = found[: query.limit]
        cursor = None
        if len(found) > len(page):
            last = session.get_one(Reminder, page[-1].id)
            cursor = encode_cursor(last.anchor.isoformat(), last.id)
    return jsonify(ReminderPage(items=tuple(page), cursor=cursor).model_dump(mode="json"))


@api.post("/reminders/<int:reminder_id>/complete", responses={200: ReminderOut})
def complete(path: ReminderPath, body: CompleteBody) -> Response:
    """Close with a contact told in one line; refused when the line tells of none."""
    with kernel().db.unit_of_work() as uow:
        return _reply(uow, service.complete(uow, principal(), path.reminder_id, body.note))


@api.post("/reminders/<int:reminder_id>/snooze", responses={200: ReminderOut})
def snooze(path: ReminderPath, body: SnoozeBody) -> Response:
    """Rest until a moment within the next 30 days."""
    with kernel().db.unit_of_work() as uow:
        return _reply(uow, service.snooze(uow, principal(), path.reminder_id, body.until))


@api.post("/reminders/<int:reminder_id>/dismiss", responses={200: ReminderOut})
def dismiss(path: ReminderPath, body: DismissBody) -> Response:
    """Close without contact, for a reason that stays on record."""
    with kernel().db.unit_of_work() as uow:
        return _reply(uow, service.dismiss(uow, principal(), path.reminder_id, body.reason))


def _reply(uow: UnitOfWork, reminder: Reminder) -> Response:
    customer = uow.session.get_one(Customer, reminder.customer_id)
    owner = uow.session.get_one(Person, reminder.owner_id)
    return jsonify(service.wire(reminder, customer, owner, uow.clock.now()).model_dump(mode="json"))

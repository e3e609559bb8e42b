"""Today: who needs attention, what was promised, what came in, and whether capture is complete."""

from collections.abc import Callable
from typing import Any

from flask import render_template, request
from werkzeug.wrappers import Response as BaseResponse

from server.customers.views.news import newest, promises
from server.followups import service
from server.followups.views import next_due, work_list
from server.identity.views import my_devices
from server.kernel.auth import principal
from server.kernel.context import kernel
from server.kernel.db import UnitOfWork
from server.kernel.errors import Invalid, ServerError
from server.kernel.pages import (
    feed,
    is_fragment,
    local_today,
    morning,
    no_content,
    nothing_new,
    page_blueprint,
    refused,
    said,
)
from server.kernel.policy import current_policy

Answer = str | BaseResponse

pages = page_blueprint("followups", __name__)

SNOOZES = (1, 3, 7)
"""Days to choose from; the reminder is back at nine in the morning."""


@pages.get("/")
def today() -> Answer:
    who, now = principal(), kernel().clock.now()
    with kernel().db.reading() as session:
        revision = feed(session)
        if nothing_new(revision):
            return no_content()
        shown: dict[str, Any] = {
            "work": work_list(session, who, now),
            "next": next_due(session, who),
            "promises": promises(session, who, local_today()),
            "newest": newest(session, who, now),
            "devices": my_devices(session, who.user_id, now),
            "policy": current_policy(session),
        }
    template = "followups/_today.html" if is_fragment() else "followups/today.html"
    return render_template(
        template, **shown, rev=revision, now=now, today=local_today(), snoozes=SNOOZES
    )


def _obey(act: Callable[[UnitOfWork], object], done: str, **params: object) -> Answer:
    try:
        with kernel().db.unit_of_work() as uow:
            act(uow)
    except ServerError as error:
        return refused(error)
    return said(done, "/", **params)


@pages.post("/reminders/<int:reminder_id>/complete")
def complete(reminder_id: int) -> Answer:
    note = request.form.get("note", "")[:2_000]
    return _obey(
        lambda uow: service.complete(uow, principal(), reminder_id, note), "said.contact_logged"
    )


@pages.post("/reminders/<int:reminder_id>/snooze")
def snooze(reminder_id: int) -> Answer:
    days = request.form.get("days", "")
    if days not in map(str, SNOOZES):
        return refused(Invalid(fields={"days": "snooze_range"}))
    until = morning(int(days))
    return _obey(
        lambda uow: service.snooze(uow, principal(), reminder_id, until), "said.snoozed", days=days
    )


@pages.post("/reminders/<int:reminder_id>/dismiss")
def dismiss(reminder_id: int) -> Answer:
    reason = request.form.get("reason", "")[:500]
    return _obey(
        lambda uow: service.dismiss(uow, principal(), reminder_id, reason), "said.dismissed"
    )

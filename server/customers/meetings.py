"""A meeting in several people's calendars: it takes place as long as one of them holds it.

Whoever deletes it from the own calendar, or declines, speaks for nobody else. That it was
cancelled, or that the customer declined, is true for all, whoever tells it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from agent.contract.activity import Activity as WireActivity
from agent.contract.activity import Signals
from server.customers.models import ActivityCapture


class Stored(Protocol):
    """A meeting as it is recorded."""

    @property
    def revision(self) -> int: ...
    @property
    def signals(self) -> Mapping[str, Any]: ...
    @property
    def by_id(self) -> int | None: ...


@dataclass(slots=True)
class Calendars:
    """What is known of one meeting from people's calendars, before the one told now."""

    told: int | None = None
    """Newest revision of the person who tells it now."""
    held_by: int | None = None
    """Of the others, who was the first to have it and still does."""


def calendars(
    session: Session, activity_ids: Collection[UUID], by_id: int | None
) -> Mapping[UUID, Calendars]:
    found = {key: Calendars() for key in activity_ids}
    if not found or by_id is None:
        return found
    captures = session.scalars(
        select(ActivityCapture)
        .where(ActivityCapture.activity_id.in_(found))
        .order_by(ActivityCapture.at, ActivityCapture.person_id)
    )
    for capture in captures:
        known = found[capture.activity_id]
        if capture.person_id == by_id:
            known.told = capture.revision
        elif known.held_by is None and not capture.stays_away:
            known.held_by = capture.person_id
    return found


def stays_away(item: WireActivity) -> bool:
    """It tells no more than that its owner will not be there."""
    return item.kind == "meeting" and _is_personal(item.signals)


def outcome(
    item: WireActivity, there: Stored, known: Calendars, by_id: int | None
) -> tuple[bool, dict[str, Any]]:
    """What ``item``, told now by ``by_id``, makes of the meeting ``there``: whether its words
    replace what was recorded, and values that change in any case."""
    if known.told is not None and item.revision <= known.told:
        return False, {}
    is_off = _is_personal(Signals.model_validate(there.signals))
    if not stays_away(item):
        # Everybody numbers what they tell for themselves.
        if known.told is None and not is_off and item.revision <= there.revision:
            return False, {}
        change: dict[str, Any] = {"revision": max(item.revision, there.revision)}
        return True, change | ({"by_id": by_id} if is_off else {})
    if known.held_by is not None:
        # It goes on without them; whoever had it first is named.
        return False, {"by_id": known.held_by} if there.by_id == by_id else {}
    return False, {} if is_off else _called_off(item, there)


def _called_off(item: WireActivity, there: Stored) -> dict[str, Any]:
    said = {"cancelled": item.signals.cancelled, "declined": item.signals.declined}
    return {
        "revision": max(item.revision, there.revision),
        "signals": {**there.signals, **said, "personal": True},
        "counts": False,
        "grade": "none",
        "reason": "meeting_cancelled" if item.signals.cancelled else "meeting_declined",
        "evidence": "",
    }


def _is_personal(signals: Signals) -> bool:
    return signals.personal and (signals.cancelled or signals.declined)

"""Open reminders on customer cards."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from server.followups.models import Reminder
from server.followups.service import visible_reminders, wire
from server.kernel.auth import Principal
from server.kernel.context import kernel


def add_open_reminders(session: Session, who: Principal, cards: Sequence[Any]) -> None:
    """Fill ``open_reminders`` of many cards with one query."""
    ids = [card.id for card in cards]
    now: datetime = kernel().clock.now().astimezone(UTC)
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    query = visible_reminders(who).where(
        Reminder.customer_id.in_(ids), Reminder.state.in_(("open", "snoozed"))
    )
    for reminder, customer, owner in session.execute(query.order_by(Reminder.anchor)):
        found[customer.id].append(wire(reminder, customer, owner, now).model_dump(mode="json"))
    for card in cards:
        card.open_reminders = found[card.id]

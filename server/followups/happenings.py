"""Reminders on the timeline: when one was opened, and how it ended."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.followups.models import Reminder
from server.kernel.happenings import Happening, Stretch


def reminders_that_happened(
    session: Session, customer_ids: Sequence[int], stretch: Stretch, rank: int
) -> list[Happening]:
    rows = session.scalars(
        select(Reminder)
        .where(
            Reminder.customer_id.in_(customer_ids),
            stretch.condition(rank, Reminder.opened_at, Reminder.id),
        )
        .order_by(Reminder.opened_at.desc(), Reminder.id.desc())
        .limit(stretch.limit)
    )
    return [
        Happening(
            source="reminder",
            number=row.id,
            at=row.opened_at,
            what=f"reminder_{row.level}_{row.state}",
            words={
                "days": row.after_days,
                "reason": row.close_reason if row.state == "dismissed" else "",
            },
        )
        for row in rows
    ]

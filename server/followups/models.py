"""Reminders: the claim that a rule fired for a customer at one anchor."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from server.kernel.db import Base, BigId, UtcDateTime


class Reminder(Base):
    """One per customer, level and anchor: a second sweep finds its claim taken and adds nothing.

    ``anchor`` is the last contact the rule counted from (or the customer's creation). When it moves
    back, because an item was found to belong elsewhere, the old claim opens again.
    """

    __tablename__ = "reminder"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    level: Mapped[str] = mapped_column(String(10))
    """``owner``: the owner is reminded. ``manager``: the team's manager sees it too."""
    anchor: Mapped[datetime] = mapped_column(UtcDateTime)
    after_days: Mapped[int] = mapped_column(Integer)
    """The threshold in force when it was opened."""
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(10), default="open")
    snoozed_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    close_reason: Mapped[str] = mapped_column(Text, default="")
    """The words of who dismissed it; else what closed it: ``contact``, ``contact_withdrawn`` (the
    contact it counted from was somebody else's), ``deal_closed`` or ``no_owner``."""
    closed_by_activity: Mapped[UUID | None] = mapped_column(Uuid)

    __table_args__ = (
        UniqueConstraint("customer_id", "level", "anchor"),
        Index("ix_reminder_work_list", "owner_id", "state", "anchor"),
    )

    @property
    def due_at(self) -> datetime:
        """When the threshold was passed. Order by ``anchor`` in queries."""
        return self.anchor + timedelta(days=self.after_days)

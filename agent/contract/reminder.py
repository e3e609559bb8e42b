"""A reminder as the agent, the extension and the API show it."""

from typing import Literal

from agent.contract.base import Utc, Wire

ReminderLevel = Literal["owner", "manager"]
ReminderState = Literal["open", "snoozed", "done", "dismissed"]


class ReminderOut(Wire):
    id: int
    customer_id: int
    customer: str
    owner: str
    level: ReminderLevel
    state: ReminderState
    due_at: Utc
    """When the rule's threshold was reached."""
    days_without_contact: int
    last_contacted_at: Utc | None = None
    snoozed_until: Utc | None = None


class ReminderPage(Wire):
    items: tuple[ReminderOut, ...]
    cursor: str | None = None

"""Which notices new reminders make. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent import messages
from agent.contract.reminder import ReminderOut

ONE_BY_ONE = 3
"""More new reminders than this make one notice together: nobody reads ten balloons."""


@dataclass(frozen=True, slots=True)
class Notice:
    reminder_ids: tuple[int, ...]
    title: str
    text: str


def notices(reminders: Sequence[ReminderOut], language: str | None = None) -> tuple[Notice, ...]:
    """The notices for ``reminders``, all of them new."""
    if len(reminders) > ONE_BY_ONE:
        longest = max(reminders, key=lambda reminder: reminder.days_without_contact)
        title = messages.text("notice_many_title", language, count=len(reminders))
        text = messages.text(
            "notice_many_text",
            language,
            customer=longest.customer,
            days=longest.days_without_contact,
        )
        return (Notice(tuple(reminder.id for reminder in reminders), title, text),)
    return tuple(_single(reminder, language) for reminder in reminders)


def _single(reminder: ReminderOut, language: str | None) -> Notice:
    escalated = reminder.level == "manager"
    return Notice(
        (reminder.id,),
        messages.text("notice_one_title", language, customer=reminder.customer),
        messages.text(
            "notice_escalated_text" if escalated else "notice_one_text",
            language,
            days=reminder.days_without_contact,
            owner=reminder.owner,
        ),
    )

"""What the store asks a meeting before and after it has been told."""

from agent.contract.activity import Activity, Decision
from agent.outbox import moments


def is_off(activity: Activity) -> bool:
    """It says of itself that nobody of us meets the customer."""
    return activity.signals.cancelled or activity.signals.declined


def end_of(activity: Activity) -> str:
    """As the store keeps moments."""
    return moments.to_text(max(activity.occurred_at, activity.ended_at or activity.occurred_at))


def bare(activity: Activity) -> str:
    """JSON of it without its words: the server keeps those it has."""
    return activity.model_copy(
        update={"text": "", "tags": (), "commitments": (), "attachments": (), "thread": None}
    ).model_dump_json()


def called_off(activity: Activity) -> Activity:
    signals = activity.signals.model_copy(update={"cancelled": True, "personal": True})
    contact = Decision(counts=False, grade="none", reason="meeting_cancelled")
    return activity.model_copy(update={"signals": signals, "contact": contact})

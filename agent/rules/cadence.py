"""When is the next step due? Pure: the clock is an argument."""

from datetime import datetime, timedelta

from agent.contract.policy import Policy


def reminder_due(anchor: datetime, policy: Policy) -> datetime:
    """When the owner is reminded: ``remind_after_days`` full days after the last contact (or, for a
    customer never contacted, after it was created)."""
    return anchor + timedelta(days=policy.remind_after_days)

"""Twelve months of the sample company before today: what was said, to whom, and when.

Follows the course of each deal; the texts come from ``company/templates.yaml``. The same ``now``
gives the same history.
"""

from collections.abc import Iterator
from datetime import datetime

from demo.company.model import Company
from demo.deal_course import StageChange, stage_changes
from demo.past_activity import Ids, PastActivity, to_activity
from demo.story import Story

__all__ = ["Ids", "PastActivity", "StageChange", "history", "stage_changes", "to_activity"]


def history(company: Company, now: datetime) -> Iterator[PastActivity]:
    """All activities of the past year, oldest first; none of them in the future."""
    found: list[PastActivity] = []
    for customer in company.customers:
        if customer.owner is not None:
            found.extend(Story(company, customer, now).told())
    yield from sorted(found, key=lambda past: (past.occurred_at, past.key))

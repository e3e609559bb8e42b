"""One activity of the sample company's past, and its form on the wire."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from agent.contract.activity import Activity, Direction, Kind, Match, Participant, Signals
from agent.contract.policy import Policy
from agent.rules.contact import decide
from agent.rules.identity import activity_id, thread_key


@dataclass(frozen=True, slots=True, kw_only=True)
class PastActivity:
    key: str
    by: str
    """Key of the rep."""
    customer: str
    contact: str
    deal: str
    situation: str
    """``demo``, ``trial``, ``proposal`` …: the names in ``templates.yaml``."""
    kind: Kind
    direction: Direction
    occurred_at: datetime
    ended_at: datetime | None = None
    subject: str
    text: str
    participants: tuple[Participant, ...]
    thread: str
    is_reply: bool = False
    answered: bool | None = None
    duration_s: float | None = None


@dataclass(frozen=True, slots=True)
class Ids:
    """Keys of the sample company → ids in the database."""

    customers: Mapping[str, int]
    contacts: Mapping[str, int]


def to_activity(past: PastActivity, ids: Ids, policy: Policy | None = None) -> Activity:
    """The wire form, with ``source="import"``. Raises KeyError for a key that ``ids`` lacks."""
    signals = Signals(is_reply=past.is_reply, answered=past.answered, duration_s=past.duration_s)
    return Activity(
        id=activity_id(f"import:{past.key}"),
        kind=past.kind,
        source="import",
        direction=past.direction,
        occurred_at=past.occurred_at,
        ended_at=past.ended_at,
        subject=past.subject,
        text=past.text,
        thread=thread_key((past.thread,)),
        participants=past.participants,
        signals=signals,
        match=Match(
            customer_id=ids.customers[past.customer],
            contact_id=ids.contacts[past.contact],
            confidence=1.0,
            why="import",
        ),
        contact=decide(
            kind=past.kind,
            direction=past.direction,
            occurred_at=past.occurred_at,
            ended_at=past.ended_at,
            signals=signals,
            has_customer=True,
            policy=policy or Policy(),
            now=past.ended_at or past.occurred_at,
        ),
    )

"""Does an item count as contact with the customer? One pure function decides, everywhere.

The agent proposes with it, the server decides with it, the page shows its reason. Grades rank the
evidence: a human of theirs answered (``two_way``) above a connected call or held meeting
(``connected``) above a human of ours writing (``outbound``). Machine mail, internal mail, missed
calls and meetings that have not happened never count.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from agent.contract.activity import (
    Decision,
    Direction,
    Grade,
    Kind,
    Participant,
    Reason,
    Signals,
)
from agent.contract.policy import Policy
from agent.rules.talks import note_reports_contact

__all__ = ("customer_declined", "decide", "has_customer", "no", "note_reports_contact", "yes")


def has_customer(kind: Kind, direction: Direction, participants: Iterable[Participant]) -> bool:
    """Does a person of the customer take part on the side that makes it contact?

    An inbound mail needs one of theirs as its sender (somebody else's mail with them in copy is no
    word of theirs), an outbound one among those it went to. Notes and calls are matched as a whole.
    """
    if kind in ("note", "call"):
        return True
    theirs = [person.role for person in participants if person.side == "customer"]
    return "from" in theirs if kind == "mail" and direction == "inbound" else bool(theirs)


def customer_declined(participants: Iterable[Participant], responses: Mapping[str, str]) -> bool:
    """Did everybody of the customer who was invited to a meeting decline it?

    ``responses``: address → answer, as far as the calendar knows; who has not answered may come.
    """
    theirs = [person for person in participants if person.side == "customer"]
    return bool(theirs) and all(
        responses.get(person.email or "") == "declined" for person in theirs
    )


def decide(
    *,
    kind: Kind,
    direction: Direction,
    occurred_at: datetime,
    ended_at: datetime | None,
    signals: Signals,
    has_customer: bool,
    policy: Policy,
    now: datetime,
) -> Decision:
    """Decide for one item.

    ``has_customer``: see the function of that name.
    ``now`` guards against the future: what has not happened yet does not count yet.
    """
    if signals.machine is not None:
        return no(signals.machine, signals.machine_evidence)
    if direction == "internal":
        return no("internal")
    if not has_customer:
        return no("no_customer_participant")
    if kind == "meeting":
        return _meeting(occurred_at, ended_at, signals, now)
    if occurred_at > now:
        return no("in_future")
    if kind == "call":
        return _call(signals, policy)
    if kind == "note":
        return (
            yes("connected", "note_reports_contact")
            if signals.reports_contact
            else no("note_without_contact")
        )
    if direction == "inbound":
        reason: Reason = "customer_replied" if signals.is_reply else "customer_wrote"
        return yes("two_way", reason, signals.machine_evidence)
    return yes("outbound", "we_wrote", signals.machine_evidence)


def _meeting(
    occurred_at: datetime, ended_at: datetime | None, signals: Signals, now: datetime
) -> Decision:
    if signals.cancelled:
        return no("meeting_cancelled")
    if signals.declined:
        return no("meeting_declined")
    if signals.absence:
        return no("no_meeting")
    if (ended_at or occurred_at) > now:
        return no("meeting_future")
    return yes("connected", "meeting_held")


def _call(signals: Signals, policy: Policy) -> Decision:
    if signals.voicemail:
        return no("voicemail")
    if signals.answered is False:
        return no("call_unanswered")
    if signals.duration_s is not None and signals.duration_s < policy.min_call_seconds:
        return no("call_too_short", f"{signals.duration_s:.0f} s < {policy.min_call_seconds} s")
    return yes("connected", "call_connected")


def no(reason: Reason, evidence: str = "") -> Decision:
    return Decision(counts=False, grade="none", reason=reason, evidence=evidence)


def yes(grade: Grade, reason: Reason, evidence: str = "") -> Decision:
    return Decision(counts=True, grade=grade, reason=reason, evidence=evidence)

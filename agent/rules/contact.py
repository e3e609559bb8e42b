"""Does an item count as contact with the customer? One pure function decides, everywhere.

The agent proposes with it, the server decides with it, the page shows its reason. Grades rank the
evidence: a human of theirs answered (``two_way``) above a connected call or held meeting
(``connected``) above a human of ours writing (``outbound``). Machine mail, internal mail, missed
calls and meetings that have not happened never count.
"""

import re
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

_HAPPENED = re.compile(
    r"拜访了|走访|面谈|见面|会面|当面|到访|来访|去了.{0,12}(?:公司|现场|工厂|办公室)|开了?.{0,4}会|会上|沟通了|聊了|谈了|谈到|通了?(?:个)?电话|电话(?:里|中|沟通|确认|回访)"
    r"|打(?:了|过)?(?:个)?电话(?!没|未|无)|微信(?:上|里|沟通|聊|回复|问|说|确认)|回访了?|演示了|培训了|(?:客户|对方|[赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕施张孔曹严华金魏陶姜刘].{0,3}[总工经理老师主任])(?:说|表示|反馈|提到|问|回复|认为|希望|要求|确认|答应)"
    r"|\b(?:met|visited|called|spoke|talked|chatted|caught up|had (?:a |an )?(?:call|meeting|lunch|demo|visit)|discussed|presented|demoed|demo(?:nstrat)?ed)\b"
    r"|\b(?:call|meeting|visit|lunch|conversation|chat) with\b"
    r"|\b(?:he|she|they|customer|client)\s+(?:said|told|asked|mentioned|confirmed|wants?|agreed)\b",
    re.IGNORECASE,
)
_NOT_HAPPENED = re.compile(
    r"计划|打算|准备(?:去|约|拜访|电话)|预约|约(?:了)?(?:下周|明天|后天|周|星期)|下周(?:去|约|拜访)|明天(?:去|约|拜访|打)|待办|需要(?:联系|拜访|约)|没(?:有)?(?:接|联系上|打通|见到|聊)|未接|无人接|占线|改期|取消|没去成"
    r"|\b(?:plan(?:ned|ning)? to|will (?:call|visit|meet)|going to|need to|should (?:call|visit)|to-?do|no answer|didn'?t (?:answer|pick up)|voicemail|could ?n[o']t reach|not reach|cancel(?:l)?ed|postponed|resched)",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[^。！？!?\n;；]+")


def note_reports_contact(text: str) -> bool:
    """Does a rep's note say that a conversation with the customer took place?

    Sentence by sentence: one that reports a talk and neither plans nor denies it is enough.
    """
    return any(
        _HAPPENED.search(sentence) and not _NOT_HAPPENED.search(sentence)
        for sentence in _SENTENCE.findall(text)
    )


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
        return yes("two_way", "customer_replied" if signals.is_reply else "customer_wrote")
    return yes("outbound", "we_wrote")


def _meeting(
    occurred_at: datetime, ended_at: datetime | None, signals: Signals, now: datetime
) -> Decision:
    if signals.cancelled:
        return no("meeting_cancelled")
    if signals.declined:
        return no("meeting_declined")
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

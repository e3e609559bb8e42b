"""What counts as contact: every kind, every reason, and the guard against the future."""

from datetime import UTC, datetime, timedelta

import pytest

from agent.contract.activity import REASONS, Participant, Signals
from agent.contract.policy import Policy
from agent.rules.contact import decide, has_customer, note_reports_contact

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
AN_HOUR_AGO = NOW - timedelta(hours=1)

CASES = [
    ("mail", "inbound", {"is_reply": True}, (True, "two_way", "customer_replied")),
    ("mail", "inbound", {}, (True, "two_way", "customer_wrote")),
    ("mail", "outbound", {}, (True, "outbound", "we_wrote")),
    ("mail", "outbound", {"is_reply": True}, (True, "outbound", "we_wrote")),
    ("mail", "internal", {}, (False, "none", "internal")),
    ("mail", "inbound", {"machine": "auto_reply", "is_reply": True}, (False, "none", "auto_reply")),
    ("mail", "inbound", {"machine": "bounce"}, (False, "none", "bounce")),
    ("mail", "inbound", {"machine": "bulk"}, (False, "none", "bulk")),
    ("mail", "inbound", {"machine": "invitation"}, (False, "none", "invitation")),
    ("mail", "inbound", {"machine": "calendar_response"}, (False, "none", "calendar_response")),
    ("mail", "inbound", {"machine": "receipt"}, (False, "none", "receipt")),
    ("mail", "outbound", {"machine": "draft"}, (False, "none", "draft")),
    ("call", "outbound", {"duration_s": 62}, (True, "connected", "call_connected")),
    (
        "call",
        "inbound",
        {"answered": True, "duration_s": 20},
        (True, "connected", "call_connected"),
    ),
    ("call", "inbound", {}, (True, "connected", "call_connected")),
    ("call", "outbound", {"duration_s": 14.9}, (False, "none", "call_too_short")),
    ("call", "outbound", {"duration_s": 15}, (True, "connected", "call_connected")),
    ("call", "outbound", {"answered": False, "duration_s": 40}, (False, "none", "call_unanswered")),
    ("call", "outbound", {"voicemail": True, "duration_s": 40}, (False, "none", "voicemail")),
    ("meeting", "none", {}, (True, "connected", "meeting_held")),
    ("meeting", "none", {"cancelled": True}, (False, "none", "meeting_cancelled")),
    ("meeting", "none", {"declined": True}, (False, "none", "meeting_declined")),
    ("meeting", "none", {"absence": True}, (False, "none", "no_meeting")),
    ("note", "none", {"reports_contact": True}, (True, "connected", "note_reports_contact")),
    ("note", "none", {"reports_contact": False}, (False, "none", "note_without_contact")),
    ("note", "none", {}, (False, "none", "note_without_contact")),
]


def decided(kind, direction, signals, *, at=AN_HOUR_AGO, ended=None, customer=True):
    return decide(
        kind=kind,
        direction=direction,
        occurred_at=at,
        ended_at=ended,
        signals=Signals(**signals),
        has_customer=customer,
        policy=Policy(min_call_seconds=15),
        now=NOW,
    )


@pytest.mark.parametrize(("kind", "direction", "signals", "expected"), CASES)
def test_the_decision(kind, direction, signals, expected):
    found = decided(kind, direction, signals)
    assert (found.counts, found.grade, found.reason) == expected


@pytest.mark.parametrize("kind", ["mail", "call", "note"])
def test_nothing_counts_before_it_happened(kind):
    signals = {"reports_contact": True}
    found = decided(kind, "outbound", signals, at=NOW + timedelta(seconds=1))
    assert (found.counts, found.reason) == (False, "in_future")
    assert decided(kind, "outbound", signals, at=NOW).counts


def test_a_meeting_counts_once_it_is_over():
    start = NOW - timedelta(minutes=30)
    assert decided("meeting", "none", {}, at=start, ended=NOW + timedelta(minutes=1)).reason == (
        "meeting_future"
    )
    assert decided("meeting", "none", {}, at=start, ended=NOW).counts


def test_without_a_person_of_the_customer_nothing_counts():
    assert decided("mail", "outbound", {}, customer=False).reason == "no_customer_participant"


def test_a_machine_never_counts_whatever_else_is_true():
    for kind in ("mail", "call", "meeting", "note"):
        for direction in ("inbound", "outbound", "none"):
            for machine in ("auto_reply", "bounce", "bulk", "invitation", "receipt", "draft"):
                assert not decided(kind, direction, {"machine": machine}).counts


def test_every_reason_is_reached():
    reached = {decided(*case[:3]).reason for case in CASES}
    reached |= {"in_future", "meeting_future", "no_customer_participant"}
    assert reached == set(REASONS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("今天拜访了华锐，赵工带我看了产线。", True),
        ("和李老师电话沟通，试用账号已开。", True),
        ("微信上客户问了交期。", True),
        ("客户反馈上周的方案不错", True),
        ("Met Dana at the fair, she wants a quote.", True),
        ("Call with Robert: CFO has to approve.", True),
        ("Caught up with Simon over lunch", True),
        ("计划下周拜访华锐", False),
        ("待办：给王经理打电话", False),
        ("打电话没人接", False),
        ("会议改期，客户临时有事", False),
        ("Plan to visit Northgate next week", False),
        ("Called Simon, no answer", False),
        ("公司官网显示他们在扩产", False),
        ("Their website says they are hiring.", False),
        ("", False),
        ("打电话没人接。下午见面聊了报价。", True),
    ],
)
def test_what_a_note_reports(text, expected):
    assert note_reports_contact(text) is expected


@pytest.mark.parametrize(
    ("kind", "direction", "people", "expected"),
    [
        ("mail", "inbound", {"from": "customer", "to": "us"}, True),
        ("mail", "inbound", {"from": "other", "to": "us", "cc": "customer"}, False),
        ("mail", "outbound", {"from": "us", "to": "other", "cc": "customer"}, True),
        ("mail", "outbound", {"from": "us", "to": "other"}, False),
        ("meeting", "none", {"organizer": "us", "attendee": "customer"}, True),
        ("meeting", "none", {"organizer": "us", "attendee": "other"}, False),
        ("call", "inbound", {}, True),
        ("note", "none", {}, True),
    ],
)
def test_whose_part_makes_it_contact(kind, direction, people, expected):
    participants = [Participant(role=role, side=side) for role, side in people.items()]
    assert has_customer(kind, direction, participants) is expected

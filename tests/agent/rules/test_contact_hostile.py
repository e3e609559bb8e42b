"""Whatever comes, a decision is made, without an exception and in time linear to the text."""

import time
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.capture.mailhead import KEPT
from agent.contract.activity import (
    REASONS,
    Decision,
    Direction,
    Kind,
    MachineSign,
    Participant,
    ParticipantRole,
    Side,
    Signals,
)
from agent.contract.policy import Policy
from agent.rules.calendar_titles import tells_absence, tells_cancelled
from agent.rules.contact import customer_declined, decide, has_customer
from agent.rules.machine import machine_sign
from agent.rules.talks import note_reports_contact
from agent.rules.writer import with_writer

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
WORDS = (
    "您好，", "自动回复", "休假", "请联系", "无法回复", "您的邮件已收到", "Re: ", "out of office ", "\n", "。", "? ",
    "unsubscribe", "550 5.1.1 ", "please send ", "报价", "退订", "会议主题：", "今天拜访了", "没人接", "plan to ", "\x00", "𠀀", "=?utf-8?",
)  # fmt: skip
texts = st.one_of(st.text(max_size=300), st.lists(st.sampled_from(WORDS), max_size=30).map("".join))
people = st.lists(
    st.builds(
        Participant,
        role=st.sampled_from(get_args(ParticipantRole)),
        side=st.sampled_from(get_args(Side)),
        name=texts,
        email=st.one_of(st.none(), st.sampled_from(["a@b.example", "no-reply@x.example", "@", ""])),
    ),
    max_size=5,
)
moments = st.integers(-30_000, 30_000).map(lambda hours: NOW + timedelta(hours=hours))
signals = st.builds(
    Signals,
    machine=st.one_of(st.none(), st.sampled_from(get_args(MachineSign))),
    machine_evidence=texts,
    is_reply=st.booleans(),
    answered=st.one_of(st.none(), st.booleans()),
    voicemail=st.booleans(),
    duration_s=st.one_of(st.none(), st.floats(0, 1e6)),
    cancelled=st.booleans(),
    declined=st.booleans(),
    absence=st.booleans(),
    reports_contact=st.one_of(st.none(), st.booleans()),
)


@given(
    kind=st.sampled_from(get_args(Kind)),
    direction=st.sampled_from(get_args(Direction)),
    occurred_at=moments,
    ended_at=st.one_of(st.none(), moments),
    signals=signals,
    customer=st.booleans(),
)
def test_every_item_gets_one_decision(kind, direction, occurred_at, ended_at, signals, customer):
    found = decide(
        kind=kind,
        direction=direction,
        occurred_at=occurred_at,
        ended_at=ended_at,
        signals=signals,
        has_customer=customer,
        policy=Policy(),
        now=NOW,
    )
    assert isinstance(found, Decision)
    assert found.reason in REASONS
    assert found.counts is (found.grade != "none")
    if signals.machine is not None or not customer or occurred_at > NOW:
        assert not found.counts


@given(
    headers=st.dictionaries(st.sampled_from(KEPT), texts, max_size=8),
    subject=texts,
    text=texts,
    foot=texts,
    people=people,
)
def test_any_mail_gets_a_sign_or_none(headers, subject, text, foot, people):
    sign, proof = machine_sign(headers, subject=subject, text=text, participants=people, foot=foot)
    assert sign is None or (sign in get_args(MachineSign) and proof)
    again = machine_sign(headers, subject=subject, text=text, participants=people, foot=foot)
    assert again == (sign, proof)
    assert len(with_writer(headers, people)) == len(people)


@given(texts, moments, st.one_of(st.none(), moments), people)
def test_words_and_titles_never_raise(text, start, end, people):
    assert note_reports_contact(text) in (True, False)
    assert tells_cancelled(text) in (True, False)
    assert tells_absence(text, start, end) in (True, False)
    assert customer_declined(people, {"a@b.example": "declined"}) in (True, False)
    assert has_customer("mail", "inbound", people) in (True, False)


@pytest.mark.parametrize(
    "seed",
    ["您的邮件", "自动", "如有紧急", "out of office ", "https://", "550 5.", "for any ", "please contact ", "meeting id ", "[", " ", "\n", "A b", "没人接", "status: x\n", "message was ", "send to "],
)  # fmt: skip
def test_the_work_grows_no_faster_than_the_text(seed):
    def work(size: int) -> float:
        text = (seed * size)[:size]
        headers = {"list-unsubscribe": "<x>", "sender": text, "x-mailer": text, "reply-to": text}
        sender = [Participant(role="from", email="a@b.example")]
        begin = time.process_time()
        machine_sign(headers, subject=text, text=text, participants=sender, foot=text)
        note_reports_contact(text)
        with_writer(headers, sender)
        return time.process_time() - begin

    work(4_000)  # patterns are compiled
    small, large = min(work(4_000) for _ in range(3)), min(work(64_000) for _ in range(3))
    assert large < 64 * max(small, 0.002)


def test_a_day_of_leave_is_no_meeting():
    start = NOW
    assert tells_absence("李雷休假", start, start + timedelta(days=1))
    assert tells_absence("OOO - Li", start, start + timedelta(days=3))
    assert not tells_absence("李雷休假", start, start + timedelta(hours=2))
    assert not tells_absence("上海展会", start, start + timedelta(days=1))
    assert not tells_absence("李雷休假", start, None)


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Canceled: Kick-off", True),
        ("已取消: 评审", True),
        ("[取消] 评审", True),
        ("取消订单的讨论", False),
        ("Cancellation policy review", False),
    ],
)
def test_a_title_tells_of_cancelling(title, expected):
    assert tells_cancelled(title) is expected


def group(**headers):
    return with_writer(
        headers, [Participant(role="from", name="'Dana' via Sales", email="sales@ours.example")]
    )[0]


def test_the_writer_behind_a_group_is_found():
    original = {"x-original-from": "Dana <dana@c.example>"}
    assert group(**original).email == "dana@c.example"
    assert group(**{"reply-to": "dana@c.example", "list-id": "<s>"}).email == "dana@c.example"
    assert group(**{"reply-to": "dana@c.example", "list-id": "<s>"}).name == "Dana"


def test_a_service_that_sends_in_a_name_is_no_group():
    assert group(**{"reply-to": "dana@c.example"}).email == "sales@ours.example"
    assert group(**{"reply-to": "nobody", "list-id": "<s>"}).email == "sales@ours.example"

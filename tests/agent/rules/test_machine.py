"""Mail that machines write, as real systems write it; and mail of people that only looks like it."""

import pytest

from agent.contract.activity import Participant
from agent.rules.machine import machine_sign

MACHINE = [
    ("auto_reply", {"auto-submitted": "auto-replied"}, "Re: 方案", "我在休假"),
    ("auto_reply", {"auto-submitted": "auto-replied (vacation)"}, "x", ""),
    ("auto_reply", {"x-autoreply": "yes"}, "x", ""),
    ("auto_reply", {"x-autorespond": "1"}, "x", ""),
    ("auto_reply", {"precedence": "auto_reply"}, "x", ""),
    ("auto_reply", {}, "自动回复: 关于报价", "您好，我正在出差。"),
    ("auto_reply", {}, "自动回复：关于报价", ""),
    ("auto_reply", {}, "自动答复: Re: 合同", ""),
    ("auto_reply", {}, "Automatic reply: Proposal", ""),
    ("auto_reply", {}, "Out of Office: Proposal", ""),
    ("auto_reply", {}, "Out of the office", ""),
    ("auto_reply", {}, "Auto-Reply: your mail", ""),
    ("auto_reply", {}, "Re: 方案", "这是来自QQ邮箱的假期自动回复邮件。\n您好，我最近正在休假中。"),
    ("auto_reply", {}, "Re: 方案", "您好！您的邮件我已收到，我会尽快给您回复。"),
    ("auto_reply", {}, "Re: hi", "This is an automatic reply. We got your mail."),
    ("auto_reply", {}, "Re: hi", "I am currently out of office and will return on Monday."),
    ("bounce", {"x-genjin-report-type": "delivery-status"}, "Undelivered Mail", ""),
    ("bounce", {"x-failed-recipients": "a@b.example"}, "Mail delivery failed", ""),
    ("bulk", {"list-unsubscribe": "<mailto:u@x.example>"}, "本周行业资讯", ""),
    ("bulk", {"list-id": "<dev.x.example>"}, "[dev] hello", ""),
    ("bulk", {"precedence": "bulk"}, "News", ""),
    ("bulk", {"feedback-id": "1:2:3"}, "News", ""),
    ("invitation", {"x-genjin-calendar-method": "REQUEST"}, "邀请: 方案评审", ""),
    ("invitation", {"x-genjin-calendar-method": "CANCEL"}, "已取消: 方案评审", ""),
    ("calendar_response", {"x-genjin-calendar-method": "REPLY"}, "已接受: 方案评审", ""),
    ("receipt", {"x-genjin-report-type": "disposition-notification"}, "已读: 报价", ""),
    ("receipt", {}, "已读: 报价", "您的邮件已被阅读"),
    ("draft", {"x-genjin-draft": "1"}, "报价", ""),
]
HUMAN = [
    ({}, "Re: 方案", "方案收到，我们内部讨论一下。"),
    ({"auto-submitted": "no"}, "Re: 方案", "好的"),
    ({"x-autoreply": "no"}, "Re: 方案", "好的"),
    ({}, "关于自动回复功能的需求", "我们希望客服系统支持自动回复。"),
    ({}, "Office move", "We are out of the old office since Monday; come and see us."),
    ({}, "Re: automatic reply settings", "Could you show me how to set this up?"),
    ({}, "Reading list", "Here it is."),
    ({}, "回复: 报价", "价格可以，请发合同。"),
    ({"precedence": "first-class"}, "x", "y"),
    ({}, "退信率的问题", "上月退信率偏高，帮忙看看。"),
]


def people(sender):
    return [Participant(role="from", email=sender)]


@pytest.mark.parametrize(("sign", "headers", "subject", "text"), MACHINE)
def test_machine_mail_is_recognised_with_its_proof(sign, headers, subject, text):
    found, proof = machine_sign(
        headers, subject=subject, text=text, participants=people("li@kunde.example")
    )
    assert found == sign
    assert proof


@pytest.mark.parametrize(("headers", "subject", "text"), HUMAN)
def test_mail_of_people_stays_human(headers, subject, text):
    found = machine_sign(
        headers, subject=subject, text=text, participants=people("li@kunde.example")
    )
    assert found == (None, "")


@pytest.mark.parametrize(
    ("sender", "subject", "sign"),
    [
        ("mailer-daemon@kunde.example", "Undeliverable: 报价", "bounce"),
        ("postmaster@kunde.example", "系统退信", "bounce"),
        ("no-reply@kunde.example", "您的验证码", "bulk"),
        ("noreply-orders@kunde.example", "Order", "bulk"),
        ("newsletter@kunde.example", "News", "bulk"),
        ("newman@kunde.example", "News", None),
        ("systematic.li@kunde.example", "x", None),
        ("bounce@kunde.example", "Trampoline order", None),
    ],
)
def test_the_sender_alone_may_prove_it(sender, subject, sign):
    assert machine_sign({}, subject=subject, text="", participants=people(sender))[0] == sign


def test_a_long_letter_that_mentions_the_phrase_was_written_by_a_person():
    letter = (
        "我们评估了三家的客服系统。" * 80 + "这是来自QQ邮箱的假期自动回复邮件，是测试时收到的。"
    )
    assert (
        machine_sign({}, subject="评估", text=letter, participants=people("a@b.example"))[0] is None
    )


def test_what_outweighed_the_signs_of_a_machine_is_told():
    found = machine_sign(
        {"list-unsubscribe": "<https://crm.example/u>", "in-reply-to": "<q@us.example>"},
        subject="Re: Offer",
        text="Hi Li, the price works for us. Can you send the contract?",
        participants=people("dana@kunde.example"),
    )
    assert found == (None, "list-unsubscribe < in-reply-to, re, name, own words, talk")


def test_the_small_print_below_the_words_is_read():
    words = {"subject": "展会", "text": "欢迎参观。", "participants": people("info@kunde.example")}
    assert machine_sign({}, **words) == (None, "")
    assert machine_sign({}, **words, foot="如需退订请点击这里")[0] == "bulk"


@pytest.mark.parametrize("value", ["All", "OOF", "DR, RN, NRN, OOF, AutoReply"])
def test_asking_not_to_be_answered_automatically_is_no_sign(value):
    header = {"x-auto-response-suppress": value}
    assert machine_sign(
        header, subject="Offer", text="We will decide soon.", participants=people("a@b.example")
    ) == (None, "")


def test_a_letter_of_ours_to_many_companies_is_a_mailing():
    def to(count, domain, role="to"):
        return [
            Participant(role="from", email="li@us.example", side="us"),
            *(Participant(role=role, email=f"p{n}@{domain.format(n)}") for n in range(count)),
        ]

    def sign(who):
        return machine_sign({}, subject="节日快乐", text="祝好", participants=who)

    assert sign(to(12, "c{}.example")) == ("bulk", "recipients: 12")
    assert sign(to(12, "c.example")) == (None, "")
    assert sign(to(4, "c{}.example")) == (None, "")
    assert sign(to(4, "c{}.example", "bcc"))[0] == "bulk"
    assert sign(to(1, "c{}.example", "bcc")) == (None, "")

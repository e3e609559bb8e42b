"""A mail is the same capture whether Exchange or a file brings it."""

from datetime import UTC, datetime

import pytest

from agent.capture import mime
from agent.capture.base import Capture
from agent.rules.machine import machine_sign
from tests.agent.capture.exchange.box import Box, mail
from tests.agent.capture.mails import multipart, raw_mail

INVITATION = multipart(
    "alternative",
    "Content-Type: text/plain; charset=utf-8\r\n\r\n请参加会议",
    "Content-Type: text/calendar; method=REQUEST; charset=utf-8\r\n\r\nBEGIN:VCALENDAR\r\n"
    "METHOD:REQUEST\r\nEND:VCALENDAR",
)
BOUNCE = multipart(
    "report",
    "Content-Type: text/plain; charset=utf-8\r\n\r\n未送达",
    "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
    "Final-Recipient: rfc822; Zhang@Customer.example\r\nAction: failed\r\nStatus: 5.1.1",
)
BOUNCE["Content_Type"] += "; report-type=delivery-status"

MAILS = {
    "plain": mail(1),
    "encoded in gbk": raw_mail(
        "您好，报价如下。",
        From="=?gb2312?B?1cXI/Q==?= <zhang@customer.example>",
        Subject="=?gbk?B?sai82w==?=",
        Message_ID="<gbk@customer.example>",
        Content_Type="text/plain; charset=utf-8",
        To='"李, 雷" <li@example.com>, =?utf-8?b?546L?= <wang@example.com>',
        Cc="chen@example.com",
    ),
    "a reply": mail(
        2,
        In_Reply_To="<1@customer.example>",
        References="<0@customer.example> <1@customer.example>",
    ),
    "automatic": mail(3, Auto_Submitted="auto-replied", Subject="=?utf-8?q?Re:_x?="),
    "automatic by its subject": raw_mail(
        "我在休假",
        Subject="自动回复: 报价",
        Message_ID="<auto@x.example>",
        Content_Type="text/plain; charset=utf-8",
    ),
    "newsletter": mail(4, List_Id="<news.example>", List_Unsubscribe="<https://x.example>"),
    "bulk": mail(5, Precedence="bulk"),
    "suppressed": mail(6, X_Auto_Response_Suppress="All"),
    "invitation": raw_mail(**INVITATION, Message_ID="<inv@customer.example>"),
    "answer to an invitation": raw_mail(
        **multipart(
            "alternative",
            "Content-Type: text/plain\r\n\r\nok",
            "Content-Type: text/calendar; method=REPLY\r\n\r\nBEGIN:VCALENDAR\r\nEND:VCALENDAR",
        ),
        Message_ID="<rep@customer.example>",
    ),
    "bounce": raw_mail(**BOUNCE, From="MAILER-DAEMON@mx.example", Message_ID="<bounce@mx.example>"),
    "private": mail(7, Sensitivity="Private"),
    "no Message-ID": mail(8, Message_ID=""),
    "no Message-ID, html": mail(
        9, "<p>您好 <b>报价</b></p>", Message_ID="", Content_Type="text/html; charset=utf-8"
    ),
    "no date": mail(10, Date=""),
    "a draft": mail(11, X_Unsent="1"),
    "with an attachment": raw_mail(
        **multipart(
            "mixed",
            "Content-Type: text/plain; charset=utf-8\r\n\r\n见附件",
            "Content-Type: application/pdf\r\nContent-Disposition: attachment; "
            'filename="quote.pdf"\r\n\r\n1234567890',
        ),
        Message_ID="<att@customer.example>",
    ),
}
AT = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


def through_a_file(raw: bytes) -> Capture:
    return mime.read(raw, source="mailfiles", external_id="a", version="1", fallback=AT)


def sign(capture: Capture) -> str | None:
    return machine_sign(
        capture.headers,
        subject=capture.subject,
        text=capture.text,
        participants=capture.participants,
    )[0]


@pytest.mark.parametrize("name", list(MAILS))
def test_same_as_through_a_file(box: Box, name: str) -> None:
    raw = MAILS[name]
    box.put(raw, received=AT)
    (one,) = box.read().mails
    other = through_a_file(raw)
    assert one.identity == other.identity
    assert one.occurred_at == other.occurred_at
    assert one.participants == other.participants
    assert one.subject == other.subject
    assert one.text.strip() == other.text.strip()
    assert one.is_html == other.is_html
    assert one.references == other.references
    assert one.signals == other.signals
    assert one.sensitivity == other.sensitivity
    assert one.attachments == other.attachments
    assert sign(one) == sign(other)
    assert one.headers == other.headers


def test_signs_are_what_they_should_be(box: Box) -> None:
    for n, raw in enumerate(MAILS.values()):
        box.put(raw, received=AT.replace(minute=n))
    by_time = sorted(box.read().mails, key=lambda one: one.identity)
    signs = {one.identity: sign(one) for one in by_time}
    assert signs["mid:<3@customer.example>"] == "auto_reply"
    assert signs["mid:<auto@x.example>"] == "auto_reply"
    assert signs["mid:<4@customer.example>"] == "bulk"
    assert signs["mid:<inv@customer.example>"] == "invitation"
    assert signs["mid:<rep@customer.example>"] == "calendar_response"
    assert signs["mid:<bounce@mx.example>"] == "bounce"
    assert signs["mid:<11@customer.example>"] == "draft"
    assert signs["mid:<1@customer.example>"] is None


def test_what_was_sent_from_here_has_no_header_yet(box: Box) -> None:
    box.put(MAILS["encoded in gbk"], folder=box.store.sent, received=AT)
    (one,) = box.read().mails
    other = through_a_file(MAILS["encoded in gbk"])
    assert one.identity == other.identity
    assert one.participants == other.participants
    assert one.occurred_at == other.occurred_at
    assert one.folder == "已发送邮件"


def test_colleagues_stand_by_their_place_in_the_directory(box: Box) -> None:
    id_ = box.put(mail(1), folder=box.store.sent)
    box.store.change(
        id_,
        to=[
            ('王 "小" 五', "/O=ORG/OU=GROUP/CN=RECIPIENTS/CN=WANG"),
            ("Zhang", "z@Customer.example"),
        ],
    )
    (one,) = box.read().mails
    to = [(who.name, who.email) for who in one.participants if who.role == "to"]
    assert to == [('王 "小" 五', None), ("Zhang", "z@customer.example")]


def test_categories_and_a_sensitivity_set_by_hand(box: Box) -> None:
    id_ = box.deliver(1)
    box.store.change(id_, categories=["私人", "客户, 重要"], sensitivity="Confidential")
    (one,) = box.read().mails
    assert one.categories == ("私人", "客户, 重要")
    assert one.sensitivity == "company-confidential"


def test_a_receipt_says_so(box: Box) -> None:
    id_ = box.deliver(1)
    box.store.change(id_, item_class="REPORT.IPM.Note.IPNRN", mime=b"")
    (one,) = box.read().mails
    assert sign(one) == "receipt"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\x0b\x1f 控制字符",
        "]]> & <b> &amp; 𠮷 😀",
        "x" * 2_000_000,
        "\u202e倒\u0000".replace("\x00", ""),
    ],
    ids=["empty", "control characters", "markup", "huge", "direction"],
)
def test_odd_texts(box: Box, text: str) -> None:
    id_ = box.deliver(1)
    box.store.change(id_, body=text, subject=text[:300])
    (one,) = box.read().mails
    assert len(one.text) <= mime.MAX_TEXT
    assert (
        one.text.replace("\ufffd", "")[:100] == text.replace("\x0b", "").replace("\x1f", "")[:100]
    )


def test_halves_of_characters_are_put_together(box: Box) -> None:
    id_ = box.deliver(1)
    box.store.change(id_, body="HALVES", subject="HALVES")
    item = box.store.items[id_]
    (before,) = box.read().mails
    assert before.subject == "HALVES"
    for key, value in list(item.rendered.items()):
        item.rendered[key] = value.replace("HALVES", "a&#xD83D;&#xDE00;b&#55357;c")
    (one,) = box.read().mails
    assert one.text == "a😀bc"

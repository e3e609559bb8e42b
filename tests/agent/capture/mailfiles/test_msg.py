from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.capture import mime
from agent.capture.base import Capture
from agent.capture.mailfiles import msg
from agent.errors import BadItem
from tests.agent.capture.mailfiles.outlook_file import outlook_file
from tests.agent.capture.mails import LATER

CLASS, SUBJECT, SENT, TRANSPORT = 0x001A, 0x0037, 0x0039, 0x007D
SENDER, SENDER_EMAIL, SENDER_SMTP, BODY, HTML = 0x0C1A, 0x0C1F, 0x5D01, 0x1000, 0x1013
MESSAGE_ID, FLAGS, SENSITIVITY, CODEPAGE = 0x1035, 0x0E07, 0x0036, 0x3FFD
KIND, NAME, EMAIL, SMTP = 0x0C15, 0x3001, 0x3003, 0x39FE
LONG_NAME, DATA = 0x3707, 0x3701

NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)
SENT_MAIL: dict[int, object] = {
    CLASS: "IPM.Note",
    SUBJECT: "关于预算的报价",
    SENT: NOON,
    SENDER: "李雷",
    SENDER_EMAIL: "/O=OURS/CN=LI",
    SENDER_SMTP: "Li@ours.example",
    BODY: "王总您好\r\n报价九万",
    MESSAGE_ID: "<1@ours.example>",
}
TO: dict[int, object] = {KIND: 1, NAME: "王磊", SMTP: "wang@customer.example"}
CC: dict[int, object] = {KIND: 2, NAME: "采购, 部", EMAIL: "buy@customer.example"}


def read(raw: bytes) -> Capture:
    assert msg.is_msg(raw)
    return msg.read(raw, source="mailfiles", external_id="a.msg", version="1", fallback=LATER)


def test_sent_mail_without_transport_header() -> None:
    attached: dict[int, object] = {LONG_NAME: "报价.pdf", DATA: b"12345"}
    capture = read(outlook_file(SENT_MAIL, recipients=[TO, CC], attachments=[attached]))
    assert capture.identity == "mid:<1@ours.example>"
    assert capture.occurred_at == NOON
    assert capture.subject == "关于预算的报价"
    assert capture.text == "王总您好\n报价九万"
    assert [(one.role, one.name, one.email) for one in capture.participants] == [
        ("from", "李雷", "li@ours.example"),
        ("to", "王磊", "wang@customer.example"),
        ("cc", "采购, 部", "buy@customer.example"),
    ]
    assert [(one.name, one.size) for one in capture.attachments] == [("报价.pdf", 5)]


def test_transport_header_is_trusted_first() -> None:
    header = (
        "From: =?gb2312?B?1cXOsA==?= <zhang@customer.example>\r\nTo: li@ours.example\r\n"
        "Date: Fri, 20 Nov 2026 10:00:00 +0800\r\nMessage-ID: <2@customer.example>\r\n"
        "Auto-Submitted: auto-replied\r\nIn-Reply-To: <1@ours.example>\r\n"
    )
    capture = read(outlook_file({**SENT_MAIL, TRANSPORT: header}, recipients=[TO]))
    assert capture.identity == "mid:<2@customer.example>"
    assert capture.participants[0].name == "张伟"
    assert [one.email for one in capture.participants] == [
        "zhang@customer.example",
        "li@ours.example",
    ]
    assert capture.occurred_at == datetime(2026, 11, 20, 2, tzinfo=UTC)
    assert capture.headers["auto-submitted"] == "auto-replied"
    assert capture.references == ("1@ours.example", "2@customer.example")


@pytest.mark.parametrize("declared", [True, False])
def test_old_outlook_in_a_chinese_code_page(declared: bool) -> None:
    properties = {**SENT_MAIL, CODEPAGE: 936} if declared else SENT_MAIL
    capture = read(outlook_file(properties, recipients=[TO], codec="gb18030"))
    assert capture.subject == "关于预算的报价"
    assert capture.text == "王总您好\n报价九万"
    assert capture.participants[1].name == "王磊"


def test_html_only() -> None:
    page = '<meta charset="gb2312"><p>报价</p>'.encode("gbk")
    capture = read(outlook_file({**SENT_MAIL, BODY: "", HTML: page}))
    assert capture.is_html
    assert "报价" in capture.text


@pytest.mark.parametrize(
    ("message_class", "key", "value"),
    [
        ("IPM.Schedule.Meeting.Request", mime.CALENDAR_METHOD, "REQUEST"),
        ("IPM.Schedule.Meeting.Resp.Pos", mime.CALENDAR_METHOD, "REPLY"),
        ("IPM.Schedule.Meeting.Canceled", mime.CALENDAR_METHOD, "CANCEL"),
        ("REPORT.IPM.Note.NDR", mime.REPORT_TYPE, "delivery-status"),
        ("REPORT.IPM.Note.IPNRN", mime.REPORT_TYPE, "disposition-notification"),
    ],
)
def test_machine_mail_is_known_by_its_class(message_class: str, key: str, value: str) -> None:
    assert read(outlook_file({**SENT_MAIL, CLASS: message_class})).headers[key] == value


def test_draft_and_private() -> None:
    capture = read(outlook_file({**SENT_MAIL, FLAGS: 0x8, SENSITIVITY: 2}))
    assert capture.headers[mime.DRAFT] == "1"
    assert capture.sensitivity == "private"


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damage_anywhere_is_a_bad_item(data: st.DataObject) -> None:
    raw = bytearray(outlook_file(SENT_MAIL, recipients=[TO, CC]))
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(8, len(raw) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(raw[: data.draw(st.integers(8, len(raw)))])
    try:
        read(cut)
    except BadItem as bad:
        found = bad.code
    else:
        found = ""
    assert found in {"", "item_damaged", "item_not_a_mail"}

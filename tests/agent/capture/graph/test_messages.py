"""What of a message of Graph becomes of a capture."""

from datetime import timedelta

import pytest

from agent.capture.mime import CALENDAR_METHOD, DRAFT, MAX_TEXT, REPORT_TYPE
from agent.rules.machine import machine_sign
from tests.agent.capture.graph.desk import NOW, Desk
from tests.servers.graph.mailbox import person

DAY = timedelta(days=1)


def sign_of(capture):
    return machine_sign(
        capture.headers,
        subject=capture.subject,
        text=capture.text,
        participants=capture.participants,
    )[0]


def test_a_mail_and_its_parts(desk: Desk) -> None:
    key = desk.server.mailbox.deliver(
        at=NOW - DAY,
        subject="Re: 报价",
        text="<p>可以，<b>谢谢</b></p>",
        is_html=True,
        sender="Wang.Wei@Customer.example",
        ccRecipients=[person("chen@ours.example", "陈红")],
        headers={"In-Reply-To": "<a@ours.example>", "References": "<z@x> <a@ours.example>"},
        categories=["苏州"],
        sensitivity=2,
    )
    desk.server.mailbox.attach(key, "报价单.pdf", 23_456)
    desk.server.mailbox.attach(key, "原邮件", 99, "itemAttachment")
    (capture,) = desk.poll()
    assert capture.identity == f"mid:<{key}@customer.example>"
    assert capture.occurred_at == NOW - DAY
    assert [(one.role, one.email) for one in capture.participants] == [
        ("from", "wang.wei@customer.example"),
        ("to", "li@ours.example"),
        ("cc", "chen@ours.example"),
    ]
    assert capture.is_html
    assert capture.signals.is_reply
    assert capture.references == ("z@x", "a@ours.example", f"{key}@customer.example")
    assert capture.categories == ("苏州",)
    assert capture.sensitivity == "private"
    assert [(one.name, one.size) for one in capture.attachments] == [
        ("报价单.pdf", 23_456),
        ("原邮件", 99),
    ]
    assert capture.folder == "收件箱"
    assert desk.server.api.asked
    assert not any("contentBytes" in asked.url for asked in desk.server.api.asked)


@pytest.mark.parametrize("in_delta", [True, False])
def test_machine_signs_are_seen_wherever_the_fields_come_from(
    desk: Desk, *, in_delta: bool
) -> None:
    desk.server.api.headers_in_delta = in_delta
    deliver = desk.server.mailbox.deliver
    marks = {
        "bulk": {"List-Unsubscribe": "<mailto:x@y>"},
        "auto_reply": {"Auto-Submitted": "auto-replied"},
        "bounce": {"Content-Type": 'multipart/report; report-type="delivery-status"; boundary=x'},
        None: {},
    }
    ids = {desk.id(deliver(at=NOW - DAY, headers=fields)): sign for sign, fields in marks.items()}
    desk.poll()
    assert {key: sign_of(one) for key, one in desk.held.items()} == ids
    assert {one.headers.get(REPORT_TYPE) for one in desk.captures} == {None, "delivery-status"}


@pytest.mark.parametrize("refused", ["$orderby", "internetMessageHeaders"])
def test_a_server_that_refuses_part_of_the_question(desk: Desk, refused: str) -> None:
    desk.server.api.refuses_in_delta = frozenset({refused})
    keys = desk.deliver(12, headers={"List-Id": "<news.example>"})
    desk.poll()
    assert sorted(desk.held) == sorted(map(desk.id, keys))
    assert {sign_of(one) for one in desk.captures} == {"bulk"}
    assert any("$deltatoken" in asked.url for asked in desk.server.api.asked)


def test_fields_are_not_asked_for_where_there_are_none(desk: Desk) -> None:
    """Sent mail never travelled; drafts did not either."""
    desk.server.api.headers_in_delta = False
    for n in range(5):
        key = desk.server.mailbox.deliver("sentitems", at=NOW - n * DAY)
        desk.server.mailbox.messages[key].headers.clear()
    desk.server.mailbox.deliver(at=NOW - DAY, isDraft=True)
    desk.poll()
    singles = [asked.url for asked in desk.server.api.asked if asked.path[1:2] == ["messages"]]
    assert singles
    assert not any("internetMessageHeaders" in url for url in singles)
    drafts = [one for one in desk.captures if one.headers.get(DRAFT)]
    assert [sign_of(one) for one in drafts] == ["draft"]


@pytest.mark.parametrize("batches", [True, False])
def test_private_mail_is_known_as_such_whether_received_or_sent(
    desk: Desk, *, batches: bool
) -> None:
    desk.server.api.knows_batches = batches
    deliver = desk.server.mailbox.deliver
    wanted = {}
    for folder in ("inbox", "sentitems"):
        for number, name in enumerate(("", "personal", "private", "company-confidential")):
            key = deliver(folder, at=NOW - DAY, sensitivity=number)
            wanted[desk.id(key)] = name
            if folder == "sentitems":
                desk.server.mailbox.messages[key].headers.clear()
    desk.poll()
    assert {key: one.sensitivity for key, one in desk.held.items()} == wanted


def test_a_server_that_knows_no_extended_properties(desk: Desk) -> None:
    desk.server.api.knows_properties = False
    key = desk.server.mailbox.deliver("sentitems", at=NOW - DAY)
    desk.poll()
    assert list(desk.held) == [desk.id(key)]


@pytest.mark.parametrize(
    ("kind", "named", "method", "sign"),
    [
        ("eventMessageRequest", None, "REQUEST", "invitation"),
        ("eventMessage", "meetingRequest", "REQUEST", "invitation"),
        ("eventMessage", "meetingCancelled", "CANCEL", "invitation"),
        ("eventMessage", None, "CANCEL", "invitation"),
        ("eventMessageResponse", None, "REPLY", "calendar_response"),
        ("eventMessage", "meetingTenativelyAccepted", "REPLY", "calendar_response"),
        ("eventMessage", "meetingDeclined", "REPLY", "calendar_response"),
    ],
)
def test_invitations_and_answers_to_them(desk: Desk, kind, named, method, sign) -> None:
    key = desk.server.mailbox.deliver(at=NOW - DAY, meetingMessageType=named)
    desk.server.mailbox.messages[key].type = f"#microsoft.graph.{kind}"
    (capture,) = desk.poll()
    assert capture.headers[CALENDAR_METHOD] == method
    assert sign_of(capture) == sign


def test_mails_without_an_id_are_told_apart_and_recognised(desk: Desk) -> None:
    deliver = desk.server.mailbox.deliver
    at = NOW - DAY
    for subject in ("甲", "乙", "乙"):
        deliver(at=at, subject=subject, message_id="")
    desk.poll()
    first, second = {one.subject: one.identity for one in desk.captures}.values()
    assert first != second
    assert len({one.identity for one in desk.captures}) == 2
    assert all(one.identity.startswith("sha256:") for one in desk.captures)


def test_what_is_huge_is_bounded_and_what_cannot_be_stored_is_dropped(desk: Desk) -> None:
    deliver = desk.server.mailbox.deliver
    deliver(at=NOW - DAY, text="长" * (MAX_TEXT + 5), subject="题" * 5000)
    deliver(at=NOW - 2 * DAY, text="a\x00b\ud800c", subject="x\x00y")
    deliver(at=NOW - 3 * DAY, to=tuple(f"p{n}@x.example" for n in range(900)))
    deliver(at=NOW - 4 * DAY, subject=None, body=None, toRecipients=None, sender_=None)
    long, odd, many, empty = sorted(desk.poll(), key=lambda one: one.occurred_at, reverse=True)
    assert (len(long.text), len(long.subject)) == (MAX_TEXT, 2000)
    assert (odd.text, odd.subject) == ("abc", "xy")
    assert len(many.participants) == 500
    assert (empty.subject, empty.text) == ("", "")


def test_a_shared_mailbox_has_its_own_paths_and_permissions(desk: Desk) -> None:
    authority = desk.server.authority
    authority.refresh.clear()
    token = authority.new_refresh_token({"user.read", "mail.read.shared", "calendars.read.shared"})
    desk.around.secrets.set("password@it", token)
    desk.options["mailbox"] = "team@ours.example"
    desk.server.mailbox.deliver(at=NOW - DAY)
    assert len(desk.poll()) == 1
    paths = {tuple(asked.path[:2]) for asked in desk.server.api.asked}
    assert paths == {("users", "team@ours.example")}

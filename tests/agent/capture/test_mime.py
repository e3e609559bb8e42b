import tracemalloc
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.capture import mime
from agent.errors import BadItem
from agent.nlp.clean import clean
from tests.agent.capture.mails import LATER, multipart, raw_mail, read


def refused(raw: bytes) -> str:
    with pytest.raises(BadItem) as caught:
        read(raw)
    return caught.value.code


def test_a_plain_mail() -> None:
    capture = read(raw_mail("报价九万\r\n谢谢\r\n", To="Li <li@ours.example>", Message_ID="<1@x>"))
    assert capture.identity == "mid:<1@x>"
    assert capture.kind == "mail"
    assert capture.occurred_at == datetime(2026, 11, 20, 2, tzinfo=UTC)
    assert capture.subject == "报价"
    assert capture.text == "报价九万\n谢谢\n"
    assert not capture.is_html
    assert [(one.role, one.email) for one in capture.participants] == [
        ("from", "zhang@customer.example"),
        ("to", "li@ours.example"),
    ]
    assert capture.references == ("1@x",)
    assert not capture.signals.is_reply


@pytest.mark.parametrize("charset", ["gb2312", "gbk", "gb18030", "utf-8", "x-none", ""])
def test_chinese_text_whatever_the_label(charset: str) -> None:
    body = "报价㐂九万，下周三前给您".encode("utf-8" if charset == "utf-8" else "gb18030")
    label = f"text/plain; charset={charset}" if charset else "text/plain"
    assert read(raw_mail(body, Content_Type=label)).text == "报价㐂九万，下周三前给您"


def test_plain_is_preferred_to_html() -> None:
    mail = multipart(
        "alternative",
        "Content-Type: text/html\r\n\r\n<p>您好</p>",
        "Content-Type: text/plain\r\n\r\n您好",
    )
    capture = read(raw_mail(mail.pop("body"), **mail))
    assert (capture.text, capture.is_html) == ("您好", False)


def test_html_when_the_plain_part_is_blank() -> None:
    mail = multipart(
        "alternative",
        "Content-Type: text/plain\r\n\r\n  ",
        "Content-Type: text/html; charset=utf-8\r\n\r\n<p>您好</p>",
    )
    capture = read(raw_mail(mail.pop("body"), **mail))
    assert (capture.text, capture.is_html) == ("<p>您好</p>", True)


def test_text_beside_html_is_not_lost() -> None:
    mail = multipart(
        "mixed",
        "Content-Type: text/html\r\n\r\n<p>正文</p>",
        "Content-Type: text/plain\r\n\r\n<页脚>",
    )
    capture = read(raw_mail(mail.pop("body"), **mail))
    assert capture.is_html
    assert "<p>正文</p>" in capture.text
    assert "&lt;页脚&gt;" in capture.text


def test_attachments_are_listed_and_not_read() -> None:
    mail = multipart(
        "mixed",
        "\r\n正文",
        "Content-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n"
        "Content-Disposition: attachment; filename*=utf-8''%E6%8A%A5%E4%BB%B7.zip\r\n\r\nUEsDBAAA\r\nAA==",
        'Content-Type: text/plain; name="=?gb2312?B?sai82y50eHQ=?="\r\n'
        "Content-Disposition: attachment\r\n\r\nsecret",
        "Content-Type: message/rfc822\r\n\r\nFrom: x@y.example\r\nSubject: old\r\n\r\nold words",
    )
    capture = read(raw_mail(mail.pop("body"), **mail))
    assert capture.text == "正文"
    assert [(one.name, one.size) for one in capture.attachments] == [
        ("报价.zip", 7),
        ("报价.txt", 6),
        ("message.eml", 44),
    ]


def test_file_name_keeps_no_path() -> None:
    mail = multipart(
        "mixed",
        "\r\ntext",
        'Content-Disposition: attachment; filename="..\\\\..\\\\C:/x/evil.exe"\r\n\r\nx',
    )
    assert read(raw_mail(mail.pop("body"), **mail)).attachments[0].name == "evil.exe"


@pytest.mark.parametrize("by_parameter", [True, False])
def test_invitation_shows_its_method(by_parameter: bool) -> None:
    kind = "text/calendar; method=request" if by_parameter else "text/calendar"
    mail = multipart(
        "alternative",
        "Content-Type: text/plain\r\n\r\n会议",
        f"Content-Type: {kind}\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR",
    )
    capture = read(raw_mail(mail.pop("body"), **mail))
    assert capture.kind == "mail"
    assert capture.text == "会议"
    assert capture.headers[mime.CALENDAR_METHOD] == "REQUEST"


def test_bounce_names_who_was_not_reached() -> None:
    mail = multipart(
        "report; report-type=delivery-status",
        "Content-Type: text/plain\r\n\r\nfailed",
        "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n"
        "Final-Recipient: rfc822; Gone@x.example\r\nAction: failed\r\n\r\n"
        "Final-Recipient: rfc822; slow@x.example\r\nAction: delayed\r\n",
        "Content-Type: message/rfc822\r\n\r\nFrom: li@ours.example\r\n\r\nmy words",
    )
    raw = raw_mail(mail.pop("body"), X_Failed_Recipients="other@x.example, gone@x.example", **mail)
    capture = read(raw)
    assert capture.headers[mime.REPORT_TYPE] == "delivery-status"
    assert [one.email for one in capture.participants if one.role == "failed"] == [
        "gone@x.example",
        "other@x.example",
    ]
    assert capture.text == "failed"


def test_draft_and_private_mail() -> None:
    capture = read(raw_mail(X_Unsent="1", Sensitivity="Private", Keywords="A类, 重点"))
    assert capture.headers[mime.DRAFT] == "1"
    assert capture.sensitivity == "private"
    assert capture.categories == ("A类", "重点")


def test_a_sender_cannot_write_our_own_keys() -> None:
    fields = {name.replace("-", "_"): "1" for name in (mime.DRAFT, mime.REPORT_TYPE)}
    assert not [name for name in read(raw_mail(**fields)).headers if name.startswith("x-genjin")]


def test_reply_is_known_by_its_references() -> None:
    assert read(raw_mail(In_Reply_To="<1@x>")).signals.is_reply


def test_copies_without_message_id_agree() -> None:
    one = read(raw_mail("您好 世界", To="a@x.example, b@x.example"))
    other = read(raw_mail("您好\r\n 世界\r\n", To="B@x.example, <a@x.example>", Subject="报价 "))
    assert one.identity.startswith("sha256:")
    assert one.identity == other.identity
    assert read(raw_mail("您好 朋友", To="a@x.example, b@x.example")).identity != one.identity


def test_mail_without_date_takes_the_time_given() -> None:
    assert read(raw_mail(Date="")).occurred_at == LATER
    east = LATER.astimezone().replace(tzinfo=None).astimezone() + timedelta(0)
    assert read(raw_mail(Date="", From="a@x.example")).occurred_at == east.astimezone(UTC)


@pytest.mark.parametrize("prefix", [b"", b"\r\n\n", b"\xef\xbb\xbf", b"From a@x Fri Nov 20\n"])
def test_what_exporters_put_before_the_header(prefix: bytes) -> None:
    assert read(prefix + raw_mail()).subject == "报价"


def test_empty_and_no_mail() -> None:
    assert refused(b"") == "item_empty"
    assert refused(b" \r\n\x0c") == "item_empty"
    assert refused(b"\x89PNG\r\n\x1a\n\x00\x00") == "item_not_a_mail"
    assert refused("会议记录：明天见".encode()) == "item_not_a_mail"


def test_half_written() -> None:
    mail = multipart("mixed", "\r\n前半", "\r\n后半")
    body = mail.pop("body").encode()
    assert read(raw_mail(body[: body.rindex("半".encode())], **mail)).text.startswith("前半")
    assert refused(raw_mail(b"", **mail)) == "item_cut_off"
    assert refused(raw_mail(b"preamble\r\n--b", **mail)) == "item_cut_off"


def test_multipart_that_names_no_boundary_is_read_as_text() -> None:
    assert read(raw_mail("您好", Content_Type="multipart/mixed")).text == "您好"


def test_ten_thousand_levels() -> None:
    levels = 10_000
    body = "".join(
        f"--b{n}\r\nContent-Type: multipart/mixed; boundary=b{n + 1}\r\n\r\n" for n in range(levels)
    )
    raw = raw_mail(body + f"--b{levels}\r\n\r\ndeep", Content_Type="multipart/mixed; boundary=b0")
    capture = read(raw)
    assert capture.subject == "报价"
    assert len(capture.attachments) == 1


def test_ten_thousand_parts() -> None:
    parts = ["\r\nx"] * 10_000
    mail = multipart("mixed", "\r\n正文", *parts)
    capture = read(raw_mail(mail.pop("body"), **mail))
    assert capture.text.startswith("正文")


def test_fifty_megabytes_stay_bounded() -> None:
    attachment = b"QUJD" * 19 + b"\r\n"
    mail = multipart(
        "mixed",
        "\r\n正文",
        "Content-Disposition: attachment; filename=big.zip\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\nSLOT",
    )
    raw = raw_mail(mail.pop("body"), **mail).replace(b"SLOT", attachment * 672_000)
    assert len(raw) > 50_000_000
    tracemalloc.start()
    capture = read(raw)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert capture.text == "正文"
    assert capture.attachments[0].size == 672_000 * 19 * 3
    assert peak < 16_000_000


def test_too_large_text_is_cut_and_too_large_mail_refused() -> None:
    assert len(read(raw_mail("字" * 600_000)).text) == mime.MAX_TEXT
    assert refused(raw_mail(b"x" * (mime.MAX_BYTES + 1))) == "item_too_large"


@pytest.mark.parametrize(
    "before",
    [
        f'<img src="data:image/png;base64,{"iVBORw0KGgo/" * 37_500}">',
        f'<img src="data:image/png;base64,{"iVBORw0KGgo/" * 75_000}">' * 4,
        "<style>" + "td.a1 { mso-style-name: normal }\n" * 65_000 + "</style>",
        "<!--[if gte mso 9]>" + "<w:lsd name='heading'/>" * 90_000 + "<![endif]-->",
    ],
    ids=["picture of 450 kB", "four pictures of 900 kB", "style sheet of 2 MB", "Word's settings"],
)
def test_text_behind_much_that_holds_no_words_is_read(before: str) -> None:
    style = "<style>p { margin: 0 }</style>" * 2_000
    page = f"<html><body>{style}{before}<p>预算今年很紧张</p></body></html>"
    encoded = b64encode(page.encode()).decode()
    for body, encoding in ((page, "8bit"), (encoded, "base64")):
        capture = read(
            raw_mail(
                body.encode(),
                Content_Type="text/html; charset=utf-8",
                Content_Transfer_Encoding=encoding,
            )
        )
        assert len(capture.text) <= mime.MAX_HTML
        assert clean(capture.text, is_html=capture.is_html).text.strip() == "预算今年很紧张"


def test_a_page_of_nothing_but_words_is_cut() -> None:
    capture = read(raw_mail("<p>a</p>" * 400_000, Content_Type="text/html"))
    assert len(capture.text) == mime.MAX_HTML


def test_a_picture_that_never_ends_leaves_a_bounded_page() -> None:
    page = "<p>您好</p>" + "<img src='data:" * 100_000 + "<style>" * 100_000 + "<!--" * 100_000
    capture = read(raw_mail(page.encode(), Content_Type="text/html; charset=utf-8"))
    assert len(capture.text) <= mime.MAX_HTML
    assert capture.text.startswith("<p>您好</p>")


def test_agrees_with_the_standard_library() -> None:
    message = EmailMessage()
    message["From"] = "张伟 <zhang@customer.example>"
    message["Subject"] = "关于年度框架合同和报价单的若干问题以及下一步安排" * 3
    message.set_content("第一行\n--x\n第二行\n", cte="quoted-printable")
    message.add_alternative("<p>一</p>", subtype="html")
    message.add_attachment(b"\x00\x01" * 999, maintype="image", subtype="png", filename="图.png")
    for lines in (policy.default, policy.SMTP):
        raw = message.as_bytes(policy=lines)
        theirs = message_from_bytes(raw, policy=policy.default)
        body = theirs.get_body(("plain",))
        assert body is not None
        ours = read(raw)
        assert ours.subject == theirs["subject"]
        assert ours.text.rstrip("\n") == body.get_content().replace("\r\n", "\n").rstrip("\n")
        assert [(one.name, one.size) for one in ours.attachments] == [("图.png", 1998)]


def sound(raw: bytes) -> None:
    """Reads or refuses ``raw``; what it reads can be stored and sent."""
    try:
        capture = read(raw)
    except BadItem:
        return
    for text in (capture.text, capture.subject, capture.identity, *capture.headers.values()):
        assert "\x00" not in text
        text.encode()
    for person in capture.participants:
        person.model_dump_json()
    for attachment in capture.attachments:
        attachment.model_dump_json()


_LINES = st.sampled_from(
    [
        b"From: a@x.example",
        b"Subject: =?gb2312?B?sai82w=",
        b"Subject: \xb1\xa8\xbc\xdb =?utf-8?q?=E6=8A?= ",
        b"Date: Fri, 32 Nov 20260 25:61:00 +9999",
        b"Date: 31 Dec 9999 23:59:59 -2359",
        b"To: ((((, <a@b>; :;,\x00\xff",
        b"Content-Type: multipart/mixed; boundary=b",
        b'Content-Type: multipart/alternative; boundary="b b',
        b"Content-Type: text/plain; charset=utf-7",
        b"Content-Type: text/html; charset*0*=x'y'%zz; charset*x=1",
        b"Content-Type: message/delivery-status",
        b"Content-Type: text/calendar; method*=",
        b"Content-Type: multipart/report; report-type*0=a; report-type*2=b; boundary=b",
        b"Content-Transfer-Encoding: base64",
        b"Content-Transfer-Encoding: quoted-printable",
        b"Content-Disposition: attachment; filename*=gb2312''%b1%a8",
        b"Message-ID: <\x00 >",
        b"References: <<<>>> <a@b",
        b"--b",
        b"--b--",
        b"+2AA-+///=3D=\xe6\x8a",
        b"",
        b" ",
    ]
)


@settings(max_examples=400, deadline=None)
@given(
    st.lists(_LINES, max_size=30), st.sampled_from([b"\n", b"\r\n", b"\r"]), st.binary(max_size=40)
)
def test_any_lines_give_a_capture_or_bad_item(lines: list[bytes], end: bytes, tail: bytes) -> None:
    sound(end.join(lines) + tail)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_give_a_capture_or_bad_item(raw: bytes, with_head: bool) -> None:
    sound((b"From: a@x.example\n" if with_head else b"") + raw)

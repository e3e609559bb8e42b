"""What of a mail is its sender's own, and where it stood in the input."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.nlp.clean import clean
from agent.nlp.markup import html_to_text

OWN = "交期能不能再提前？\n"


def _says(text: str) -> str:
    return clean(text).text.strip()


@pytest.mark.parametrize(
    "history",
    [
        "在 2026年11月20日 10:11，张三 <a@b.example> 写道：\n> 我们的预算很紧张\n",
        '在2026-11-20 10:11:12，"张三" <a@b.example> 写道：\n\n我们的预算很紧张\n',
        "2026年11月20日 下午3:00，张三 <a@b.example> 写道：\n\n> 预算紧张\n",
        "张三 <a@b.example> 于2026年11月20日周五 15:00写道：\n> 预算紧张\n",
        "-----原始邮件-----\n发件人：张三\n发送时间：2026年11月20日\n收件人：李四\n主题：报价\n\n预算紧张\n",
        "------------------ 原始邮件 ------------------\n发件人: 张三\n预算紧张\n",
        "发件人: 张三 <a@b.example>\n发送时间: 2026年11月20日 10:00\n收件人: 李四\n主题: 回复: 报价\n\n预算紧张\n",
        "On Fri, Nov 20, 2026 at 10:11 AM Tom <t@x.example> wrote:\n> Budget is tight\n",
        "On Fri, Nov 20, 2026 at 10:11 AM Tom Longname\n<tom.longname@x.example> wrote:\n\n> Budget is tight\n",
        "-----Original Message-----\nFrom: Tom\nSent: Friday\n\nBudget is tight\n",
        "________________________________\nFrom: Tom <t@x.example>\nSent: Friday, November 20, 2026\nTo: Li\nSubject: Quote\n\nBudget is tight\n",
        "*From:* Tom <t@x.example>\n*Date:* Friday\n*To:* Li\n\nBudget is tight\n",
        'At 2026-11-20 10:11:12, "Tom" <t@x.example> wrote:\n>Budget is tight\n',
        "---------- Forwarded message ---------\nFrom: Tom\n\nBudget is tight\n",
        "> Budget is tight\n> and frozen\n",
        "Begin forwarded message:\n\nFrom: Tom\nBudget is tight\n",
    ],
)  # fmt: skip
def test_quoted_history_goes(history: str) -> None:
    assert _says(OWN + "\n" + history) == OWN.strip()


def test_replies_above_between_and_below_quotes_stay() -> None:
    text = "先回答一下：\n\nOn Nov 20, Tom <t@x.example> wrote:\n> 预算多少？\n三十万。\n> 谁拍板？\n老板。\n\n以上请确认。\n"
    assert _says(text).split() == ["先回答一下：", "三十万。", "老板。", "以上请确认。"]


@pytest.mark.parametrize(
    "signature",
    [
        "-- \n王强\n采购部\n电话：010-12345678\n",
        "此致\n敬礼\n王强\n",
        "祝好\n王强 采购经理\n苏州华锐智能装备有限公司\n手机：13800000000\n",
        "顺祝商祺！\n\n王强\n",
        "谢谢！\n王强\n",
        "Best regards,\nTom Miller\nPurchasing\nTel: +49 30 1234567\n",
        "Kind regards\n\nTom\n",
        "Thanks,\nTom\n",
        "发自我的iPhone\n",
        "Sent from my iPhone\n",
        "本邮件及其附件含有机密信息，仅限收件人使用。如您误收，请立即删除。\n",
        "This e-mail is confidential and intended solely for the recipient.\nBudget information is privileged.\n",
        "Best regards\nTom\n\nThis message may contain confidential information. If you are not the\nintended recipient, delete it.\n",
    ],
)  # fmt: skip
def test_signatures_and_disclaimers_go(signature: str) -> None:
    assert _says(OWN + "\n" + signature) == OWN.strip()


@pytest.mark.parametrize(
    "text",
    [
        "谢谢！\n我们的预算今年比较紧张，能不能分期付款？\n",
        "毛利>5%才可以\n",
        "From: Shanghai we ship within two weeks.\n",
        "在上海的同事写道\n这个不错\n",
        "感谢\nWe need the contract by Friday because our legal team is away next week.\n",
        "价格 >= 10 万\n",
    ],
)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert clean(text).text == text.rstrip()


def test_a_postscript_below_the_signature_stays() -> None:
    assert (
        _says("好的。\n\n祝好\n王强\n\nP.S. 账期九十天可以吗？\n").split("\n")[-1]
        == "P.S. 账期九十天可以吗？"
    )


@pytest.mark.parametrize(
    "text",
    [
        "Unsubscribe me from your sales mails please. We already bought elsewhere.",
        "退订吧，我们不需要了。",
        "Hi Li,\n\nIt works.\n\nMei Lin",
    ],
)
def test_somebodys_words_near_those_of_a_machine_stay(text: str) -> None:
    assert _says(text) == text.removesuffix("\n\nMei Lin")


def test_the_line_of_a_help_desk_stands_above_its_own_letter_and_below_an_answer() -> None:
    line = "##- Please type your reply above this line -##\n"
    assert _says(f"\n{line}\nThe pump works again.\n") == "The pump works again."
    assert _says(f"Thank you for the pump.\n\n{line}\nThe pump works again.\n") == (
        "Thank you for the pump."
    )


def test_notes_and_calls_keep_their_lines() -> None:
    text = "> 客户说预算紧张\n谢谢\n王总\n"
    assert clean(text, "note").text == text
    assert clean(text, "call").text == text


HTML = (
    "<html><head><title>x</title><style>p{color:red}</style></head><body>"
    "<p>Price is <b>too</b> high &amp; delivery&nbsp;slow.</p><div>预算<span>紧</span>张</div>"
    '<div style="display:none">hidden budget</div><!-- comment -->'
    '<blockquote type="cite"><p>old budget</p></blockquote><p>below the quote we answer this.</p>'
    '<div class="gmail_quote">On Friday Tom wrote: old</div></body></html>'
)


def test_html_becomes_text_without_hidden_and_quoted_parts() -> None:
    assert clean(HTML, is_html=True).text.split("\n") == [
        "Price is too high & delivery slow.",
        "预算紧张",
        "below the quote we answer this.",
    ]


@pytest.mark.parametrize(
    ("said", "source"),
    [
        ("too high", "too</b> high"),
        ("预算紧张", "预算<span>紧</span>张"),
        ("delivery slow", "delivery&nbsp;slow"),
        ("below", "below"),
    ],
)
def test_offsets_lead_back_into_the_html(said: str, source: str) -> None:
    cleaned = clean(HTML, is_html=True)
    at = cleaned.text.index(said)
    start, end = cleaned.source_span(at, at + len(said))
    assert HTML[start:end] == source


def test_words_of_a_style_sheet_are_not_taken_for_those_of_the_mail() -> None:
    html = "<style>red, budget</style><p>The budget</p><p>is\nred,  not <b>&nbsp;budget</b></p>"
    cleaned = clean(html, is_html=True)
    assert cleaned.text == "The budget\nis red, not budget"
    for said, at in (("budget", html.index("The budget") + 4), ("red", html.index("red,  not"))):
        start = cleaned.text.index(said)
        assert cleaned.source_span(start, start + len(said)) == (at, at + len(said))


def test_history_of_outlook_html_goes() -> None:
    html = (
        "<div>We need a discount.</div><hr><div id='divRplyFwdMsg'><b>From:</b> Tom<br><b>Sent:</b> Friday<br>"
        "<b>To:</b> Li<br></div><div>Budget is tight</div>"
    )
    assert clean(html, is_html=True).text == "We need a discount."


def test_broken_html_still_gives_its_words() -> None:
    assert clean("<div><p>预算紧张<b></div></i>价格太高<", is_html=True).text.split() == [
        "预算紧张",
        "价格太高<",
    ]


def test_absurdly_nested_html_is_read_flat() -> None:
    html = "<div><p>预算" * 50_000
    cleaned = clean(html, is_html=True)
    at = cleaned.text.rindex("预算")
    start, end = cleaned.source_span(at, at + 2)
    assert (start, end) == (len(html) - 2, len(html))


@given(st.text())
def test_plain_text_never_raises_and_offsets_are_exact(text: str) -> None:
    cleaned = clean(text)
    for at, char in enumerate(cleaned.text):
        start, end = cleaned.source_span(at, at + 1)
        assert text[start:end] == char


_CHUNKS = st.sampled_from(
    ["<div>", "</div>", "<p", ">", "<b>预算", "紧张</b>", "&amp;", "&nbsp", "&#x1F600;", "<!--", "-->", "<script>",
     "</script>", "a<b", "<blockquote type=cite>", "</blockquote>", "\ud800", "\u202e", "é", "\n", "祝好\n", "> x\n",
     "<style>", "&#0;", "&#xD800;", "\x00", "<br>", "<table><tr><td>"]
)  # fmt: skip


@given(st.lists(_CHUNKS | st.text(max_size=5)).map("".join), st.booleans())
def test_odd_markup_never_raises_and_spans_stay_inside(text: str, is_html: bool) -> None:
    cleaned = clean(text, is_html=is_html)
    for at in range(len(cleaned.text)):
        start, end = cleaned.source_span(at, at + 1)
        assert 0 <= start <= end <= len(text)


@pytest.mark.parametrize(
    "opening",
    [
        "<div>",
        "<b>",
        "</x><b>",
        "<ul><li>",
        "<table><tr><td>",
        "<b><div></b>",
        "<DIV class=a>",
    ],
)
def test_markup_deeper_than_any_mail_is_read_flat(opening: str) -> None:
    """The parser would take the square of the depth; only it knows that blocks are lines."""
    deep = opening * 100_000
    assert html_to_text(deep + "<p>预算</p><p>紧张</p>")[0].split() == ["预算", "紧张"]
    assert "\n" not in html_to_text(deep + "<p>预算</p><p>紧张</p>")[0]


@pytest.mark.parametrize(
    "around",
    [
        ("<div>" * 400, "</div>" * 400),
        ("</div>" * 100_000, ""),
        ("</div><div>" * 2_000, "</div>"),
        ("<p>" * 2_000, ""),
        ("<br>" * 2_000, ""),
        ("<div><b>x</b></div>" * 2_000, ""),
        ("<table><tr><td>x<tr><td>y</table>" * 2_000, ""),
    ],
)
def test_long_markup_that_does_not_nest_keeps_its_lines(around: tuple[str, str]) -> None:
    text, _ = html_to_text(f"{around[0]}<p>预算</p><p>紧张</p>{around[1]}")
    assert text.strip().endswith("预算\n紧张")


def test_elements_of_a_drawing_nest_in_themselves() -> None:
    text, _ = html_to_text("<svg>" + "<tr>" * 60_000 + "</svg><p>预算</p><p>紧张</p>")
    assert text.split() == ["预算", "紧张"]
    assert "\n" not in text

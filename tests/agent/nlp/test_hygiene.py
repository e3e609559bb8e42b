"""Mails and dates of many clients and writers: what is cleaned away, what must stay, how long it takes."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.nlp.clean import clean
from agent.nlp.dates.due import due
from agent.nlp.dates.grammar import shipped_grammar
from agent.nlp.fold import fold
from agent.nlp.names import is_name

DATA = Path(__file__).parents[2] / "data/hygiene_dev"
ON = date(2026, 11, 23)


def _items(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text("utf-8").splitlines()]


@pytest.mark.parametrize("item", _items("mails.jsonl"), ids=lambda item: item["id"])
def test_only_what_the_sender_wrote_is_left(item: dict[str, Any]) -> None:
    left = clean(item.get("raw_text") or item["html"], is_html="html" in item).text
    assert left.split() == item["kept"].split() or "".join(left.split()) == "".join(
        item["kept"].split()
    )


@pytest.mark.parametrize("item", _items("dates.jsonl"), ids=lambda item: item["id"])
def test_the_day_a_promise_is_due(item: dict[str, Any]) -> None:
    found = due(fold(item["text"]), date.fromisoformat(item["now"]))
    assert (found.isoformat() if found else None) in [item["due"], *item.get("also", ())]


@pytest.mark.parametrize(
    "said",
    [
        "在手机上打不开系统", "用Windows系统可以吗", "来自手机端的订单都丢了", "由贵司定制", "Sent via DHL.",
        "Sent from the warehouse yesterday", "Outlook for Mac crashes daily", "通过手机验证码登录失败",
        "从安卓导出的数据不对", "使用QQ邮箱登录报错", "发自深圳仓库的货少了两箱", "来自客户的投诉越来越多",
    ],
)  # fmt: skip
def test_words_about_devices_are_no_device_footer(said: str) -> None:
    assert clean(f"您好：\n\n{said}\n").text == f"您好：\n\n{said}"


@pytest.mark.parametrize(
    "name",
    [
        "张伟",
        "王 磊",
        "欧阳修文",
        "小陈敬上",
        "采购部张伟",
        "Anna Schmidt",
        "Dana White",
        "- Tom",
        "Lily 李",
    ],
)
def test_names(name: str) -> None:
    assert is_name(name)


@pytest.mark.parametrize(
    "words",
    ["收到", "周五", "方便", "马上", "Blue", "Friday", "Option A", "ok", "好的", "温度", ""],
)
def test_words_that_are_no_names(words: str) -> None:
    assert not is_name(words)


@pytest.mark.parametrize(
    "unit",
    ["a", "请", "> ", "-", "发件人:", "From: ", "写道：", "on mon wrote:", "<div>", "周", "张伟 ", "1/2", "12月1日至", "祝", "谢谢", "best ",
     "\n", "\r", "\u2028", "> \n", "-- \n", "谢谢\n", "张伟\n", "From: a@b.example\n", "on monday, tom wrote:\n", "\ud800", "\u202e", "😀", "&amp;", "|"],
)  # fmt: skip
def test_two_megabytes_of_anything_are_cleaned(unit: str) -> None:
    text = unit * (2_000_000 // len(unit))
    cleaned = clean(text)
    assert len(cleaned.text) <= len(text)
    assert cleaned.source_span(0, len(cleaned.text))[1] <= len(text)


def test_ten_megabytes_in_one_line() -> None:
    text = "预算紧张 budget " * 700_000
    assert clean(text).text == text.rstrip()


@pytest.mark.parametrize(
    "unit",
    [
        "周五",
        "12月1-",
        "next ",
        "in the first week of ",
        "3到5",
        "12/",
        "before the ",
        "下下",
        "两周后的",
    ],
)
def test_dates_in_a_long_sentence(unit: str) -> None:
    text = unit * (20_000 // len(unit))
    for mention in shipped_grammar().find(text, ON):
        assert 0 <= mention.start < mention.end <= len(text)


_PIECES = st.sampled_from(
    ["发件人: ", "From: ", "Sent: ", "主题：", "写道：\n", " wrote:\n", "> ", "-----原始邮件-----\n", "-- \n", "祝好\n", "谢谢\n", "张伟\n",
     "Best regards,\n", "Tom\n", "PS: ", "电话：010-12345678\n", "本邮件机密\n", "\n\n", "a@b.example", "2026-11-20 10:11", "发自我的iPhone\n",
     "\ud800", "\u202e", "😀", "\u3000", "|", "<div>", "</div>", "<blockquote>", "<div id=divRplyFwdMsg>", "<div class=gmail_quote>"]
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(_PIECES | st.text(max_size=8), max_size=40).map("".join), st.booleans())
def test_what_is_left_stands_in_the_input(text: str, is_html: bool) -> None:
    cleaned = clean(text, is_html=is_html)
    at = 0
    for index, char in enumerate(cleaned.text):
        start, end = cleaned.source_span(index, index + 1)
        assert at <= start <= end <= len(text)
        at = start
        if not is_html:
            assert text[start:end] == char


@settings(deadline=None)
@given(st.binary(max_size=400), st.booleans())
def test_bytes_read_as_any_text(raw: bytes, is_html: bool) -> None:
    for encoding in ("utf-8", "gb18030", "latin-1"):
        text = raw.decode(encoding, "surrogateescape" if encoding == "utf-8" else "replace")
        clean(text, is_html=is_html)
        for mention in shipped_grammar().find(fold(text), ON):
            assert 0 <= mention.start < mention.end <= len(text)

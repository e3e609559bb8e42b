"""The tagger as a whole: calls, odd input, the offsets of everything it says."""

import subprocess
import sys
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.contract.activity import Activity
from agent.contract.tag import Commitment, Speaker, Tag, Turn, transcript
from agent.nlp.lexicon import shipped
from agent.nlp.tagger import MAX_COMMITMENTS, MAX_TAGS, Tagger, Tagging
from agent.pipeline import MAX_TURNS

TAGGER = Tagger()
ON = date(2026, 11, 23)


def _check(text: str, tagging: Tagging) -> None:
    found: list[Tag | Commitment] = [*tagging.tags, *tagging.commitments]
    for item in found:
        assert 0 <= item.start < item.end <= len(text)
        assert text[item.start : item.end] == item.text


def _turn(speaker: Speaker, start: float, end: float, text: str) -> Turn:
    return Turn(speaker=speaker, start_s=start, end_s=end, text=text, raw_text=text, confidence=1)


def test_a_call_has_speakers_seconds_and_offsets_in_the_transcript() -> None:
    turns = [
        _turn("rep", 0, 4, "您这边还有什么顾虑吗？"),
        _turn("customer", 10, 14, "主要是今年预算紧张，设备采购的额度已经用完了。"),
        _turn("rep", 20, 24, "这周五之前发给您。"),
    ]
    tagging = TAGGER.tag_turns(turns, on=ON)
    text, spans = transcript(turns)
    _check(text, tagging)
    budget = [tag for tag in tagging.tags if tag.category == "budget"]
    assert [(tag.text, tag.status, tag.speaker) for tag in budget] == [
        ("预算紧张", "asserted", "customer"),
        ("额度已经用完了", "asserted", "customer"),
    ]
    for tag in budget:
        assert spans[1][0] <= tag.start
        assert tag.t_start is not None
        assert tag.t_end is not None
        assert 10 <= tag.t_start < tag.t_end <= 14
    (promise,) = tagging.commitments
    assert (promise.owner, promise.due, promise.start) == ("rep", date(2026, 11, 27), spans[2][0])


def test_an_empty_call_and_empty_turns() -> None:
    assert TAGGER.tag_turns([], on=ON) == Tagging((), ())
    assert TAGGER.tag_turns([_turn("customer", 1, 1, "")], on=ON) == Tagging((), ())


def test_two_categories_of_a_sentence_keep_their_own_status() -> None:
    tags = TAGGER.tag("预算不是问题，但是你们的价格太高了。", on=ON).tags
    assert {(tag.category, tag.status) for tag in tags} == {
        ("budget", "negated"),
        ("price_objection", "asserted"),
    }


def test_the_same_text_gives_the_same_tags() -> None:
    text = "预算不够，用友报价更低，下周三前给您答复。"
    assert TAGGER.tag(text, on=ON) == Tagger(shipped()).tag(text, on=ON)


def test_half_width_punctuation_and_full_width_letters() -> None:
    found = {
        tag.category
        for tag in TAGGER.tag("预算紧张,我们也在看ＳＡＬＥＳＦＯＲＣＥ的方案", on=ON).tags
    }
    assert found == {"budget", "competitor"}


def test_words_inside_other_words_do_not_count() -> None:
    assert TAGGER.tag("The arrival of the capexyz rivalry in Zohoville", on=ON).tags == ()


def test_a_wrapped_line_is_one_sentence() -> None:
    text = "We talked about this yesterday in the office and the budget has been\nfrozen until January."
    assert [(tag.category, tag.status) for tag in TAGGER.tag(text, on=ON).tags][:1] == [
        ("budget", "asserted")
    ]


def test_importing_the_tagger_and_reading_plain_text_does_not_load_spacy() -> None:
    program = (
        "import sys, datetime; from agent.nlp.tagger import Tagger; "
        "Tagger().tag('hello there', on=datetime.date(2026, 11, 23)); sys.exit('spacy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


_PIECES = st.sampled_from(
    ["预算", "紧张", "不", "如果", "，", "。", "？", "\n", "用友", "下周三前", "发给您", "我", "budget", " is ", "not ", "tight",
     "31号", "13月", "2026-02-30", "by friday ", "i will send ", "\ud83d", "\ude00", "😀", "\u202e", "İ", "ǅ", "ß", "\x00",
     "e\u0301", "\u200f", "价格", "太高", "Salesforce", "'", "…", "…(", "*", "\\"]
)  # fmt: skip


@settings(deadline=None)
@given(
    st.lists(_PIECES | st.text(max_size=3), max_size=40).map("".join),
    st.sampled_from(["customer", "rep", "unknown"]),
    st.dates(),
)
def test_no_string_makes_it_raise_and_offsets_slice_the_input(
    text: str, speaker: Speaker, on: date
) -> None:
    _check(text, TAGGER.tag(text, speaker=speaker, on=on))


@pytest.mark.parametrize(
    "unit",
    [
        "预算",
        "预算紧张",
        "budget is ",
        "a",
        "，",
        "(",
        "不",
        "我明天",
        "> ",
        "\n",
        "…",
        "如果",
        "用友 ",
        "-",
        "' ",
    ],
)
def test_a_huge_line_is_read_to_its_end(unit: str) -> None:
    text = unit * (60_000 // len(unit)) + "。预算已经冻结了。"
    tagging = TAGGER.tag(text, on=ON)
    _check(text, tagging)
    assert any(tag.category == "budget" and tag.end > len(text) - 5 for tag in tagging.tags)


def test_a_book_has_no_more_tags_than_a_page_can_show() -> None:
    text = "价格太高了。\n" * 3_000 + "我们预算很紧张。\n"
    tagging = TAGGER.tag(text, on=ON)
    _check(text, tagging)
    assert len(tagging.tags) == MAX_TAGS
    assert [tag.start for tag in tagging.tags] == sorted(tag.start for tag in tagging.tags)
    # What is said once stays; of what is said over and over the first ones stay.
    assert tagging.tags[-1].category == "budget"
    assert tagging.tags[-2].end < len("价格太高了。\n") * MAX_TAGS
    assert TAGGER.tag(text, on=ON) == tagging


def test_the_least_certain_tags_go_first() -> None:
    said = [f"第{n}套方案我们预算很紧张。\n客服说第{n}套的价格太高了。\n" for n in range(300)]
    text = "".join(said)
    every = [tag for one in said for tag in TAGGER.tag(one, on=ON).tags]
    kept = TAGGER.tag(text, on=ON).tags
    assert len(every) > MAX_TAGS == len(kept)
    # What was said before goes first, then what is least certain.
    ranks: list[tuple[bool, float]] = []
    before: set[tuple[str, str]] = set()
    for tag in every:
        ranks.append(((tag.category, tag.text) in before, -tag.score))
        before.add((tag.category, tag.text))
    assert sorted(-tag.score for tag in kept) == sorted(
        minus for _, minus in sorted(ranks)[:MAX_TAGS]
    )


def test_promises_of_a_book_are_bounded_over_all_turns() -> None:
    turns = [
        _turn("rep", n, n + 1, f"我下周三前把第{n}份报价发给您。")
        for n in range(MAX_COMMITMENTS * 2)
    ]
    tagging = TAGGER.tag_turns(turns, on=ON)
    _check(transcript(turns)[0], tagging)
    assert len(tagging.commitments) == MAX_COMMITMENTS
    kept = [int("".join(filter(str.isdigit, one.text))) for one in tagging.commitments]
    assert kept == sorted(kept)


def test_the_contract_has_room_for_every_finding() -> None:
    """A peer of another version may keep some more; what this one keeps must be accepted."""
    bounds = {
        name: next(part.max_length for part in Activity.model_fields[name].metadata)
        for name in ("tags", "commitments", "turns")
    }
    assert bounds["tags"] >= MAX_TAGS
    assert bounds["commitments"] >= MAX_COMMITMENTS
    assert bounds["turns"] >= MAX_TURNS


@pytest.mark.parametrize("text", ["但下周三前可以签合同", "我下周三前可以签协议", "月底前要签下来"])
def test_a_deadline_names_what_is_to_be_done(text: str) -> None:
    (timeline,) = (tag for tag in TAGGER.tag(text, on=ON).tags if tag.category == "timeline")
    assert text.endswith(timeline.text)

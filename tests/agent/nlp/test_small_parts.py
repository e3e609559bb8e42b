"""Folding, offsets, sentences and the pattern language, each by itself."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.nlp.fold import fold
from agent.nlp.lexicon.pattern import PatternError, Vocabulary, compile_pattern
from agent.nlp.offsets import OffsetMap
from agent.nlp.sentences import clauses, sentences

WORDS = Vocabulary({"money": ["预算", "budget"], "short": ["紧张", "tight", "cut*"]})


@given(st.text())
def test_folding_keeps_the_length_and_can_be_encoded(text: str) -> None:
    folded = fold(text)
    assert len(folded) == len(text)
    folded.encode()


def test_folding_makes_one_form() -> None:
    assert fold("ＳＡＰ’s　İ\u00a0№") == "sap's İ №"


@given(st.text())
def test_sentences_stay_inside_and_in_order(text: str) -> None:
    at = 0
    for start, end in sentences(fold(text)):
        assert at <= start < end <= len(text)
        at = end


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("预算紧张。价格太高！行吗？", ["预算紧张。", "价格太高！", "行吗？"]),
        ("mr. li has 3.5 tons. ok.", ["mr. li has 3.5 tons.", "ok."]),
        ("你好\n\n预算紧张", ["你好", "预算紧张"]),
        ("short line\nanother", ["short line", "another"]),
        ("可以.我们签", ["可以.", "我们签"]),
        ("行吗?好的", ["行吗?", "好的"]),
    ],
)
def test_sentences(text: str, said: list[str]) -> None:
    assert [text[start:end] for start, end in sentences(text)] == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("价格可以但是交期太长", ["价格可以", "但是交期太长"]),
        ("the price is fine but delivery is slow", ["the price is fine", "but delivery is slow"]),
        ("如果贵，就算了", ["如果贵", "就算了"]),
    ],
)
def test_clauses(text: str, said: list[str]) -> None:
    assert [text[start:end].strip() for start, end in clauses(text)] == said


@pytest.mark.parametrize(
    ("pattern", "matches", "not_matches"),
    [
        ("{money}…{short}", ["预算很紧张", "budget is very tight", "budget cuts", "budget was cutting"], ["预算多。紧张", "budgets tight", "紧张的预算"]),
        ("too (high|steep) [for us]", ["too high for us", "too  steep"], ["too highly", "tattoo high"]),
        ("on-premise", ["on-premise", "on premise", "onpremise"], ["on premises"]),
        ("don't budget", ["don't budget", "dont budget"], ["do not budget"]),
        ("^预算$", ["预算", "好，预算，行"], ["预算多", "大预算"]),
        ("{number}折预算", ["九折预算", "95折预算"], ["折预算"]),
        ("{name}拍板", ["刘总拍板", "李经理拍板"], ["大家拍板"]),
        ("{money}……{short}", ["预算今年从上到下一共都真的很紧张"], ["预算" + "啊" * 15 + "紧张"]),
    ],
)  # fmt: skip
def test_the_pattern_language(pattern: str, matches: list[str], not_matches: list[str]) -> None:
    regex = re.compile(compile_pattern(pattern, WORDS).regex)
    for text in matches:
        assert regex.search(text), text
    for text in not_matches:
        assert not regex.search(text), text


@pytest.mark.parametrize(
    "pattern",
    ["(预算", "预算)", "[预算", "预算(a]", "a|b预算", "{nosuch}预算", "", "的", "…", "{预算"],
)
def test_patterns_that_cannot_be_read(pattern: str) -> None:
    with pytest.raises(PatternError):
        compile_pattern(pattern, WORDS)


@given(st.text(alphabet="预算紧张ab (){}[]|…^$*'-", max_size=12))
def test_any_pattern_compiles_or_is_refused(pattern: str) -> None:
    try:
        compiled = compile_pattern(pattern, WORDS)
    except PatternError:
        return
    re.compile(compiled.regex)


def test_needed_words_stand_in_what_matches() -> None:
    assert compile_pattern("{money}…{short}", WORDS).needs == (
        frozenset({"预算", "budget"}),
        frozenset({"紧张", "tight", "cut*"}),
    )


def test_offset_map_of_two_runs() -> None:
    offsets = OffsetMap.of([(0, 10, 3), (3, 20, 2)], 30)
    assert offsets.span(0, 3) == (10, 13)
    assert offsets.span(2, 4) == (12, 21)
    assert offsets.span(1, 1) == (11, 11)
    assert offsets.span(4, 9) == (21, 22)

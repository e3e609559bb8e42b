"""An excerpt, or the evidence alone: offsets hold, and nothing else leaves."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.contract.activity import Activity, Attachment, Decision, Match, Signals
from agent.contract.policy import Policy
from agent.contract.tag import Commitment, Tag, Turn, transcript
from agent.rules.shortening import shortened

TEXT = "您好，感谢来访。我们今年预算很紧张，先看看。另外食堂很好吃。下周三前请发报价。祝好！王芳"


def tag(text: str, word: str) -> Tag:
    start = text.index(word)
    return Tag(
        category="budget",
        status="asserted",
        start=start,
        end=start + len(word),
        text=word,
        speaker="customer",
        score=1,
    )


def promise(text: str, words: str) -> Commitment:
    start = text.index(words)
    return Commitment(start=start, end=start + len(words), text=words, due=None, owner="rep")


def activity(text: str = TEXT, **fields) -> Activity:
    return Activity(
        id=UUID(int=1),
        kind=fields.pop("kind", "mail"),
        source="list",
        direction="inbound",
        occurred_at=datetime(2026, 11, 20, tzinfo=UTC),
        subject="报价与预算",
        text=text,
        match=Match(customer_id=1, confidence=1, why="email"),
        contact=Decision(counts=True, grade="two_way", reason="customer_wrote"),
        **fields,
    )


def found(text: str = TEXT, **fields) -> Activity:
    return activity(
        text,
        tags=(tag(text, "预算很紧张"),),
        commitments=(promise(text, "下周三前请发报价"),),
        **fields,
    )


def holds(item: Activity) -> None:
    for finding in (*item.tags, *item.commitments):
        assert item.text[finding.start : finding.end] == finding.text


def test_full_is_full() -> None:
    assert shortened(found(), Policy()) == found()


def test_an_excerpt_keeps_the_beginning_and_the_sentences_of_the_evidence() -> None:
    kept = shortened(found(), Policy(body="excerpt", excerpt_chars=4))
    assert kept.text == "您好，感 … 我们今年预算很紧张，先看看。 … 下周三前请发报价。 …"
    assert (kept.body, kept.subject) == ("excerpt", "报价与预算")
    holds(kept)


@pytest.mark.parametrize(
    ("text", "first", "kept"),
    [
        ("the budget is tight", 8, "the …"),
        ("the budget is tight", 10, "the budget …"),
        ("the budget is tight", 11, "the budget …"),
        ("预算 budget 紧张", 6, "预算 …"),
        ("预算budget紧张", 5, "预算 …"),
        ("预算很紧张", 3, "预算很 …"),
        ("бюджет маленький", 9, "бюджет …"),
        ("averylongwordindeed", 5, "avery …"),
        ("x" * 500, 100, "x" * 100 + " …"),
        ("tight", 50, "tight"),
    ],
)
def test_an_excerpt_ends_with_a_whole_word(text: str, first: int, kept: str) -> None:
    cut = shortened(activity(text), Policy(body="excerpt", excerpt_chars=first)).text
    assert cut == kept


def test_an_excerpt_without_evidence_is_the_beginning() -> None:
    assert shortened(activity(), Policy(body="excerpt", excerpt_chars=2)).text == "您好 …"
    assert shortened(activity(), Policy(body="excerpt", excerpt_chars=0)).text == ""
    assert shortened(activity("好"), Policy(body="excerpt")).text == "好"


def test_tags_keep_the_words_of_the_evidence_and_nothing_else() -> None:
    item = found(
        attachments=(Attachment(name="工资表.xlsx", size=1),),
        signals=Signals(machine_evidence="text: 这是来自王芳的自动回复"),
    )
    kept = shortened(item, Policy(body="tags"))
    assert kept.text == "预算很紧张\n下周三前请发报价"
    assert (kept.body, kept.subject, kept.attachments) == ("tags", "", ())
    assert kept.signals.machine_evidence == "text"
    holds(kept)
    assert "食堂" not in kept.model_dump_json()
    assert "工资" not in kept.model_dump_json()


def test_nothing_said_of_interest_leaves_nothing() -> None:
    kept = shortened(activity(), Policy(body="tags"))
    assert (kept.text, kept.subject, kept.tags) == ("", "", ())


@pytest.mark.parametrize("body", ["excerpt", "tags"])
def test_a_call_keeps_the_turns_that_matter(body: str) -> None:
    said = ("您好，我是小李", "预算很紧张，领导不批", "今天天气不错", "下周三前请发报价")
    turns = tuple(
        Turn(speaker="customer", start_s=n, end_s=n + 1, text=text, raw_text=text, confidence=1)
        for n, text in enumerate(said)
    )
    text, _ = transcript(turns)
    kept = shortened(found(text, turns=turns, kind="call"), Policy.model_validate({"body": body}))
    holds(kept)
    assert "天气" not in kept.model_dump_json()
    if body == "excerpt":
        assert [turn.text for turn in kept.turns] == [said[1], said[3]]
        assert transcript(kept.turns)[0] == kept.text
    else:
        assert kept.turns == ()


@given(
    st.text(alphabet="ab。\n. 好", max_size=900),
    st.lists(st.tuples(st.integers(0, 900), st.integers(1, 40)), max_size=6),
    st.sampled_from(["excerpt", "tags"]),
    st.integers(0, 300),
)
def test_findings_point_at_their_words_whatever_the_text(text, spans, body, first) -> None:
    tags = tuple(
        Tag(
            category="budget",
            status="asserted",
            start=start,
            end=min(start + length, len(text)),
            text=text[start : start + length],
            speaker="customer",
            score=1,
        )
        for start, length in spans
        if start < len(text)
    )
    kept = shortened(activity(text, tags=tags), Policy(body=body, excerpt_chars=first))
    assert len(kept.tags) == len(tags)
    holds(kept)


def test_an_endless_sentence_is_not_kept_whole() -> None:
    text = "好" * 5_000 + "预算很紧张" + "坏" * 5_000
    kept = shortened(
        activity(text, tags=(tag(text, "预算很紧张"),)), Policy(body="excerpt", excerpt_chars=0)
    )
    assert len(kept.text) < 300
    holds(kept)

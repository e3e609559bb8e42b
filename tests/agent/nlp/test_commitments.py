"""Promises: who made them and until when."""

from datetime import date

import pytest

from agent.contract.tag import Speaker
from agent.nlp.tagger import Tagger

TAGGER = Tagger()
ON = date(2026, 11, 23)  # a Monday


def _promises(text: str, speaker: Speaker) -> list[tuple[str, str | None, str]]:
    found = TAGGER.tag(text, kind="call", speaker=speaker, on=ON).commitments
    return [(item.text, item.due.isoformat() if item.due else None, item.owner) for item in found]


@pytest.mark.parametrize(
    ("text", "speaker", "due", "owner"),
    [
        ("我整理一份对比材料，这周五之前发给您。", "rep", "2026-11-27", "rep"),
        ("九十天需要申请，我今天就提交。", "rep", "2026-11-23", "rep"),
        ("我让技术负责人明天下午三点给您打电话，把改进计划说清楚。", "rep", "2026-11-24", "rep"),
        ("I will send the security pack by Thursday.", "rep", "2026-11-26", "rep"),
        ("I will try again tomorrow morning.", "rep", "2026-11-24", "rep"),
        ("下周三前发报价", "rep", "2026-12-02", "rep"),
        ("月底前给您出方案。", "rep", "2026-11-30", "rep"),
        ("两周后我把测试结果发给您。", "rep", "2026-12-07", "rep"),
        ("三天内给您答复。", "rep", "2026-11-26", "rep"),
        ("节后我们去拜访您。", "rep", "2027-01-04", "rep"),
        ("非常抱歉，这两次故障的报告我今天发给您。", "rep", "2026-11-23", "rep"),
        ("您周五之前把盖章的合同寄给我。", "rep", "2026-11-27", "customer"),
        ("Please return the signed contract by Friday.", "rep", "2026-11-27", "customer"),
        ("我们下周一把合同盖好章寄给你们。", "customer", "2026-11-30", "customer"),
        ("请你们周三前提供方案。", "customer", "2026-11-25", "rep"),
        ("我先跟他汇报一下。", "customer", None, "customer"),
        ("最晚这周五，我给您报价。", "rep", "2026-11-27", "rep"),
    ],
)
def test_due_date_and_owner(text: str, speaker: Speaker, due: str | None, owner: str) -> None:
    assert [(found_due, found_owner) for _, found_due, found_owner in _promises(text, speaker)] == [
        (due, owner)
    ]


def test_two_promises_in_one_sentence() -> None:
    found = _promises("我明天上午跟供应链确认，最晚后天给您答复。", "rep")
    assert [(due, owner) for _, due, owner in found] == [
        ("2026-11-24", "rep"),
        ("2026-11-25", "rep"),
    ]


def test_a_promise_that_goes_on_is_one() -> None:
    assert (
        _promises("我整理一份对比材料，这周五之前发给您。", "rep")[0][0]
        == "我整理一份对比材料，这周五之前发给您"
    )


@pytest.mark.parametrize(
    "text",
    [
        "上周已经给您发了报价。", "我明天没法给您答复。", "如果您同意，我明天发合同。", "I sent the quote yesterday.",
        "I won't be able to send it tomorrow.", "您什么时候能给我答复？", "我们必须在年底前上线。",
        "When can you send it?", "明天天气不错。",
    ],
)  # fmt: skip
def test_no_promise(text: str) -> None:
    assert _promises(text, "rep") == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("但下周三前可以签合同", "下周三前可以签合同"),
        ("但是，我明天把合同发给您。", "我明天把合同发给您"),
        ("不过我们下周三前给您答复。", "我们下周三前给您答复"),
        ("所以然后我明天把合同发给您。", "我明天把合同发给您"),
        ("But I will send it by Friday.", "I will send it by Friday"),
        ("And so we'll sign by Friday.", "we'll sign by Friday"),
        ("但愿明天能给您答复", "但愿明天能给您答复"),
    ],
)
def test_what_ties_a_promise_to_the_clause_before_is_no_part_of_it(text: str, said: str) -> None:
    found = TAGGER.tag(text, kind="call", speaker="rep", on=ON)
    assert [item.text for item in found.commitments] == [said]
    assert [tag.text for tag in found.tags if tag.category == "next_step"] == [said]

"""How something is said: one sentence for each way to say it."""

import re
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.contract.activity import Kind
from agent.contract.tag import Speaker
from agent.nlp.context import cues
from agent.nlp.tagger import Tagger

TAGGER = Tagger()
ON = date(2026, 11, 23)


def _statuses(
    text: str, speaker: Speaker = "customer", kind: Kind = "mail"
) -> set[tuple[str, str]]:
    tags = TAGGER.tag(text, speaker=speaker, kind=kind, on=ON).tags
    return {(tag.category, tag.status) for tag in tags}


@pytest.mark.parametrize(
    ("text", "category", "status"),
    [
        ("预算不是问题，关键是稳定。", "budget", "negated"),
        ("Budget is not an issue, but security is worried about data residency.", "budget", "negated"),
        ("如果预算砍了，我们就只能等。", "budget", "hypothetical"),
        ("Salesforce我们没考虑过。", "competitor", "negated"),
        ("没人抱怨过系统慢。", "complaint", "negated"),
        ("Nobody complained about the slow system.", "complaint", "negated"),
        ("价格不贵。", "price_objection", "negated"),
        ("我们不急。", "timeline", "negated"),
        ("The app used to crash every day but that is fixed.", "complaint", "past"),
        ("老板说你们价格太高。", "price_objection", "asserted"),
        ("听说你们的交期很长。", "delivery", "reported"),
        ("Our CFO said the budget is frozen.", "budget", "asserted"),
        ("如果还是这样，我们就不续约了。", "churn_risk", "hypothetical"),
        ("We will cancel the contract if this happens again.", "churn_risk", "hypothetical"),
        ("要是用友更便宜，我们就选他们。", "competitor", "hypothetical"),
        ("没有哪家比你们更难用。", "complaint", "asserted"),
        ("不光是预算紧张，人手也不够。", "budget", "asserted"),
        ("我们不得不取消合同。", "churn_risk", "asserted"),
        ("不好意思，预算紧张。", "budget", "asserted"),
        ("方便的话，麻烦发一份报价。", "buying_signal", "asserted"),
        ("交期能不能再提前？", "delivery", "asserted"),
        ("你们能不能下周交货？", "delivery", "question"),
        ("Is delivery possible by Friday?", "delivery", "question"),
        ("Can you deliver next week?", "delivery", "question"),
        ("交期多久？", "delivery", "question"),
        ("你们什么时候能上线？", "timeline", "question"),
        ("Could you give us a discount?", "price_objection", "asserted"),
        ("没有说价格高", "price_objection", "negated"),
        ("账期九十天可以吗？", "contract_terms", "asserted"),
        ("能便宜点吗？", "price_objection", "asserted"),
        ("Budget is tight, but if you can split the payment we might manage.", "budget", "asserted"),
        ("价格太高了，如果能打八折可以考虑。", "price_objection", "asserted"),
        ("上个月宕机了两次。", "complaint", "asserted"),
    ],
)  # fmt: skip
def test_what_the_customer_says(text: str, category: str, status: str) -> None:
    assert (category, status) in _statuses(text)


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("Is budget a concern?", "budget"),
        ("预算大概多少？", "budget"),
        ("您是觉得价格太高了吗？", "price_objection"),
        ("最近系统还卡吗，有没有宕机？", "complaint"),
        ("您这边在看其他供应商吗？", "competitor"),
        ("When do you need a decision?", "timeline"),
        ("这个项目最后谁拍板？", "decision_maker"),
        ("Are you planning to switch to another vendor?", "churn_risk"),
    ],
)
def test_the_question_of_a_rep_is_no_statement(text: str, category: str) -> None:
    found = _statuses(text, "rep")
    assert (category, "question") in found
    assert (category, "asserted") not in found


@pytest.mark.parametrize(
    "text", ["我们报价明天发您。", "我给您开个试用账号。", "非常抱歉，系统宕机了。"]
)
def test_an_offer_of_a_rep_is_no_wish_of_the_customer(text: str) -> None:
    found = {category for category, status in _statuses(text, "rep") if status == "asserted"}
    assert not found & {"buying_signal", "complaint", "churn_risk", "price_objection"}


def test_in_a_note_the_rep_writes_what_the_customer_said() -> None:
    assert ("price_objection", "asserted") in _statuses("客户说价格太高", "rep", "note")
    assert ("budget", "asserted") in _statuses("王总表示今年预算紧张", "rep", "note")
    assert ("budget", "reported") in _statuses("听说他们今年预算紧张", "rep", "note")


def test_a_contrast_ends_a_supposition() -> None:
    assert ("price_objection", "asserted") in _statuses("如果下周能定当然好，但是你们价格太高了")


@pytest.mark.parametrize(
    "text",
    ["I need to cancel our meeting tomorrow.", "See you on Monday.", "This is urgent mail from my bank",
     "我们家很急着出门", "请切换到另一个会议室", "Switch off the light, please.", "如有问题请联系我。", "后面由小李跟您对接。"],
)  # fmt: skip
def test_single_words_without_their_object_are_nothing(text: str) -> None:
    assert {category for category, status in _statuses(text) if status == "asserted"} <= {
        "next_step"
    }


CUES = {
    "negation": (cues.NEGATION,),
    "supposed": (cues.SUPPOSED,),
    "hearsay": (cues.HEARSAY,),
    "said": (cues.SAID,),
    "question": (cues.QUESTION_CLAUSE,),
    "past": (cues.PAST, cues.FORMER),
    "resolved": (cues.RESOLVED,),
}


@pytest.mark.parametrize(
    ("sign", "cue"), [(sign, cue) for sign, of_it in CUES.items() for cue in of_it]
)
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_every_cue_holds_a_sign(sign: str, cue: re.Pattern[str], data: st.DataObject) -> None:
    said = data.draw(st.from_regex(cue))
    assert any(bit in said for bit in cues.SIGNS[sign])


def test_every_sign_is_of_a_cue() -> None:
    assert cues.SIGNS.keys() == CUES.keys()

"""Who is named for certain, when it stays a question, and when nobody is meant."""

import json
from pathlib import Path

import pytest

from agent.contract.activity import Match, Participant
from agent.contract.directory import DirectoryCustomer
from agent.rules.matching.resolver import Resolver

FOLDER = Path(__file__).parents[3] / "data" / "matching"
RESOLVER = Resolver(
    [
        DirectoryCustomer.model_validate(one)
        for one in json.loads((FOLDER / "directory.json").read_text("utf-8"))
    ]
)
SURE = 0.8


def mail(email: str, text: str = "", *, name: str = "", subject: str = "") -> Match | None:
    return RESOLVER.resolve(
        [
            Participant(role="from", email=email, name=name),
            Participant(role="to", email="a@us.example", side="us"),
        ],
        kind="mail",
        subject=subject,
        text=text,
    )


def note(text: str) -> Match | None:
    return RESOLVER.resolve([Participant(role="author", side="us")], kind="note", text=text)


def call(name: str = "", text: str = "", phone: str | None = None) -> Match | None:
    caller = Participant(role="caller", name=name, phone=phone)
    return RESOLVER.resolve([caller], kind="call", text=text)


@pytest.mark.parametrize(
    ("match", "customer"),
    [
        (mail("tully.boats+x@gmail.com"), 14),
        (mail("13900710003@139.com"), 3),
        (mail("k@qq.com", name="赣珍食品-熊老板"), 3),
        (mail("b@law.test", "我所受东湖制药有限公司委托，就合同纠纷致函"), 6),
        (mail("pei@donghu.example", "东湖包装材料有限公司 生产部"), 7),
        (call("(202) 555-0162 ext. 9"), 12),
        (call("松江电机佟工"), 9),
        (call(text="你好，我是东湖制药的小王"), 6),
        (call(text="请回电 0519-5560 1100"), 1),
        (note("电话 0519-55601100 要资料"), 1),
        (note("+44 7700 900910 回电"), 10),
        (note("哈尔滨松江电机那边要备件"), 9),
        (note("jin fan feng dian 催货"), 1),
        (note("Hugh Blackwood of Blackwood wants the demo"), 15),
    ],
)
def test_certain(match: Match | None, customer: int) -> None:
    assert match is not None
    assert match.customer_id == customer
    assert match.confidence >= SURE


@pytest.mark.parametrize(
    ("match", "shown"),
    [
        (mail("x@de.wexler.example"), {16}),
        (mail("x@wexler.invalid"), {16}),
        (mail("x@ashf0rdglass.example"), {10}),
        (mail("pay@wexler-pay.test", "new bank account"), {16}),
        (mail("pei@donghu.example", "东湖的人要来"), {5, 6, 7}),
        (note("拜访松江电机和赣珍"), {9, 3}),
        (note("东湖要报价"), {5, 6, 7}),
        (note("李军来电话"), {2, 4}),
        (call("佟斌"), {9}),
    ],
)
def test_a_question_that_offers(match: Match | None, shown: set[int]) -> None:
    assert match is not None
    assert match.confidence < SURE
    assert {match.customer_id, *(one.customer_id for one in match.alternatives)} >= shown


@pytest.mark.parametrize(
    "match",
    [
        mail("z@qq.com", "我叫邹琳，应聘销售", name="邹琳"),
        mail("ad@law.test", "我们为松江电机等客户提供法律服务"),
        mail("pay@wexler-pay.test", "see you at the fair"),
        call(text="Hello, this is Delta Airlines about your flight"),
        call("55601100"),
        call(phone="+8613900710099"),
        note("朝阳区交通太堵"),
        note("Tully's Pub tonight"),
        note("The delta is big. Riverside is closed to cars"),
        note("看到新闻说锦帆风电上市了"),
        note("@" * 3000 + "1" * 3000 + "- " * 3000),
    ],
)
def test_nobody(match: Match | None) -> None:
    assert match is None


def test_what_was_taught_of_a_conversation_outweighs_the_file() -> None:
    people = [Participant(role="from", email="hugh@blackwood.example")]
    learned = RESOLVER.resolve(people, kind="mail", thread_customer=14, thread_taught=True)
    joined = RESOLVER.resolve(people, kind="mail", subject="Re: mast", thread_customer=14)
    assert learned is not None
    assert joined is not None
    assert (learned.customer_id, learned.confidence >= SURE) == (14, True)
    # Whoever is on file at another customer writes for that one, unless a person said otherwise.
    assert (joined.customer_id, joined.confidence >= SURE) == (15, True)

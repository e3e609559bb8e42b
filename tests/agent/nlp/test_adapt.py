"""Corrections move the model a little, only where they may, and always the same way."""

from datetime import date
from typing import get_args

import pytest

from agent.contract.tag import CATEGORIES, Status
from agent.contract.tagger import Adaptation, TaggerData
from agent.nlp.company import company_tagger
from agent.nlp.fold import fold
from agent.nlp.learn import adapt, model
from agent.nlp.learn.adapt import MAY_TAG, Label, Share
from agent.nlp.learn.features import Said

DAY = date(2026, 11, 23)
STATUSES = get_args(Status)


def said(text):
    return Said(fold(text), "customer", "mail")


def label(text, category="budget", status="asserted", *, right):
    return Label(said(text), category, status, right)


def found(reader, text, category="budget"):
    return [one for one in reader.read(said(text)) if one.category == category]


TIGHT = [f"今年预算紧张，第{number}批设备先缓一缓。" for number in range(30)]
JARGON = [f"第{number}次开会说了，我们的盘子还在画圈圈。" for number in range(320)]


def test_a_rejected_sentence_is_tagged_no_more_and_others_stay():
    shipped = model.shipped()
    assert found(shipped, TIGHT[0])
    changed = adapt.apply(shipped, adapt.train(shipped, [label(TIGHT[0], right=False)]))
    assert found(changed, TIGHT[0]) == []
    for text in ("We have no budget left this year.", "预算已经用完了，明年再说。"):
        assert [one.status for one in found(changed, text)] == ["asserted"]
        assert [one.status for one in found(shipped, text)] == ["asserted"]
    other = "你们的报价太高了。"
    assert found(changed, other, "price_objection") == found(shipped, other, "price_objection")


def test_below_the_number_of_labels_corrections_never_tag():
    shipped = model.shipped()
    told = [label(text, right=True) for text in JARGON[: MAY_TAG - 1]]
    assert found(shipped, JARGON[0]) == []
    learned = adapt.train(shipped, told)
    assert found(adapt.apply(shipped, learned), JARGON[0]) == []
    [suggested] = found(adapt.apply(shipped, learned, suggesting=True), JARGON[0])
    assert suggested.status == "asserted"


def test_from_that_number_on_they_tag_also_what_nobody_labelled():
    shipped = model.shipped()
    told = [label(text, right=True) for text in JARGON[:MAY_TAG]]
    changed = adapt.apply(shipped, adapt.train(shipped, told))
    assert found(changed, JARGON[-1])
    assert found(changed, "今天天气不错，午饭吃面。") == []


def test_a_score_may_fall_but_not_rise():
    shipped = model.shipped()
    texts = [*TIGHT[1:], "预算批下来之前没法下单。"]
    told = [label(text, right=number % 3 > 0) for number, text in enumerate(TIGHT[:12])]
    changed = adapt.apply(shipped, adapt.train(shipped, told))
    for text in texts:
        for now in found(changed, text):
            [was] = found(shipped, text)
            assert now.score <= was.score
            assert now.status == was.status


def test_order_repetition_and_time_change_nothing():
    shipped = model.shipped()
    told = [label(text, right=number % 2 == 0) for number, text in enumerate(TIGHT)]
    first = adapt.train(shipped, told)
    assert adapt.train(shipped, [*reversed(told), *told]) == first
    assert first.categories["budget"].labels == len(TIGHT)


def test_what_was_learned_on_another_model_is_left_alone():
    shipped = model.shipped()
    learned = adapt.train(shipped, [label(TIGHT[0], right=False)])
    assert adapt.apply(shipped, learned.model_copy(update={"base": "another"})) is shipped
    assert adapt.apply(shipped, Adaptation(base=adapt.fingerprint(shipped))) is shipped


def test_no_word_of_a_mail_is_in_what_is_sent_to_other_laptops():
    secret = "绝密代号曼陀罗九号 xq77zz"
    shipped = model.shipped()
    learned = adapt.train(shipped, [label(f"今年预算紧张，{secret}。", right=False)])
    assert "xq77zz" not in learned.model_dump_json()
    assert set(learned.categories["budget"].topic.weights) <= set(shipped.known)


def test_the_way_over_the_wire_loses_nothing():
    shipped = model.shipped()
    learned = adapt.train(shipped, [label(text, right=False) for text in TIGHT])
    data = TaggerData(version="1", adaptation=learned)
    again = TaggerData.model_validate_json(data.model_dump_json(exclude_defaults=True))
    assert again == data
    tags = company_tagger(again).tag(TIGHT[0], on=DAY).tags
    assert "budget" not in {tag.category for tag in tags}
    assert len(data.model_dump_json()) < 500_000


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("text", ["", " ", "\x00", "。", "a" * 3000, "🙂🙃", "\u202eabc", "预"])
def test_odd_sentences_are_learned_from_without_a_word(text, status):
    shipped = model.shipped()
    told = [label(text, category, status, right=True) for category in CATEGORIES]
    told += [label(text, category, status, right=False) for category in CATEGORIES]
    learned = adapt.train(shipped, told)
    assert learned.categories.keys() == set(CATEGORIES)
    adapt.apply(shipped, learned).read(said(text))
    adapt.measure(shipped, told)


def test_figures_count_what_people_said():
    shipped = model.shipped()
    right = [label(text, right=True) for text in TIGHT[:20]]
    wrong = [label(text, right=False) for text in TIGHT[20:]]
    missed = [label(text, right=True) for text in JARGON[:5]]
    told = adapt.measure(shipped, [*right, *wrong, *missed])["budget"]
    assert told.labels == 35
    assert told.before.precision == Share(20, 30)
    assert told.before.recall == Share(20, 25)


def test_the_interval_is_wilsons():
    low, high = Share(9, 10).interval
    assert (round(low, 3), round(high, 3)) == (0.596, 0.982)
    assert Share(0, 0).interval == (0.0, 1.0)
    assert Share(0, 0).value is None
    assert Share(10, 10).interval[1] == pytest.approx(1.0)
    assert Share(0, 10).interval[0] == 0.0

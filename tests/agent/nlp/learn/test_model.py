"""The shipped model: it was made from the concepts beside it, and reads what it should."""

import io

import numpy as np
import pytest

from agent.contract.tag import CATEGORIES
from agent.nlp.fold import fold
from agent.nlp.learn.features import Said
from agent.nlp.learn.model import Model, load, shipped, store
from agent.nlp.learn.thesaurus import Thesaurus
from tools.train_tagger import CONCEPTS, Labelled, concepts, fit


def test_the_shipped_model_knows_the_concepts_of_this_tree() -> None:
    """Who edits a concept must run ``make model``."""
    assert {form: list(its) for form, its in shipped().thesaurus.forms.items()} == concepts(
        CONCEPTS
    )


@pytest.mark.parametrize(
    ("text", "category", "status"),
    [
        ("今年预算已经用完了", "budget", "asserted"),
        ("预算不是问题", "budget", "negated"),
        ("Is budget a concern?", "budget", "question"),
        ("你们的报价比别家高出不少", "price_objection", "asserted"),
        ("We are also talking to another vendor.", "competitor", "asserted"),
        ("If you raise the price again we will not renew.", "churn_risk", "hypothetical"),
    ],
)
def test_what_it_reads(text: str, category: str, status: str) -> None:
    readings = shipped().read(Said(fold(text), "customer", "mail"))
    assert (category, status) in {(one.category, one.status) for one in readings}


def test_a_model_survives_being_stored() -> None:
    model = shipped()
    file = io.BytesIO()
    store(model, file)
    file.seek(0)
    again = load(file)
    said = Said("你们的价格太高了", "customer", "mail")
    assert again.read(said) == model.read(said) != []
    assert again.gate == model.gate


def _taught() -> Model:
    thesaurus = Thesaurus({"钱": ("money",), "没有": ("none",), "天气": ("weather",)})
    lines = {
        "没有钱": frozenset({("budget", "asserted")}),
        "天气不错": frozenset[tuple[str, str]](),
        "有钱吗": frozenset({("budget", "question")}),
    }
    items = [
        Labelled(Said(text, "customer", "mail"), labels, f"file {copy}")
        for copy in range(6)
        for text, labels in lines.items()
    ]
    for category in CATEGORIES:  # every head wants both answers
        for status in ("asserted", "question"):
            for copy in range(2):
                said = Said(f"{category} {status}", "rep", "note")
                items.append(Labelled(said, frozenset({(category, status)}), f"file {copy}"))
    return fit(items, thesaurus, 0, 1)


def test_training_teaches_and_repeats_itself() -> None:
    once, twice = _taught(), _taught()
    assert once.known == twice.known
    assert np.array_equal(once.weights, twice.weights)
    column = CATEGORIES.index("budget")
    of = once.weights[:, column]
    assert of[once.known["\x02money"]] > 0 > of[once.known["\x02weather"]]


def test_the_gate_lets_labelled_sentences_pass() -> None:
    model = _taught()
    assert model.gate.of(["money"]) > model.gate.of(["weather"])

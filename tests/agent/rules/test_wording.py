"""What a wording passes over must hold nothing it looks for."""

import importlib
import json
import pkgutil
import re
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import agent.rules
from agent.rules.wording import Wording
from benchmarks.contact_eval import cases
from benchmarks.tagging_speed import SENTENCES


def _wordings() -> Iterator[tuple[str, Wording]]:
    for module in pkgutil.iter_modules(agent.rules.__path__, "agent.rules."):
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, Wording):
                yield f"{module.name.rpartition('.')[2]}.{name}", value


WORDINGS = dict(_wordings())
TEXTS = {
    line
    for case in cases("contact")
    for line in (*case.get("raw", "").splitlines(), case.get("raw", ""))
} | {json.loads(line)["text"] for line in SENTENCES.read_text("utf-8").splitlines()}
few = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def _agrees(wording: Wording, text: str) -> bool:
    return wording.may_stand_in(text) or wording.regex.search(text) is None


@pytest.mark.parametrize("name", WORDINGS)
@few
@given(data=st.data())
def test_whatever_matches_is_searched(name: str, data: st.DataObject) -> None:
    wording = WORDINGS[name]
    text = data.draw(st.from_regex(wording.regex))
    assert wording.search(text) is not None
    other = data.draw(st.sampled_from([text.upper, text.lower, text.title, text.swapcase]))()
    assert _agrees(wording, other)
    odd = str.maketrans({"i": "İ", "I": "ı", "s": "ſ", "k": "\u212a"})
    assert _agrees(wording, other.translate(odd))


@few
@given(st.data())
def test_words_of_many_rules_in_one_text(data: st.DataObject) -> None:
    some = data.draw(st.lists(st.sampled_from(list(WORDINGS)), min_size=2, max_size=4))
    said = [data.draw(st.from_regex(WORDINGS[name].regex)) for name in some]
    text = data.draw(st.sampled_from([" ", "", "\n", "，", "。"])).join(said)
    assert all(_agrees(wording, text) for wording in WORDINGS.values())


@pytest.mark.parametrize("name", WORDINGS)
def test_nothing_in_real_mail_is_passed_over(name: str) -> None:
    wording = WORDINGS[name]
    assert [text for text in TEXTS if not _agrees(wording, text)] == []
    # It is of use: most lines of most mails need no search.
    assert sum(wording.may_stand_in(text) for text in TEXTS) < len(TEXTS) / 2


def test_half_a_character_does_not_upset_it() -> None:
    wording = next(iter(WORDINGS.values()))
    assert wording.search("\ud800") is None
    assert wording.may_stand_in("\ud800")


@pytest.mark.parametrize(
    ("pattern", "signs"),
    [
        (r"\b(?:out|away) of office\b", {"out of office", "away of office"}),
        (r"自动[^。]{0,9}(?:回复|答复)(?:了)?", {"自动"}),
        (r"\d{4,8}[^。]{0,12}验证码", {"验证码"}),
        (r"a?b|c", {"ab", "b", "c"}),
        (r"(?:Auto)+x{2}", {"auto"}),
        (r"\w+|sure", set()),
        (r"(?:maybe)?", set()),
        (r"(?P<one>É)", set()),
    ],
)
def test_signs_are_taken_from_the_expression(pattern: str, signs: set[str]) -> None:
    wording = Wording(pattern, re.IGNORECASE)
    assert wording.signs == signs
    assert wording.may_stand_in("") is not bool(signs)

"""The examples in the lexicon files are its tests; a broken file says where and why."""

from datetime import date
from pathlib import Path

import pytest

from agent.contract.tag import CATEGORIES
from agent.messages import LANGUAGES, text
from agent.nlp.findings import Setting
from agent.nlp.fold import fold
from agent.nlp.lexicon import Example, Group, LexiconBroken, load, parse, shipped
from agent.nlp.patterns import Patterns
from agent.nlp.tagger import Tagger

ON = date(2026, 11, 23)
PATTERNS = Patterns(shipped())
YES = [(group, example) for group in shipped().groups for example in group.yes]
NO = [(group, example) for group in shipped().groups for example in group.no]


def _label(item: Group | Example) -> str:
    return item.text if isinstance(item, Example) else item.name


def _found(example: Example) -> set[tuple[str, str]]:
    setting = Setting(example.speaker, "mail", ON)
    found = PATTERNS.findings(fold(example.text), setting)
    return {(finding.category, finding.status) for finding in found}


@pytest.mark.parametrize(("group", "example"), YES, ids=_label)
def test_yes_examples_are_found(group: Group, example: Example) -> None:
    assert (group.category, example.status) in _found(example)


@pytest.mark.parametrize(("group", "example"), NO, ids=_label)
def test_no_examples_are_not_found(group: Group, example: Example) -> None:
    assert (group.category, example.status) not in _found(example)


def test_every_category_has_patterns_and_examples_in_both_languages() -> None:
    for category in CATEGORIES:
        said = [
            example.text
            for group in shipped().groups
            if group.category == category
            for example in group.yes
        ]
        assert any(text_.isascii() for text_ in said), category
        assert any(not text_.isascii() for text_ in said), category


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        (
            "category: budget\ngroups:\n  - name: a\n    patterns: ['预算…(紧张']\n",
            4,
            "pattern_syntax",
        ),
        (
            "category: budget\ngroups:\n  - name: a\n    patterns: ['{nosuch} x预算']\n",
            4,
            "unknown_class",
        ),
        (
            "category: budget\ngroups:\n  - name: a\n    patterns: ['的']\n",
            4,
            "pattern_without_anchor",
        ),
        ("category: nosuch\n", 1, "unknown_category"),
        ("category: budget\ncolour: red\n", 2, "unknown_key"),
        (
            "category: budget\ngroups:\n  - name: a\n    patterns: [预算]\n    score: 3\n",
            5,
            "bad_score",
        ),
        ("category: budget\ngroups:\n  - patterns: [预算]\n", 3, "missing_name"),
        ("category: budget\ngroups:\n  - name: a\n    patterns: []\n", 4, "empty_list"),
        (
            "category: budget\ngroups:\n  - name: a\n    patterns: [预算]\n    ask: 1\n",
            5,
            "not_true_or_false",
        ),
        (
            "category: budget\ngroups:\n  - name: a\n    patterns: [预算]\n    yes: [{x: 1}]\n",
            5,
            "bad_example",
        ),
        ("category: budget\nwords: [a]\n", 2, "not_a_mapping"),
        ("category: budget\ngroups:\n  - name: a\n    patterns: [预算\n", 5, "yaml"),
        ("- a\n", 1, "not_a_mapping"),
    ],
)
def test_a_broken_file_says_where_and_why(content: str, line: int, reason: str) -> None:
    with pytest.raises(LexiconBroken) as caught:
        parse([("broken.yaml", content.encode())])
    assert caught.value.params["file"] == "broken.yaml"
    assert caught.value.params["line"] == line
    assert caught.value.params["reason"] == reason
    for language in LANGUAGES:
        assert "broken.yaml" in text("lexicon_broken", language, **caught.value.params)


def test_bytes_that_are_no_text_are_a_broken_file() -> None:
    with pytest.raises(LexiconBroken):
        parse([("broken.yaml", b"category: \xff\xfe\x00")])


def test_yes_and_no_are_words_not_booleans() -> None:
    source = "category: budget\ngroups:\n  - name: a\n    patterns: [预算]\n    no: [no, on]\n"
    assert [example.text for example in parse([("a.yaml", source.encode())]).groups[0].no] == [
        "no",
        "on",
    ]


def test_what_a_lexicon_of_ones_own_finds_stands(tmp_path: Path) -> None:
    (tmp_path / "shared.yaml").write_text("words:\n  colour: [red, 红色]\n", "utf-8")
    (tmp_path / "delivery.yaml").write_text(
        "category: delivery\ngroups:\n  - name: colours\n    patterns: ['{colour}…(box|箱子)']\n",
        "utf-8",
    )
    tagger = Tagger(load(tmp_path))
    for said, found in (
        ("we want the red gift box", "red gift box"),
        ("要红色的箱子", "红色的箱子"),
    ):
        tags = tagger.tag(said, on=ON).tags
        assert ("delivery", "asserted", found) in {
            (tag.category, tag.status, tag.text) for tag in tags
        }

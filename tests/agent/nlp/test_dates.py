"""The date rules: every example in the files, the days around weekends, and what is no date."""

import re
from datetime import date
from importlib.resources import files

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.nlp.dates.grammar import LANGUAGES, Rule, hints, shipped_grammar
from agent.nlp.dates.holidays import coming
from agent.nlp.fold import fold

MONDAY = date(2026, 11, 23)
EXAMPLES = [
    (rule, said, due) for rule in shipped_grammar().rules for said, due in rule.examples.items()
]

STARTS = [
    yaml.safe_load((files("agent.nlp.dates") / f"{language}.yaml").read_bytes())["starts"]
    for language in LANGUAGES
]


def _due(said: str, on: date) -> list[date]:
    return [mention.day for mention in shipped_grammar().find(fold(said), on)]


@pytest.mark.parametrize(("rule", "said", "due"), EXAMPLES, ids=lambda item: str(item)[:40])
def test_examples_of_the_rules(rule: Rule, said: str, due: date | str) -> None:
    mentions = shipped_grammar().find(fold(said), MONDAY)
    wanted = due if isinstance(due, date) else date.fromisoformat(due)
    assert [(mention.start, mention.end, mention.day) for mention in mentions] == [
        (0, len(said), wanted)
    ]


@pytest.mark.parametrize(
    ("said", "on", "due"),
    [
        ("这周五之前", date(2026, 11, 27), date(2026, 11, 27)),
        ("周五", date(2026, 11, 28), date(2026, 12, 4)),
        ("下周一", date(2026, 11, 29), date(2026, 11, 30)),
        ("下周日", date(2026, 11, 29), date(2026, 12, 6)),
        ("本周内", date(2026, 11, 28), date(2026, 11, 29)),
        ("月底", date(2027, 2, 1), date(2027, 2, 28)),
        ("月底", date(2028, 2, 1), date(2028, 2, 29)),
        ("下个月5号", date(2026, 12, 31), date(2027, 1, 5)),
        ("一个月内", date(2026, 1, 31), date(2026, 2, 28)),
        ("三个工作日内", date(2026, 11, 27), date(2026, 12, 2)),
        ("节后", date(2026, 9, 20), date(2026, 9, 28)),
        ("节后", date(2026, 9, 28), date(2026, 10, 8)),
        ("春节后", date(2026, 1, 5), date(2026, 2, 24)),
        ("年前", date(2026, 1, 5), date(2026, 2, 14)),
        ("31号", date(2026, 11, 1), date(2026, 12, 31)),
        ("by friday", date(2026, 11, 28), date(2026, 12, 4)),
        ("next monday", date(2026, 11, 29), date(2026, 11, 30)),
        ("in two weeks", date(2026, 12, 25), date(2027, 1, 8)),
        ("within 3 business days", date(2026, 11, 26), date(2026, 12, 1)),
        ("by the end of the quarter", date(2026, 8, 1), date(2026, 9, 30)),
        ("q1", date(2026, 2, 1), date(2026, 3, 31)),
        ("feb 28", date(2026, 11, 23), date(2027, 2, 28)),
        ("november 20", date(2026, 11, 23), date(2026, 11, 20)),
    ],
)
def test_the_day_it_is_said_matters(said: str, on: date, due: date) -> None:
    assert _due(said, on) == [due]


@pytest.mark.parametrize(
    "said",
    [
        "上周五", "上个星期三", "上月底", "每周一", "三天前", "两年前", "6月31日", "13月5日", "第3号楼", "环节后面",
        "last friday", "two days ago", "may", "sat", "version 12/30/9", "yesterday", "三点水", "周围",
    ],
)  # fmt: skip
def test_what_is_past_or_no_date(said: str) -> None:
    assert _due(said, MONDAY) == []


@pytest.mark.parametrize(("rule", "said", "due"), EXAMPLES, ids=lambda item: str(item)[:40])
def test_every_mention_holds_a_hint(rule: Rule, said: str, due: date) -> None:
    # Latin hints are whole words, Chinese ones may stand anywhere.
    words = set(re.findall(r"[a-z0-9]+", said))
    assert any(hint in words if hint.isascii() else hint in said for hint in hints())


def test_several_dates_in_one_sentence() -> None:
    assert _due("我明天上午确认，最晚后天答复", MONDAY) == [date(2026, 11, 24), date(2026, 11, 25)]


def test_a_limit_is_told_from_a_moment() -> None:
    limits = [mention.limit for mention in shipped_grammar().find("周三开会，周五之前答复", MONDAY)]
    assert limits == [False, True]


def test_holidays_come_in_order() -> None:
    after = coming(date(2026, 2, 10))
    assert after is not None
    assert (after.first, after.last) == (date(2026, 2, 16), date(2026, 2, 23))
    assert coming(date(2200, 1, 1), "spring_festival") is None


@pytest.mark.parametrize("rule", shipped_grammar().rules, ids=lambda rule: rule.body[:40])
@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_every_mention_starts_as_its_language_says(rule: Rule, data: st.DataObject) -> None:
    starts = next(starts for starts in STARTS if rule.head.startswith(f"(?={starts})"))
    unchecked = re.compile(f"{rule.head.removeprefix(f'(?={starts})')}(?:{rule.body})")
    found = unchecked.search(data.draw(st.from_regex(unchecked)))
    assert found is not None
    assert re.match(starts, found[0])

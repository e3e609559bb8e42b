"""Whose promise it is, and for which day, in the cases where the words alone mislead."""

from datetime import date

import pytest

from agent.nlp.tagger import Tagger

MONDAY, SATURDAY = date(2026, 11, 23), date(2026, 11, 21)


@pytest.mark.parametrize(
    ("text", "speaker", "kind", "on", "owner", "due"),
    [
        ("这周五之前给我答复。", "customer", "mail", MONDAY, "rep", date(2026, 11, 27)),
        ("我这周五之前发给您。", "rep", "call", SATURDAY, "rep", date(2026, 11, 27)),
        ("我下周三给您发报价。", "rep", "mail", MONDAY, "rep", date(2026, 12, 2)),
        ("明天给赵工发报价。", "customer", "note", MONDAY, "rep", date(2026, 11, 24)),
        ("赵工说下周三给我们答复。", "customer", "note", MONDAY, "customer", date(2026, 12, 2)),
    ],
)
def test_owner_and_day(text, speaker, kind, on, owner, due):
    (promise,) = Tagger().tag(text, kind=kind, speaker=speaker, on=on).commitments
    assert (promise.owner, promise.due) == (owner, due)


@pytest.mark.parametrize("text", ["今天到南通拜访凌云。", "2026-11-23 拜访顾总"])
def test_a_diary_is_no_promise(text):
    assert Tagger().tag(text, kind="note", speaker="customer", on=MONDAY).commitments == ()

"""Concepts are found by their longest forms, at the edges of Latin words."""

from agent.nlp.learn.thesaurus import Thesaurus

THESAURUS = Thesaurus(
    {
        "贵": ("dear",),
        "太贵": ("too_dear",),
        "rival": ("competitor",),
        "deliver*": ("ship",),
        "付款": ("pay", "terms"),
        "no": ("denial",),
    }
)


def _said(text: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(text[one.start : one.end], one.concepts) for one in THESAURUS.mentions(text)]


def test_the_longest_form_wins() -> None:
    assert _said("太贵了，贵") == [("太贵", ("too_dear",)), ("贵", ("dear",))]


def test_a_latin_form_matches_at_word_edges_only() -> None:
    assert _said("the arrival of a rival, noted") == [("rival", ("competitor",))]


def test_an_open_form_matches_longer_words() -> None:
    assert _said("delivered, redelivered") == [("deliver", ("ship",))]


def test_a_form_may_stand_for_several_concepts() -> None:
    assert _said("付款") == [("付款", ("pay", "terms"))]


def test_every_mention_is_told_when_asked() -> None:
    assert sorted(one.form for one in THESAURUS.all_mentions("太贵")) == ["太贵", "贵"]

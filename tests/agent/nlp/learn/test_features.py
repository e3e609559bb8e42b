"""What the model sees of a sentence."""

from agent.nlp.learn.features import Everything, Said, features
from agent.nlp.learn.thesaurus import Thesaurus

THESAURUS = Thesaurus({"价格": ("price",), "太高": ("too_high",), "price": ("price",)})


def _keys(sentence: str, known: object = None) -> set[str]:
    said = Said(sentence, "customer", "mail")
    seen = Everything() if known is None else known
    return set(features(said, THESAURUS, seen)[0])  # type: ignore[arg-type]


def test_runs_of_words_and_characters() -> None:
    keys = _keys("价格too high")
    assert {"价", "价 格", "价 格 too high", "too high"} <= keys


def test_concepts_near_each_other_make_a_pair() -> None:
    assert "\x03price>too_high" in _keys("价格实在太高了")
    assert "\x03price>too_high" not in _keys("价格" + "啊" * 20 + "太高了")
    assert "\x03too_high>price" not in _keys("价格实在太高了")


def test_a_concept_is_also_seen_with_who_speaks() -> None:
    assert {"\x02price", "\x02price@customer"} <= _keys("the price")


def test_only_what_is_known_is_given_and_no_run_beyond_the_unknown() -> None:
    assert _keys("价格太高", {"价", "价 格 太", "高"}) == {"价", "高"}


def test_spans_are_those_of_the_words() -> None:
    sentence = "the price is 价格"
    keys, spans = features(Said(sentence, "rep", "call"), THESAURUS, Everything())
    assert len(keys) == len(spans)
    said = {key: sentence[start:end] for key, (start, end) in zip(keys, spans, strict=True)}
    assert said["price is"] == "price is"
    assert said["\x02price"] in {"price", "价格"}
    assert said["\x04rep"] == ""


def test_nothing_is_seen_in_nothing() -> None:
    assert _keys("") == {"\x04customer", "\x04mail", "\x04."}

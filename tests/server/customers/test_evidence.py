"""Texts cut at the borders of their evidence."""

from hypothesis import given
from hypothesis import strategies as st

from agent.contract.tag import Turn, transcript
from server.customers.evidence import Span, honest, lines, stretches


def span(text: str, words: str, key: str = "a") -> Span:
    start = text.index(words)
    return Span(key, start, start + len(words), words)


def shown(text: str, *spans: Span) -> list[tuple[str, tuple[str, ...]]]:
    return [(piece.text, piece.keys) for piece in stretches(text, spans)]


def test_offsets_are_characters_not_utf16_units() -> None:
    text = "👍🏽 好的，预算👨‍👩‍👧紧张，𠮷野家也在报价"
    assert shown(text, span(text, "预算👨‍👩‍👧紧张"), span(text, "𠮷野家", "b")) == [
        ("👍🏽 好的，", ()),
        ("预算👨‍👩‍👧紧张", ("a",)),
        ("，", ()),
        ("𠮷野家", ("b",)),
        ("也在报价", ()),
    ]


def test_overlapping_evidence_is_cut_at_every_border() -> None:
    assert shown("价格太高超预算", Span("a", 0, 4, "价格太高"), Span("b", 2, 7, "太高超预算")) == [
        ("价格", ("a",)),
        ("太高", ("b", "a")),
        ("超预算", ("b",)),
    ]


def test_each_span_opens_once() -> None:
    pieces = stretches("abcdef", [Span("a", 0, 4, "abcd"), Span("b", 2, 6, "cdef")])
    assert [piece.opens for piece in pieces] == [("a",), ("b",), ()]


def test_a_span_whose_words_stand_elsewhere_is_dropped() -> None:
    assert (
        honest("预算紧张", [Span("a", 1, 3, "预算"), Span("b", -2, 2, "紧张"), Span("c", 2, 2, "")])
        == []
    )


def test_a_call_shows_turns_with_evidence_across_them() -> None:
    turns = [
        Turn(speaker=who, start_s=at, end_s=at + 2, text=said, raw_text=said, confidence=0.9)
        for who, at, said in (("rep", 0.0, "您好"), ("customer", 2.5, "太贵了"))
    ]
    text, _ = transcript(turns)
    first, second = lines(text, turns, [Span("a", 1, 5, "好\n太贵"), span(text, "贵了", "b")])
    assert (first.speaker, second.speaker, second.at_s) == ("rep", "customer", 2.5)
    assert [(piece.text, piece.keys) for piece in first.stretches] == [("您", ()), ("好", ("a",))]
    assert [(piece.text, piece.keys) for piece in second.stretches] == [
        ("太", ("a",)),
        ("贵", ("a", "b")),
        ("了", ("b",)),
    ]


def test_turns_that_are_not_the_text_are_not_shown_as_it() -> None:
    turn = Turn(speaker="rep", start_s=0, end_s=1, text="a", raw_text="a", confidence=1)
    (line,) = lines("other", [turn], [])
    assert line.speaker is None
    assert lines("", [], []) == ()


@given(
    st.text(max_size=40), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=6)
)
def test_the_stretches_join_to_the_text(text: str, places: list[tuple[int, int]]) -> None:
    spans = [
        Span(str(n), start, end, text[start:end])
        for n, (start, end) in enumerate(map(sorted, places))
    ]
    pieces = stretches(text, honest(text, spans))
    assert "".join(piece.text for piece in pieces) == text
    for held in honest(text, spans):
        assert "".join(p.text for p in pieces if held.key in p.keys) == held.text
        assert sum(held.key in piece.opens for piece in pieces) == 1

"""The words shown are those that weigh."""

from agent.nlp.learn.evidence import evidence


def test_the_stretch_with_the_greatest_weight() -> None:
    #        0123456789
    spans = [(0, 2), (4, 6), (4, 8), (8, 10)]
    assert evidence(spans, [-1.0, 2.0, 3.0, -2.0], "0123456789") == (4, 8)


def test_two_stretches_join_over_a_small_gap() -> None:
    assert evidence([(0, 3), (4, 7)], [3.0, 3.0], "abc efg") == (0, 7)


def test_the_whole_sentence_when_nothing_in_particular_speaks() -> None:
    assert evidence([(0, 0)], [5.0], "abcdef") == (0, 6)
    assert evidence([], [], "abcdef") == (0, 6)
    assert evidence([(0, 3)], [-1.0], "abcdef") == (0, 6)


def test_a_word_that_speaks_for_it_is_not_cut() -> None:
    spans = [(0, 3), (2, 4), (3, 4)]
    assert evidence(spans, [4.0, 1.0, -2.0], "abcdefgh") == (0, 4)


def test_it_stays_within_a_clause() -> None:
    sentence = "没问题，太贵了"
    spans = [(0, 3), (2, 5), (4, 6)]
    assert evidence(spans, [1.0, 9.0, 3.0], sentence) == (4, 6)

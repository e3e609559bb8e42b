"""The real engine and the real model over telephone calls with known words."""

import statistics
from collections.abc import Mapping

import pytest

from benchmarks.speech import Score, score
from tests.agent.nlp.speech.sample import Sample

pytestmark = pytest.mark.xdist_group("speech")


def _scores(samples: Mapping[str, Sample], language: str) -> Score:
    total = Score()
    for sample in samples.values():
        if sample.language == language:
            total += score(sample.said.turns, sample.truth, language)
    return total


def test_the_language_is_found(samples: Mapping[str, Sample]) -> None:
    assert len(samples) == 6
    assert {name: sample.said.language for name, sample in samples.items()} == {
        name: name[:2] for name in samples
    }


# The smallest model, at 8 kHz: measured 0.24 and 0.13. A broken pipeline is far above.
@pytest.mark.parametrize(("language", "bound"), [("zh", 0.32), ("en", 0.18)])
def test_most_of_what_is_said_is_written(
    samples: Mapping[str, Sample], language: str, bound: float
) -> None:
    assert _scores(samples, language).error_rate <= bound


def test_rep_and_customer_are_told_apart_and_times_are_right(
    samples: Mapping[str, Sample],
) -> None:
    total = _scores(samples, "zh")
    total += _scores(samples, "en")
    assert total.right_speaker / total.turns >= 0.98
    assert statistics.median(total.starts) <= 0.1
    assert max(total.starts) <= 0.4


def test_turns_stand_in_order_within_the_recording(samples: Mapping[str, Sample]) -> None:
    for sample in samples.values():
        turns = sample.said.turns
        assert [t.start_s for t in turns] == sorted(t.start_s for t in turns)
        assert all(0 <= t.start_s < t.end_s <= sample.said.duration_s for t in turns)
        assert all(0 < t.confidence <= 1 for t in turns)
        assert sample.said.duration_s == pytest.approx(sample.truth[-1]["end"], abs=3)


def test_no_turn_is_invented(samples: Mapping[str, Sample]) -> None:
    for sample in samples.values():
        assert len(sample.said.turns) <= len(sample.truth)
        assert 0.85 <= sample.said.coverage <= 1


def test_chinese_is_simplified_with_full_width_marks(samples: Mapping[str, Sample]) -> None:
    said = "".join(t.text for s in samples.values() if s.language == "zh" for t in s.said.turns)
    assert "，" in said
    assert not set(said) & set(",?!們這個沒關說")


def test_words_that_decide_are_heard(samples: Mapping[str, Sample]) -> None:
    demo = "".join(turn.text for turn in samples["zh-education-demo"].said.turns)
    assert "试用" in demo
    assert "对接" in demo
    security = " ".join(turn.text for turn in samples["en-renewal-security"].said.turns)
    assert "Salesforce" in security
    assert "data residency" in security

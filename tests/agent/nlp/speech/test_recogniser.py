"""What the engine may make up never becomes a turn. The engine's part is played by a double."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from agent.nlp.speech.recogniser import Reading, Recogniser, trusted


class _Engine:
    """Answers with one segment: the first reading with hotwords, the second without."""

    def __init__(self, biased: tuple[str, float], plain: tuple[str, float]) -> None:
        self.biased, self.plain = biased, plain
        self.asked: list[Any] = []

    def transcribe(self, speech: Any, **options: Any) -> tuple[Iterator[Any], None]:
        self.asked.append(options["hotwords"])
        text, logprob = self.biased if options["hotwords"] else self.plain
        segment = SimpleNamespace(
            text=text, avg_logprob=logprob, tokens=[1] * len(text), compression_ratio=1.0
        )
        return iter([segment] if text else []), None

    def detect_language(self, speech: Any) -> tuple[str, float, list[tuple[str, float]]]:
        return "ja", 0.5, [("ja", 0.5), ("en", 0.2), ("zh", 0.15), ("yue", 0.1)]


def _read(engine: _Engine, hotwords: tuple[str, ...] = ("纷享销客",)) -> Reading | None:
    return Recogniser(engine).read(None, "zh", hotwords)  # type: ignore[arg-type]


def test_a_sure_text_keeps_its_hotwords() -> None:
    engine = _Engine(("我们在看纷享销客", -0.2), ("我们在看分享销课", -0.4))
    reading = _read(engine)
    assert reading is not None
    assert reading.text == "我们在看纷享销客"
    assert engine.asked == ["纷享销客"]


def test_an_unsure_text_is_read_again_without_hotwords() -> None:
    engine = _Engine(("纷享销客", -0.82), ("嗯，好", -0.5))
    reading = _read(engine)
    assert reading is not None
    assert reading.text == "嗯，好"
    assert engine.asked == ["纷享销客", None]


def test_guesses_are_dropped_even_without_hotwords() -> None:
    assert _read(_Engine(("纷享销客", -0.82), ("啊啊", -1.3))) is None
    assert _read(_Engine(("", 0), ("", 0)), ()) is None


@pytest.mark.parametrize(
    "text",
    ["", "。", "字幕由Amara.org社群提供", "请不吝点赞 订阅 转发 打赏支持明镜与点点栏目", "谢谢观看。",
     "Thanks for watching!", "[Music]", "(音乐)"],
)  # fmt: skip
def test_subtitles_of_films_are_no_speech(text: str) -> None:
    assert not trusted(Reading(text, -0.1, 1.0))


@pytest.mark.parametrize(
    "text", ["好的，谢谢。", "谢谢您观看我们的演示", "Thanks for watching the demo."]
)
def test_people_may_say_thank_you(text: str) -> None:
    assert trusted(Reading(text, -0.1, 1.0))


def test_a_text_that_goes_round_in_circles_is_dropped() -> None:
    assert not trusted(Reading("对对对对对对对对", -0.1, 3.0))


def test_only_chinese_and_english_are_candidates() -> None:
    engine = _Engine(("", 0), ("", 0))
    assert Recogniser(engine).language(None) == "zh"  # type: ignore[arg-type]

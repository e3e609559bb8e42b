"""Recordings that are not two people on two clean channels; the real engine throughout."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from agent.errors import SpeechUnavailable
from agent.nlp.speech import Transcriber, audio
from agent.nlp.speech.voice import floats
from tests.agent.nlp.speech.sample import Sample, need_speech, write_wav

pytestmark = pytest.mark.xdist_group("speech")


@pytest.fixture(autouse=True)
def _speech() -> None:
    need_speech()


@pytest.mark.parametrize("kind", ["silence", "noise", "ringback", "music", "a tenth of a second"])
def test_what_is_not_speech_gives_no_turns(
    transcriber: Transcriber, tmp_path: Path, kind: str
) -> None:
    seconds = np.arange(12 * 8_000) / 8_000
    tone = np.sin(2 * np.pi * 450 * seconds) * 0.3
    sound = {
        "silence": np.zeros_like(seconds),
        "noise": np.random.default_rng(1).normal(0, 0.05, len(seconds)),
        "ringback": tone * (seconds % 5 < 1),
        "music": np.sum(
            [
                np.sin(2 * np.pi * 220 * 2 ** (step / 12) * seconds) * (seconds % 2 < 1.5) * 0.1
                for step in (0, 4, 7)
            ],
            axis=0,
        ),
        "a tenth of a second": tone[:800],
    }[kind]
    path = write_wav(tmp_path / "x.wav", sound, sound[::-1], rate=8_000)
    said = transcriber.transcribe(path, hotwords=["纷享销客", "用友"])
    assert said.turns == ()
    assert said.coverage == 1.0
    assert said.duration_s == pytest.approx(len(sound) / 8_000, abs=0.01)


def test_mono_and_dual_mono_have_unknown_speakers(
    transcriber: Transcriber, samples: Mapping[str, Sample], tmp_path: Path
) -> None:
    sample = samples["en-short-noanswer"]
    voice = floats(audio.load(sample.path).channels[0])
    for path in (
        write_wav(tmp_path / "mono.wav", voice),
        write_wav(tmp_path / "dual.wav", voice, voice * -0.5),
    ):
        said = transcriber.transcribe(path)
        assert [turn.speaker for turn in said.turns] == ["unknown"]
        assert "tomorrow morning" in said.turns[0].text


def test_the_rep_may_be_on_the_right(
    transcriber: Transcriber, samples: Mapping[str, Sample]
) -> None:
    sample = samples["en-short-noanswer"]
    said = transcriber.transcribe(sample.path, rep_channel="right")
    assert [turn.speaker for turn in said.turns] == ["customer"]


def test_a_leak_of_the_other_side_is_not_a_turn(
    transcriber: Transcriber, samples: Mapping[str, Sample], tmp_path: Path
) -> None:
    sample = samples["en-short-noanswer"]
    voice = floats(audio.load(sample.path).channels[0])
    leak = np.roll(voice, 1_200) * 0.15
    said = transcriber.transcribe(write_wav(tmp_path / "x.wav", voice, leak))
    assert [turn.speaker for turn in said.turns] == ["rep"]


def test_progress_ends_at_the_last_turn(
    transcriber: Transcriber, samples: Mapping[str, Sample]
) -> None:
    seen: list[tuple[float, float]] = []
    said = transcriber.transcribe(
        samples["en-short-noanswer"].path, progress=lambda done, total: seen.append((done, total))
    )
    assert len(seen) == len(said.turns) == 1
    done, total = seen[-1]
    assert done == pytest.approx(said.turns[-1].end_s, abs=0.01)
    assert total == pytest.approx(said.duration_s, abs=0.01)


def test_hotwords_do_not_appear_where_nobody_said_them(
    transcriber: Transcriber, samples: Mapping[str, Sample]
) -> None:
    names = ["纷享销客", "销售易", "金蝶"]
    said = transcriber.transcribe(samples["zh-education-demo"].path, hotwords=names)
    text = "".join(turn.text for turn in said.turns)
    assert said.turns
    assert not [name for name in names if name in text]


def test_a_missing_model_is_told_when_it_is_needed(
    samples: Mapping[str, Sample], tmp_path: Path
) -> None:
    with pytest.raises(SpeechUnavailable) as caught:
        Transcriber(str(tmp_path / "none")).transcribe(samples["en-short-noanswer"].path)
    assert caught.value.code == "speech_model_folder"

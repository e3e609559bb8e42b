from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from agent.nlp.speech.audio import RATE, load
from agent.nlp.speech.crosstalk import dual_mono, without_leaks
from agent.nlp.speech.voice import Stretch
from tests.agent.nlp.speech.sample import RECORDINGS

pytest.importorskip("av", reason="the extra speech is not installed")

CALL = RECORDINGS / "zh-saas-complaint.mp3"
REP = Stretch(0, int(0.6 * RATE), int(4.2 * RATE))
CUSTOMER = Stretch(1, int(4.7 * RATE), int(9.0 * RATE))


def _voices() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two people, each alone: 3.5 s of the rep and of the customer, at equal loudness."""
    left, right = load(CALL).channels
    a, b = (
        sound[part.start : part.start + int(3.5 * RATE)].astype(float)
        for sound, part in ((left, REP), (right, CUSTOMER))
    )
    return a / a.std() * 2_000, b / b.std() * 2_000


def _int16(sound: NDArray[np.float64]) -> NDArray[np.int16]:
    return sound.clip(-32_768, 32_767).astype(np.int16)


WHOLE = [Stretch(0, 0, int(3.5 * RATE))]
OTHER = [Stretch(1, 0, int(3.5 * RATE))]


@pytest.mark.parametrize("gain", [0.4, 0.1, 0.02])
@pytest.mark.parametrize("delay_ms", [0, 40, 200])
def test_a_leak_is_removed(gain: float, delay_ms: int) -> None:
    _, voice = _voices()
    hiss = np.random.default_rng(1).normal(0, 8, len(voice))
    leak = np.roll(voice, delay_ms * RATE // 1_000) * gain + hiss
    assert without_leaks(WHOLE, OTHER, _int16(leak), _int16(voice)) == []


def test_a_muffled_leak_is_removed() -> None:
    _, voice = _voices()
    muffled = np.convolve(voice, np.ones(12) / 12, "same") * 0.2
    assert without_leaks(WHOLE, OTHER, _int16(muffled), _int16(voice)) == []


@pytest.mark.parametrize("gain", [1.0, 0.4, 0.1, 0.03])
def test_a_quiet_person_who_talks_at_the_same_time_stays(gain: float) -> None:
    rep, customer = _voices()
    with_leak = rep * gain + customer * gain * 0.05
    assert without_leaks(WHOLE, OTHER, _int16(with_leak), _int16(customer)) == WHOLE


def test_the_leak_before_ones_own_words_is_cut_off() -> None:
    rep, customer = _voices()
    own = np.concatenate((customer * 0.1, rep))
    other = np.concatenate((customer, np.zeros_like(rep)))
    heard = [Stretch(0, 0, len(own))]
    assert without_leaks(heard, OTHER, _int16(own), _int16(other)) == [
        Stretch(0, OTHER[0].end, len(own))
    ]


def test_nothing_is_cut_where_the_other_is_silent() -> None:
    rep, _ = _voices()
    parts = [Stretch(0, 0, RATE), Stretch(0, 2 * RATE, 3 * RATE)]
    assert without_leaks(parts, [], _int16(rep), _int16(rep * 0)) == parts
    assert all(a.end <= b.start for a, b in pairwise(parts))


def test_one_sound_on_both_channels_is_seen_whatever_its_volume() -> None:
    rep, customer = _voices()
    assert dual_mono(_int16(rep), _int16(rep))
    assert dual_mono(_int16(rep), _int16(rep * -0.2))
    assert not dual_mono(_int16(rep), _int16(customer))
    assert not dual_mono(_int16(rep), _int16(rep * 0.2 + customer))
    assert not dual_mono(_int16(rep), _int16(rep * 0))
    assert not dual_mono(*load(CALL).channels)

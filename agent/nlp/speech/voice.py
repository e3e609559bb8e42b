"""Finds the stretches of a channel in which somebody speaks."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.nlp.speech.audio import RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from agent.nlp.speech.audio import Samples

MAX_TURN_S = 20.0
"""A longer stretch is cut at a breath: evidence should start near the words."""

_BLOCK = 600 * RATE  # the detector copies its input several times over
_PAUSE_MS = 250
_SHORTEST_MS = 100


@dataclass(frozen=True, slots=True)
class Stretch:
    """Speech on one channel, ``start`` to ``end`` in samples."""

    channel: int
    start: int
    end: int

    @property
    def seconds(self) -> float:
        return (self.end - self.start) / RATE


def floats(samples: "Samples") -> "NDArray[np.float32]":
    """Samples from -1 to 1, as the engine wants them."""
    import numpy as np  # noqa: PLC0415 - slow to import

    return samples.astype(np.float32) / np.float32(32_768)


def detect(samples: "Samples", channel: int) -> list[Stretch]:
    """The stretches of speech in ``samples``, in order."""
    from faster_whisper.vad import VadOptions, get_speech_timestamps  # noqa: PLC0415 - optional

    options = VadOptions(
        min_silence_duration_ms=_PAUSE_MS,
        min_speech_duration_ms=_SHORTEST_MS,
        max_speech_duration_s=MAX_TURN_S,
        speech_pad_ms=0,
    )
    return [
        Stretch(channel, at + found["start"], at + found["end"])
        for at in range(0, len(samples), _BLOCK)
        for found in get_speech_timestamps(floats(samples[at : at + _BLOCK]), options)
    ]

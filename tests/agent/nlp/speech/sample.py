"""The sample company's recordings beside what was really said, and making sounds for tests."""

import os
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from agent.errors import SpeechUnavailable
from agent.messages import text
from agent.nlp import speech

RECORDINGS = Path(__file__).parents[4] / "demo" / "files" / "recordings"


@dataclass(frozen=True)
class Sample:
    path: Path
    truth: list[dict[str, Any]]
    said: speech.Transcript

    @property
    def language(self) -> str:
        return self.path.name[:2]


def need_speech() -> None:
    """Skip where a person has no engine or model; on CI that is a failure."""
    try:
        speech.available()
    except SpeechUnavailable as problem:
        reason = text(problem.code, "en", **problem.params)
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)


def write_wav(path: Path, *channels: NDArray[np.floating[Any]], rate: int = 16_000) -> Path:
    """Channels of samples from -1 to 1 as a 16-bit WAV file."""
    frames = np.stack(channels, axis=1)
    with wave.open(str(path), "wb") as out:
        out.setnchannels(len(channels))
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes((frames * 32_767).clip(-32_768, 32_767).astype("<i2").tobytes())
    return path

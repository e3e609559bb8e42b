import json
from collections.abc import Mapping

import pytest

from agent.nlp import speech
from tests.agent.nlp.speech.sample import RECORDINGS, Sample, need_speech


@pytest.fixture(scope="session")
def transcriber() -> speech.Transcriber:
    need_speech()
    return speech.Transcriber()


@pytest.fixture(scope="session")
def samples(transcriber: speech.Transcriber) -> Mapping[str, Sample]:
    """Every recording of the sample company, transcribed once."""
    return {
        path.stem: Sample(
            path,
            json.loads(path.with_suffix(".truth.json").read_text("utf-8")),
            transcriber.transcribe(path),
        )
        for path in sorted(RECORDINGS.glob("*.mp3"))
    }

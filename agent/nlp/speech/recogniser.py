"""Reads single stretches of speech, and refuses what the engine made up."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.nlp.speech.transcript import Language

if TYPE_CHECKING:
    import numpy as np
    from faster_whisper import WhisperModel
    from numpy.typing import NDArray

    Sound = NDArray[np.float32]

SURE = -0.6
"""Mean log-probability below which a text read with hotwords may be made of them."""
GUESSING = -0.9
"""Mean log-probability below which the engine is guessing: what it made of silence and noise was
at -0.97 or less, hard turns of real calls at -0.77 or more."""
LOOPING = 2.4
"""Compression ratio above which the text goes round in circles."""

# Makes it write Simplified characters and marks. No word in it means anything to a sale, because
# what stands here is heard more easily than what does not.
_PROMPTS: dict[Language, str | None] = {
    "zh": "以下是普通话的电话录音：喂，您好！请讲，我在听。",
    "en": None,
}

# What the model learned from film subtitles and writes over sounds that are not speech, and the
# prompt given back.
_SUBTITLES = re.compile(
    r"以下是普通话.*|字幕(由|by|志愿者|製作|制作|提供).*|.*(请不吝|請不吝)(点赞|點贊).*|(谢谢|謝謝)(大家)?(观看|收看|觀看)"
    r"|thanks? (you )?for watching|subtitles by .*|\[.*\]|\(.*\)|♪.*",
    re.IGNORECASE,
)
_EDGES = " \t\n,.!?，。！？、…-"


@dataclass(frozen=True, slots=True)
class Reading:
    text: str
    logprob: float
    """Mean log-probability of the tokens: 0 is certain."""
    looping: float

    @property
    def confidence(self) -> float:
        return round(min(1.0, math.exp(self.logprob)), 3)


class Recogniser:
    def __init__(self, model: "WhisperModel") -> None:
        self._model = model

    def language(self, speech: "Sound") -> Language:
        """Chinese or English, whichever is likelier in up to 30 s of speech."""
        _, _, found = self._model.detect_language(speech)
        odds = dict(found)
        chinese = odds.get("zh", 0.0) + odds.get("yue", 0.0)
        return "en" if odds.get("en", 0.0) > chinese else "zh"

    def read(self, speech: "Sound", language: Language, hotwords: Sequence[str]) -> Reading | None:
        """The text of one turn, or None when what was heard cannot be trusted to be speech.

        Hotwords make the engine write them over sounds it cannot read. Unless it is sure, the
        turn is read again without them, so that nobody is said to have named a competitor.
        """
        reading = self._hear(speech, language, " ".join(hotwords))
        if hotwords and reading.logprob < SURE:
            reading = self._hear(speech, language, "")
        return reading if trusted(reading) else None

    def _hear(self, speech: "Sound", language: Language, hotwords: str) -> Reading:
        segments, _ = self._model.transcribe(
            speech,
            language=language,
            beam_size=5,
            temperature=[0.0, 0.2],
            condition_on_previous_text=False,
            without_timestamps=True,
            initial_prompt=_PROMPTS[language],
            hotwords=hotwords or None,
        )
        found = list(segments)
        weight = sum(len(segment.tokens) for segment in found)
        if not weight:
            return Reading("", 0.0, 0.0)
        return Reading(
            "".join(segment.text for segment in found).strip(),
            sum(segment.avg_logprob * len(segment.tokens) for segment in found) / weight,
            max(segment.compression_ratio for segment in found),
        )


def trusted(reading: Reading) -> bool:
    words = reading.text.strip(_EDGES)
    return (
        bool(words)
        and reading.logprob >= GUESSING
        and reading.looping <= LOOPING
        and not _SUBTITLES.fullmatch(words)
    )

"""The line from a recording to its turns."""

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Literal

from agent.contract.tag import Speaker, Turn
from agent.nlp.speech import audio, crosstalk, engine, voice
from agent.nlp.speech.audio import RATE, Recording
from agent.nlp.speech.mend import mend
from agent.nlp.speech.recogniser import Recogniser
from agent.nlp.speech.transcript import Language, Transcript
from agent.nlp.speech.turntaking import turns
from agent.nlp.speech.voice import Stretch

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Progress = Callable[[float, float], None]
"""Called with the seconds of the recording that are done, and its length in seconds."""

_MARGIN = int(0.5 * RATE)
"""Heard before and after a turn: the engine loses first words that begin at once."""
_LANGUAGE_SAMPLE = 30 * RATE
_SPEAKERS: dict[str, tuple[Speaker, Speaker]] = {
    "left": ("rep", "customer"),
    "right": ("customer", "rep"),
}


class Transcriber:
    """Loads the model on first use and keeps it; one recording at a time."""

    def __init__(self, model: str = "base", *, threads: int | None = None) -> None:
        self._model = model
        self._threads = threads
        self._recogniser: Recogniser | None = None
        self._lock = Lock()

    def transcribe(
        self,
        path: Path,
        *,
        rep_channel: Literal["left", "right"] = "left",
        hotwords: Sequence[str] = (),
        progress: Progress | None = None,
    ) -> Transcript:
        """Who said what, when.

        With two channels ``rep_channel`` is our side; a mono recording, or one sound on both
        channels, has ``unknown`` speakers. ``hotwords`` are names likely to be said.
        Raises BadItem when ``path`` is no audio, SpeechUnavailable without engine or model.
        """
        with self._lock:
            recording = _apart(audio.load(path))
            length = recording.duration_s
            found = turns(_speech(recording))
            if not found:
                return Transcript("zh", round(length, 3), (), 1.0)
            recogniser = self._loaded()
            language = recogniser.language(_sample(recording, found))
            speakers: Sequence[Speaker] = (
                _SPEAKERS[rep_channel] if len(recording.channels) == 2 else ("unknown",)
            )
            heard: list[Turn] = []
            covered = 0.0
            for stretch in found:
                reading = recogniser.read(_sound(recording, stretch), language, hotwords)
                if reading is not None:
                    heard.append(
                        _turn(stretch, speakers, reading.text, language, reading.confidence)
                    )
                    covered += stretch.seconds
                if progress is not None:
                    progress(min(stretch.end / RATE, length), length)
        total = sum(stretch.seconds for stretch in found)
        return Transcript(language, round(length, 3), tuple(heard), round(covered / total, 3))

    def _loaded(self) -> Recogniser:
        if self._recogniser is None:
            self._recogniser = Recogniser(engine.load(self._model, self._threads))
        return self._recogniser


def _apart(recording: Recording) -> Recording:
    if len(recording.channels) == 2 and crosstalk.dual_mono(*recording.channels):
        return Recording(recording.channels[:1])
    return recording


def _speech(recording: Recording) -> list[Stretch]:
    found = [voice.detect(sound, channel) for channel, sound in enumerate(recording.channels)]
    if len(found) == 1:
        return found[0]
    left, right = recording.channels
    return [
        *crosstalk.without_leaks(found[0], found[1], left, right),
        *crosstalk.without_leaks(found[1], found[0], right, left),
    ]


def _sample(recording: Recording, found: Sequence[Stretch]) -> "NDArray[np.float32]":
    """The longest turns, together long enough to tell the language from."""
    import numpy as np  # noqa: PLC0415 - slow to import

    longest = sorted(found, key=lambda stretch: stretch.start - stretch.end)
    parts: list[NDArray[np.int16]] = []
    for stretch in longest:
        if sum(map(len, parts)) >= _LANGUAGE_SAMPLE:
            break
        parts.append(recording.channels[stretch.channel][stretch.start : stretch.end])
    return voice.floats(np.concatenate(parts)[:_LANGUAGE_SAMPLE])


def _sound(recording: Recording, stretch: Stretch) -> "NDArray[np.float32]":
    around = slice(max(0, stretch.start - _MARGIN), stretch.end + _MARGIN)
    return voice.floats(recording.channels[stretch.channel][around])


def _turn(
    stretch: Stretch, speakers: Sequence[Speaker], raw: str, language: Language, confidence: float
) -> Turn:
    return Turn(
        speaker=speakers[stretch.channel],
        start_s=round(stretch.start / RATE, 2),
        end_s=round(stretch.end / RATE, 2),
        text=mend(raw, language),
        raw_text=raw,
        confidence=confidence,
    )

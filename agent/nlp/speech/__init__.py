"""Recordings in, turns out, on this computer and without the network.

    available(model)               raises SpeechUnavailable when engine or model is missing
    duration(path)                 seconds, from the file's headers
    Transcriber(model).transcribe(path) -> Transcript

The engine is the optional extra ``speech``; importing this package needs none of it.
``python -m agent.nlp.speech.models get base`` brings the model.
"""

from agent.nlp.speech.audio import duration
from agent.nlp.speech.engine import available
from agent.nlp.speech.transcriber import Transcriber
from agent.nlp.speech.transcript import Transcript

__all__ = ["Transcriber", "Transcript", "available", "duration"]

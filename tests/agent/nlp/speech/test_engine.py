"""Without the extra ``speech`` everything imports, and says what to install."""

import subprocess
import sys

from agent.messages import text

_HIDE = """
import sys
for name in ("faster_whisper", "opencc", "av"):
    sys.modules[name] = None
from pathlib import Path
from agent.errors import SpeechUnavailable
from agent.nlp import speech
for call in (speech.available, lambda: speech.duration(Path("x.wav")),
             lambda: speech.Transcriber().transcribe(Path("x.wav"))):
    try:
        call()
    except SpeechUnavailable as problem:
        print(problem.code)
"""
_CHEAP = """
import sys
import agent.nlp.speech
print(*sorted({"av", "faster_whisper", "numpy", "opencc", "onnxruntime", "spacy"} & set(sys.modules)))
"""


def _python(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return done.stdout


def test_without_the_extra_every_door_says_so() -> None:
    assert _python(_HIDE).split() == ["speech_engine_missing"] * 3


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert _python(_CHEAP).strip() == ""


def test_the_message_says_what_to_run() -> None:
    for language in ("zh-CN", "en"):
        assert "python3 tools/setup.py" in text("speech_engine_missing", language)

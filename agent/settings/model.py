"""What a configuration says, once read: frozen values, paths made absolute."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from agent.contract.policy import Exclusions

Problem = tuple[str, dict[str, object]]
"""A message code and what fills its placeholders: ``file``, ``key`` and what to do about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSettings:
    """One ``[sources.NAME]`` table. Which options a type knows is the source's own affair."""

    name: str
    type: str
    options: Mapping[str, object] = field(default_factory=dict)
    """The table without ``type``; ``path`` and files are absolute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechSettings:
    enabled: bool = True
    model: str | None = None
    """Name or folder of a recognition model; None: the engine's own choice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    file: Path
    state_dir: Path
    """Holds the store, its lock and, where no keyring works, the secrets. Ours alone (0700)."""
    server_url: str
    privacy: Exclusions = field(default_factory=Exclusions)
    """What never leaves this laptop, beside what the company's policy says."""
    sources: tuple[SourceSettings, ...] = ()
    speech: SpeechSettings = field(default_factory=SpeechSettings)

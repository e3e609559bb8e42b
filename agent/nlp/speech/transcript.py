"""What a recording said."""

from dataclasses import dataclass
from typing import Literal

from agent.contract.tag import Turn

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Transcript:
    """The turns of one recording, by start time."""

    language: Language
    """Decided once for the whole recording; ``zh`` when nobody speaks."""
    duration_s: float
    turns: tuple[Turn, ...]
    coverage: float
    """Share of the detected speech seconds that became turns, 0 to 1; 1.0 without speech."""

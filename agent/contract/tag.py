"""What was said: tags, commitments and the turns of a call.

All character offsets index the text they travel with (for an activity: ``Activity.text``);
all times are seconds from the start of the recording.
"""

from collections.abc import Iterable
from datetime import date
from typing import Literal, get_args

from pydantic import Field

from agent.contract.base import Count, Wire

Category = Literal[
    "budget",
    "competitor",
    "price_objection",
    "timeline",
    "decision_maker",
    "contract_terms",
    "delivery",
    "technical_fit",
    "complaint",
    "buying_signal",
    "next_step",
    "churn_risk",
]
CATEGORIES: tuple[Category, ...] = get_args(Category)

Status = Literal["asserted", "negated", "question", "hypothetical", "past", "reported"]
STATUSES: tuple[Status, ...] = get_args(Status)

Speaker = Literal["customer", "rep", "unknown"]


class Tag(Wire):
    """One finding with its evidence: ``text == activity.text[start:end]``."""

    category: Category
    status: Status
    start: Count
    end: Count
    text: str
    speaker: Speaker
    score: float = Field(ge=0, le=1)
    """0 to 1: how sure the tagger is."""
    t_start: float | None = Field(default=None, ge=0)
    t_end: float | None = Field(default=None, ge=0)


class Commitment(Wire):
    """Somebody promised something: ``下周三前发报价``."""

    start: Count
    end: Count
    text: str
    due: date | None
    """The person's calendar day; None when no time was named."""
    owner: Speaker


class Turn(Wire):
    """One stretch of speech by one speaker."""

    speaker: Speaker
    start_s: float = Field(ge=0)
    end_s: float = Field(ge=0)
    text: str
    raw_text: str
    """What the recogniser wrote, before names and digits were mended."""
    confidence: float = Field(ge=0, le=1)


def transcript(turns: Iterable[Turn]) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Join turns into the activity's text, one a line, and say which characters each one holds."""
    lines: list[str] = []
    spans: list[tuple[int, int]] = []
    at = 0
    for turn in turns:
        lines.append(turn.text)
        spans.append((at, at + len(turn.text)))
        at += len(turn.text) + 1
    return "\n".join(lines), tuple(spans)

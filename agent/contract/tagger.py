"""What a company has taught its tagger: its own words, and what its corrections changed.

Versioned data served by the server and cached by the agent, as the policy is.
"""

from typing import Annotated, Literal

from pydantic import Field

from agent.contract.base import Count, Wire
from agent.contract.tag import Category, Status

TermKind = Literal["competitor", "product", "jargon"]

MAX_TERMS = 2_000
MAX_TERM_CHARS = 200
MAX_EXAMPLES = 20

Words = Annotated[str, Field(min_length=1, max_length=MAX_TERM_CHARS)]
Sentence = Annotated[str, Field(min_length=1, max_length=500)]


class Term(Wire):
    """One entry of a company's vocabulary."""

    kind: TermKind
    words: tuple[Words, ...] = Field(min_length=1, max_length=20)
    """The name or phrase as people write it, and other ways to write it."""
    is_pattern: bool = False
    """``words`` are patterns of the lexicon's little language."""
    category: Category | None = None
    """What jargon means; None for competitors and own products."""
    status: Status = "asserted"
    """What a bare match of jargon says."""
    yes: tuple[Sentence, ...] = Field(default=(), max_length=MAX_EXAMPLES)
    """Sentences that must give the tag (of an own product: in which no competitor is named)."""
    no: tuple[Sentence, ...] = Field(default=(), max_length=MAX_EXAMPLES)


class HeadChange(Wire):
    """How far one head of the model moved from the shipped weights, in calibrated log odds."""

    bias: float = 0.0
    weights: dict[str, float] = Field(default_factory=dict)
    """By the key of the feature; only features that the shipped model knows."""


class CategoryChange(Wire):
    labels: Count
    """How many different sentences people have judged for this category."""
    topic: HeadChange = HeadChange()
    asserted: HeadChange = HeadChange()


class Adaptation(Wire):
    base: str
    """Fingerprint of the model it was learned on; worth nothing with another."""
    categories: dict[Category, CategoryChange] = Field(default_factory=dict)


class TaggerData(Wire):
    version: str = ""
    """Changes whenever anything in it does."""
    terms: tuple[Term, ...] = Field(default=(), max_length=MAX_TERMS)
    adaptation: Adaptation | None = None

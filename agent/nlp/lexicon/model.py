"""The lexicon in memory: groups of patterns, each with its own examples."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from agent.contract.tag import Category, Speaker, Status


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence that must (or must not) give the group's category with ``status``."""

    text: str
    status: Status = "asserted"
    speaker: Speaker = "customer"


@dataclass(frozen=True, slots=True)
class Group:
    """Patterns that mean the same. Fields left out of the file take the defaults here."""

    category: Category
    name: str
    patterns: tuple[str, ...]
    status: Status = "asserted"
    """What a bare match says: ``不贵`` is a price objection *negated*."""
    score: float = 0.9
    ask: bool = False
    """A customer who asks for it wants it: the question is as good as a statement."""
    topic: bool = False
    """The words name a subject, so ``not needed`` may also follow them."""
    speakers: tuple[Speaker, ...] = ("customer", "rep", "unknown")
    """In whose mouth it means this; a rep who says 报价 offers, a customer who says it buys."""
    owner: Literal["", "speaker", "other"] = ""
    """Set when the match is a promise: who made it."""
    own: bool = False
    """A company's own: what it finds stands, whatever the model has learned."""
    unless: tuple[str, ...] = ()
    """Patterns that void a match in the same sentence."""
    yes: tuple[Example, ...] = ()
    no: tuple[Example, ...] = ()
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All groups, and the word classes they may use: shared ones and those of their category."""

    groups: tuple[Group, ...]
    shared: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    words: Mapping[Category, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)

    def classes(self, category: Category) -> dict[str, tuple[str, ...]]:
        return {**self.shared, **self.words.get(category, {})}

    def group(self, category: Category, name: str) -> Group:
        """Raises ``KeyError`` when there is none of that name."""
        for group in self.groups:
            if group.category == category and group.name == name:
                return group
        raise KeyError(category, name)

"""A file that holds many items: a calendar, a mail store.

Terms
    key      names an item within its file; its external id is ``PATH#KEY``
    held     what is already safe of a file: key → version
    version  changes with the item's content; what is held in the same version is not taken again
    rank     orders the states of one key in several files: of two invitations to one meeting, the
             later one holds, in whatever order they are found. Empty: the key means nothing
             outside its file
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from agent.capture.base import Capture
from agent.capture.folders.scan import Found

SUPERSEDED = "item_superseded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """One item of a container. Without capture and code it is held already, and unchanged."""

    key: str
    version: str
    rank: str = ""
    capture: Capture | None = None
    code: str = ""
    """Why there is no capture."""
    is_excluded: bool = False
    """``code`` is a rule that keeps the item out; else it says what is broken."""


@dataclass(frozen=True, slots=True)
class Contents:
    total: int
    """Items that ``items`` will yield, as far as is known; for progress only."""
    items: Iterator[Inside]
    """What should be taken first comes first. Raises ``BadItem`` or ``OSError``: what was yielded
    before holds, and the file counts as broken. Closed when abandoned."""


class ContainerReader(ABC):
    """Opens files of many items. Raises ``BadItem`` or ``OSError``, and nothing else."""

    suffixes: frozenset[str]
    """Lower-cased, with the dot."""

    @abstractmethod
    def quiet_s(self, found: Found, age_s: float) -> float:
        """How long the file must rest before it is taken."""

    @abstractmethod
    def open(self, found: Found, held: Mapping[str, str]) -> Contents:
        """Every item of the file, each key once."""

    @abstractmethod
    def keys(self, found: Found) -> Iterator[str]:
        """The keys of exactly the items that ``open`` yields."""

    def epoch(self) -> str:
        """What decides, beside the file, which items it holds: a day, where they follow time.
        Another epoch, and every file is opened again."""
        return ""

    def is_past(self, version: str) -> bool:  # noqa: ARG002 - for those whose items follow time
        """An item held in ``version`` that is no longer among those of its file: is it there still
        and merely no longer looked at?"""
        return False

    def close(self) -> None:  # noqa: B027 - most have nothing to end
        """From any thread: what is under way ends within a second, by raising ``SourceError``."""

"""News between capabilities: frozen past-tense facts, handled in the transaction that caused them.

A capability never imports another; it subscribes to what it wants to hear of. Handlers run inside
``unit_of_work``, before the commit: if one fails, nothing happened.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from server.kernel.db import UnitOfWork


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all facts."""


@dataclass(frozen=True, slots=True)
class ActivityRecorded(Event):
    """Activities were written or replaced. Carries whole batches, so that handlers stay set-based."""

    activity_ids: tuple[UUID, ...]
    customer_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ContactRecomputed(Event):
    """``last_contacted_at`` of these customers was computed anew (it may have moved back)."""

    customer_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CustomerCreated(Event):
    customer_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class OwnerChanged(Event):
    customer_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TagJudged(Event):
    """A person confirmed or rejected what the tagger had found."""

    tag_id: int
    verdict: str
    by_id: int | None


@dataclass(frozen=True, slots=True)
class TagsChanged(Event):
    """The tags of these activities were read anew, or put back as they were."""

    activity_ids: tuple[UUID, ...]


Handler = Callable[["UnitOfWork", Any], None]


class EventBus:
    """Who hears of what. Filled once, by ``create_app``."""

    def __init__(self) -> None:
        self._handlers: dict[type[Event], list[Handler]] = defaultdict(list)

    def subscribe(self, event: type[Event], handler: Handler) -> None:
        self._handlers[event].append(handler)

    def publish(self, uow: "UnitOfWork", event: Event) -> None:
        for handler in self._handlers[type(event)]:
            handler(uow, event)

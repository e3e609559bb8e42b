"""Whose conversations are: the customers of their items, by majority."""

from collections import Counter, defaultdict
from collections.abc import Iterable


class Conversations:
    """Thread → item → customer. An item is no evidence for itself: read again, it would confirm
    what was only guessed."""

    def __init__(self, items: Iterable[tuple[str, str, int]] = ()) -> None:
        """``items``: (thread, activity id, customer)."""
        self._threads: defaultdict[str, dict[str, int]] = defaultdict(dict)
        for thread, activity_id, customer_id in items:
            self.add(thread, activity_id, customer_id)

    def add(self, thread: str, activity_id: str, customer_id: int) -> None:
        self._threads[thread][activity_id] = customer_id

    def customer(self, thread: str, besides: str) -> int | None:
        """Whose the conversation is by its items other than ``besides``; of several the one with
        most items, then the one known longest."""
        items = self._threads.get(thread, {})
        votes = Counter(one for activity_id, one in items.items() if activity_id != besides)
        return min(votes, key=lambda one: (-votes[one], one)) if votes else None

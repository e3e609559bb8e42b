"""What was there before: all folders together, newest first."""

import itertools
from collections import deque
from datetime import datetime, timedelta

from agent.capture.exchange.cursor import FolderPosition, mark, second
from agent.capture.exchange.folders import Folder
from agent.capture.exchange.letter import is_letter
from agent.capture.exchange.mailbox import Listed, Mailbox

_SECOND = timedelta(seconds=1)
_MOVES_ON = timedelta(days=1)


class Head:
    """The older end of one folder, which moves on with every item taken from it."""

    def __init__(
        self, mailbox: Mailbox, folder: Folder, position: FolderPosition, since: datetime
    ) -> None:
        """``position`` is changed: it is always true of what was taken so far."""
        self.folder = folder
        self.left = 0
        """Items that were still to be taken when last asked."""
        self._mailbox = mailbox
        self._position = position
        self._since = since
        self._ready: deque[tuple[datetime, str]] = deque()
        self._is_last = False

    @property
    def next_received(self) -> datetime | None:
        """Of the item that ``take`` would give; None at the end of the window."""
        while not self._ready:
            reached = self._position.reached
            if self._is_last or (reached is not None and reached <= self._since):
                # The end moves on with time, but is not worth a new cursor at each look.
                if self._is_last or reached is None or self._since - reached >= _MOVES_ON:
                    self._position.reached, self._position.done = self._since, []
                return None
            self._fill()
        return self._ready[0][0]

    def take(self) -> str:
        received, id_ = self._ready.popleft()
        moment = second(received)
        position = self._position
        if position.reached is None or moment != second(position.reached):
            position.done = []
        position.reached = moment
        position.done.append(mark(id_))
        return id_

    def _fill(self) -> None:
        reached = self._position.reached
        before = None if reached is None else second(reached) + _SECOND
        offset = 0
        listed: list[Listed] = []
        while True:
            found = self._mailbox.newest(self.folder.id, self._since, before, offset=offset)
            if offset == 0:
                self.left = found.total
            offset += len(found.items)
            listed += found.items
            self._is_last = found.is_last or not found.items
            fresh = self._fresh(listed, before)
            # A server that does not sort must show all it has: what is newest may come last.
            if self._is_last or (fresh and _is_sorted(listed)):
                break
        self._ready.extend(sorted(fresh, key=lambda one: one[0], reverse=True))

    def _fresh(self, listed: list[Listed], before: datetime | None) -> list[tuple[datetime, str]]:
        """Those still to be taken; whatever the server makes of the question, within its bounds."""
        reached, done = self._position.reached, set(self._position.done)
        found: dict[str, datetime] = {}
        for one in listed:
            if one.received is None or not is_letter(one.item_class):
                continue
            if one.received < self._since or (before is not None and one.received >= before):
                continue
            is_done = reached is not None and second(one.received) == second(reached)
            if not (is_done and mark(one.id) in done):
                found.setdefault(one.id, one.received)
        return [(received, id_) for id_, received in found.items()]


def _is_sorted(listed: list[Listed]) -> bool:
    times = [second(one.received) for one in listed if one.received is not None]
    return all(earlier >= later for earlier, later in itertools.pairwise(times))

"""Is anything missing? The source's inventory, item by item, against the books."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from agent.daemon.reading import Pass, Reader
from agent.errors import SourceLacks
from agent.outbox.store import Store

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Audited:
    at: datetime
    """When the last look at the source began: up to then, everything is accounted for, save the
    unexplained."""
    held: int
    unexplained: int
    gone: int
    unproven: int | None
    """None: the ledger's own claims were not checked this time."""


class Auditor:
    def __init__(
        self,
        reader: Reader,
        *,
        store: Store,
        read: Callable[[], Pass],
        is_stopping: Callable[[], bool],
        on_listed: Callable[[int], None],
    ) -> None:
        """``read`` is one whole reading from the stored cursor on; ``on_listed`` hears how many
        items of the source have been listed."""
        self._reader = reader
        self._name = reader.name
        self._store = store
        self._read = read
        self._is_stopping = is_stopping
        self._on_listed = on_listed

    def run(self, result: Pass, *, thorough: bool, books: bool) -> tuple[Pass, Audited | None]:
        """After ``result``, a reading that ran to its end. Raises ``SourceError``.

        What arrived during the pass is read at once. What a cursor has passed over is looked for
        by one reading from the beginning; ``thorough``: even if such a reading has been in vain
        before. ``books``: the ledger's own claims are checked too.

        Returns the last reading; nothing more when it failed, or the agent is to stop.
        """
        found = self._look()
        if found is not None and found[2]:
            result = self._read()
            found = self._look() if result.complete else None
        if found is None:
            return result, None
        again = self._store.proof.mend(self._name) if books else 0
        missing = found[2]
        if (
            missing
            and not result.from_the_beginning
            and (thorough or missing != self._store.proof.unexplained(self._name))
        ):
            log.warning("%s: %d items unexplained, reading anew", self._name, len(missing))
            self._store.cursors.look_again(self._name)
            again += len(missing)
        if again:
            result = self._read()
            found = self._look() if result.complete else None
        if found is None:
            return result, None
        return result, self._book(*found, books=books)

    def _look(self) -> tuple[datetime, list[str], frozenset[str]] | None:
        """What the source holds as of when, and what of it the books do not know."""
        at = self._reader.now()
        held: list[str] = []
        try:
            for external_id in self._reader.source.inventory():
                held.append(external_id)
                self._on_listed(len(held))
                if self._is_stopping():
                    return None
        except SourceLacks:
            log.info("%s: audited without what is not there", self._name)
        held = list(dict.fromkeys(held))
        return at, held, self._store.proof.missing(self._name, held)

    def _book(
        self, at: datetime, held: list[str], missing: frozenset[str], *, books: bool
    ) -> Audited:
        proof = self._store.proof
        self._store.ledger.close_books(self._name, held)
        if missing != proof.unexplained(self._name):
            proof.keep_unexplained(self._name, missing)
        unproven = proof.unproven(self._name) if books else None
        if unproven:
            log.error("%s: %d items booked as stored are not", self._name, unproven)
        return Audited(at, len(held), len(missing), proof.gone(self._name), unproven)

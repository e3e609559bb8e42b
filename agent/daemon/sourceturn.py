"""A source's turn: read it, prove that nothing was missed, say how it stands and when to return."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from agent.contract.device import SourceState
from agent.daemon.loop import where
from agent.daemon.reading import DIRECTORY_MISSING, Pass, Reader
from agent.daemon.reporting import Books
from agent.errors import SourceError, StoreBroken
from agent.outbox import retry
from agent.outbox.pages import Entry, Page
from agent.outbox.store import Store

log = logging.getLogger(__name__)

WATCHED_EVERY_S = 300.0
"""A folder rings by itself; the scan is the truth."""
MAILBOX_EVERY_S = 60.0
AUDIT_EVERY_S = 60.0
PROGRESS_EVERY_S = 1.0
UNSETTLED_FIRST_S = 0.25
UNSETTLED_LONGEST_S = 5.0
UNSETTLED_PATIENCE_S = 12.0
"""A pass that somebody waits for gives files that are being written so long to settle."""
_SECOND_LOOKS = 3


@dataclass(frozen=True, slots=True)
class News:
    """Whom a source's turn tells. All of them are cheap and may be called often."""

    on_stored: Callable[[], None]
    """Something is there to send or to listen to."""
    on_unknown: Callable[[], None]
    """Somebody the directory does not know: it may have grown meanwhile."""
    on_progress: Callable[[str, int, int], None]
    """Source, items done, items in all (0: unknown); 0 of 0 when the turn is over."""


class SourceTurn:
    def __init__(
        self,
        reader: Reader,
        *,
        store: Store,
        news: News,
        is_stopping: Callable[[], bool],
        pause: Callable[[float], None],
    ) -> None:
        """``pause`` waits that many seconds, or less when the agent is to stop."""
        self._reader = reader
        self._name = reader.name
        self._kind = reader.source.type
        self._store = store
        self._books = Books(store)
        self._news = news
        self._is_stopping = is_stopping
        self._pause = pause
        self._failures = 0
        self._unsettled_s = UNSETTLED_FIRST_S
        self._audited: float | None = None
        self._puzzled: frozenset[str] = frozenset()
        """Items that a reading from the beginning could not explain: not read for again."""
        self._told = 0.0

    def __call__(self, asked: bool) -> float | None:
        self._told = monotonic()
        try:
            result = self._read(patient=asked)
            unexplained = self._audit(result, asked=asked)
        except StoreBroken:
            raise
        except Exception as error:  # noqa: BLE001 - the supervisor of one source
            # Not logging.exception: a traceback shows messages, and those may hold mail.
            log.error("%s: %s", self._name, where(error))  # noqa: TRY400
            result, unexplained = Pass("down", "source_failed"), None
        self._note(result, unexplained)
        if result.state == "ok":
            self._failures = 0
        else:
            self._failures += 1
            log.info("%s: %s %s", self._name, result.state, result.code)
        self._news.on_progress(self._name, 0, 0)
        return self._wait_s(result)

    def on_batch(self, so_far: Pass, done: int, total: int) -> None:
        """Called by the reader after each stored batch."""
        if so_far.stored:
            self._news.on_stored()
        if monotonic() - self._told >= PROGRESS_EVERY_S:
            self._told = monotonic()
            self._books.note(self._name, self._kind, "reading", done=done, total=total)
            self._news.on_progress(self._name, done, total)

    def _read(self, *, patient: bool) -> Pass:
        patience = monotonic() + (UNSETTLED_PATIENCE_S if patient else 0.0)
        while True:
            result = self._pass()
            if result.code == DIRECTORY_MISSING:
                self._park()
            if not result.pending or monotonic() >= patience or self._is_stopping():
                return result
            self._pause(UNSETTLED_FIRST_S)

    def _pass(self) -> Pass:
        """One pass, and another from the beginning when a second look became due meanwhile."""
        result = self._reader.run(self._is_stopping)
        for _ in range(_SECOND_LOOKS):
            if not result.complete or not self._store.cursors.wants_look_again(self._name):
                break
            result = self._reader.run(self._is_stopping)
        if result.unknown:
            self._news.on_unknown()
        return result

    def _park(self) -> None:
        """Nobody can judge yet: what the source holds is on the books as waiting."""
        try:
            held = list(self._reader.source.inventory())
        except SourceError:
            return
        parked = tuple(
            Entry(external_id=external_id, version="", state="pending", code=DIRECTORY_MISSING)
            for external_id in self._store.ledger.audit(self._name, held)
        )
        self._reader.put(Page(source=self._name, cursor=None, entries=parked))

    def _audit(self, result: Pass, *, asked: bool) -> int | None:
        """How many items of the source are not on the books; None when it was not looked up.

        What arrived during the pass is read at once. What a cursor has passed over is looked for
        by one reading from the beginning.
        """
        watched = self._reader.source.watched is not None
        fresh = self._audited is not None and monotonic() - self._audited < AUDIT_EVERY_S
        if not result.complete or (fresh and not asked and not watched):
            return None
        missing = self._missing(result)
        if missing:
            missing = self._missing(self._reader.run(self._is_stopping))
        if missing and missing != self._puzzled and not result.from_the_beginning:
            log.warning("%s: %d items unexplained, reading anew", self._name, len(missing))
            self._store.cursors.look_again(self._name)
            missing = self._missing(self._reader.run(self._is_stopping))
        self._puzzled = missing
        self._audited = monotonic()
        return len(missing)

    def _missing(self, result: Pass) -> frozenset[str]:
        try:
            held = list(self._reader.source.inventory())
        except SourceError as error:
            log.info("%s: no inventory: %s", self._name, error.code)
            return self._puzzled
        if result.complete and result.from_the_beginning:
            self._store.ledger.close_books(self._name, held)
        return frozenset(self._store.ledger.audit(self._name, held))

    def _note(self, result: Pass, unexplained: int | None) -> None:
        state: SourceState = result.state
        fields: dict[str, object] = {"message": result.code}
        if unexplained is not None:
            fields["unexplained"] = unexplained
            if unexplained == 0 and not result.pending and state == "ok":
                fields["complete_to"] = self._reader.now()
        self._books.note(self._name, self._kind, state, **fields)

    def _wait_s(self, result: Pass) -> float:
        match result.state:
            case "down":
                return retry.decide(
                    self._failures,
                    key=self._name,
                    now=self._reader.now(),
                    retry_after=result.retry_after,
                ).wait_s
            case "auth" | "misconfigured":
                return retry.CAP_S
            case _:
                pass
        if result.pending:
            wait_s = self._unsettled_s
            self._unsettled_s = min(UNSETTLED_LONGEST_S, wait_s * 1.3)
            return wait_s
        self._unsettled_s = UNSETTLED_FIRST_S
        return WATCHED_EVERY_S if self._reader.source.watched is not None else MAILBOX_EVERY_S

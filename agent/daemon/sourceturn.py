"""A source's turn: read it, prove that nothing was missed, say how it stands and when to return."""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic

from agent.capture.base import Source
from agent.contract.device import SourceState
from agent.daemon.auditing import Audited, Auditor
from agent.daemon.loop import where
from agent.daemon.progress import Progress
from agent.daemon.reading import DIRECTORY_MISSING, Pass, Reader, failed
from agent.daemon.reporting import Books
from agent.errors import SourceError, StoreBroken
from agent.outbox import retry
from agent.outbox.pages import Entry, Page
from agent.outbox.store import Store

log = logging.getLogger(__name__)

WATCHED_EVERY_S = 300.0
"""A folder rings by itself; the scan is the truth."""
MAILBOX_EVERY_S = 60.0
AUDIT_EVERY = timedelta(days=1)
"""Of a mailbox on a server, where an inventory is dear; by the calendar, so that a laptop that
slept makes up for it. Folders are compared at each turn."""
CLOCK_MAY_ERR = timedelta(hours=1)
"""A moment further in the future than this was written by a clock that was wrong."""
SLICE_S = 60.0
"""So long a backfill goes on before it looks for new items again."""
PROGRESS_EVERY_S = 1.0
UNSETTLED_FIRST_S = 0.25
UNSETTLED_LONGEST_S = 5.0
UNSETTLED_PATIENCE_S = 12.0
"""A pass that somebody waits for gives files that are being written so long to settle."""
AUDITING = "auditing"
STOPPED = "source_stopped"
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
    on_state: Callable[[str, SourceState], None] = lambda _name, _state: None
    """At the end of each turn."""


class SourceTurn:
    def __init__(
        self,
        reader: Reader,
        *,
        store: Store,
        news: News,
        is_stopping: Callable[[], bool],
        pause: Callable[[float], None],
        anew: Callable[[], Source] | None = None,
        ticks: Callable[[], float] = monotonic,
    ) -> None:
        """``pause`` waits that many seconds, or less when the agent is to stop; ``anew`` builds
        the source once more."""
        self._reader = reader
        self._name = reader.name
        self._kind = reader.source.type
        self._store = store
        self._books = Books(store)
        self._news = news
        self._is_stopping = is_stopping
        self._pause = pause
        self._anew = anew
        self._ticks = ticks
        self._signed_in = threading.Event()
        self._lock = threading.Lock()
        self._is_closed = False
        self._failures = 0
        self._unsettled_s = UNSETTLED_FIRST_S
        self._told = 0.0
        self._progress = Progress()
        self._auditor = Auditor(
            reader, store=store, read=self._pass, is_stopping=is_stopping, on_listed=self._on_listed
        )
        reader.on_batch = self._on_batch

    def signed_in(self) -> None:
        """The person has signed in; from any thread. Takes effect at the next turn."""
        self._signed_in.set()

    @property
    def source(self) -> Source:
        return self._reader.source

    def close(self) -> None:
        """What is under way ends within a second; from any thread."""
        with self._lock:
            self._is_closed = True
            self._reader.source.close()

    def __call__(self, asked: bool) -> float | None:
        self._renew()
        held_s = self._held_off_s()
        if held_s > 0:
            return held_s
        self._told = self._ticks()
        self._progress = Progress()
        audited: Audited | None = None
        try:
            result = self._read(patient=asked)
            result, audited = self._audit(result, asked=asked)
        except StoreBroken:
            raise
        except SourceError as error:  # of the inventory
            result = failed(error)
        except Exception as error:  # noqa: BLE001 - the supervisor of one source
            # Not logging.exception: a traceback shows messages, and those may hold mail.
            log.error("%s: %s", self._name, where(error))  # noqa: TRY400
            result = Pass("down", "source_failed")
        if result.code == STOPPED or (self._is_stopping() and not result.complete):
            # Cut short by ourselves: no fault, and it goes on from the last safe point.
            return MAILBOX_EVERY_S
        return self._end(result, audited)

    def _end(self, result: Pass, audited: Audited | None) -> float:
        if result.state == "ok":
            self._failures = 0
        else:
            self._failures += 1
            log.info("%s: %s %s", self._name, result.state, result.code)
        wait_s = self._wait_s(result)
        asked_to_wait = result.state == "down" and retry.is_asked(result.retry_after)
        self._note(result, audited, wait_s if asked_to_wait else None)
        self._news.on_progress(self._name, 0, 0)
        self._news.on_state(self._name, result.state)
        return wait_s

    def _renew(self) -> None:
        """A source may remember that it was refused: after a sign-in it begins anew."""
        if not self._signed_in.is_set():
            return
        if self._anew is not None:
            fresh, old = self._anew(), self._reader.source
            with self._lock:
                if self._is_closed:
                    fresh.close()
                    return
                self._reader.source = fresh
            old.close()
        self._signed_in.clear()
        self._failures = 0

    def _held_off_s(self) -> float:
        """How long the source's server still wants to be left alone, whoever asks: it remembers
        longer than one run of this program."""
        status = self._store.statuses.get(self._name)
        if status is None or status.retry_at is None or status.type != self._kind:
            return 0.0
        left_s = (status.retry_at - self._reader.now()).total_seconds()
        return left_s if left_s <= retry.LONGEST_ASKED_S else 0.0

    def _on_batch(self, so_far: Pass, done: int, total: int) -> None:
        """Called by the reader after each stored batch."""
        if so_far.stored:
            self._news.on_stored()
        self._progress.note(done, total)
        self._tell(self._progress.done, self._progress.total)

    def _on_listed(self, count: int) -> None:
        self._tell(count, 0, AUDITING)

    def _tell(self, done: int, total: int, message: str = "") -> None:
        if self._ticks() - self._told >= PROGRESS_EVERY_S:
            self._told = self._ticks()
            self._books.note(
                self._name, self._kind, "reading", done=done, total=total, message=message
            )
            self._news.on_progress(self._name, done, total)

    def _read(self, *, patient: bool) -> Pass:
        patience = self._ticks() + (UNSETTLED_PATIENCE_S if patient else 0.0)
        while True:
            result = self._pass()
            if result.code == DIRECTORY_MISSING:
                self._park()
            if not result.pending or self._ticks() >= patience or self._is_stopping():
                return result
            self._pause(UNSETTLED_FIRST_S)

    def _pass(self) -> Pass:
        """One pass, and another from the beginning when a second look became due meanwhile."""
        result = self._slices()
        for _ in range(_SECOND_LOOKS):
            if not result.complete or not self._store.cursors.wants_look_again(self._name):
                break
            result = self._slices()
        if result.unknown:
            self._news.on_unknown()
        return result

    def _slices(self) -> Pass:
        """A whole pass, however long, that makes way for new items again and again."""
        result = self._reader.run(self._is_stopping, self._slice())
        while result.cut and not self._is_stopping():
            self._progress.cut()
            result.go_on(self._reader.run(self._is_stopping, self._slice()))
        return result

    def _slice(self) -> Callable[[], bool]:
        until: float | None = None

        def is_over() -> bool:
            # The clock starts with the first batch: each slice gets on, however slow the source.
            nonlocal until
            if until is None:
                until = self._ticks() + SLICE_S
            return self._ticks() >= until

        return is_over

    def _park(self) -> None:
        """Nobody can judge yet: what the source holds is on the books as waiting."""
        held: list[str] = []
        with suppress(SourceError):  # what was named up to there waits all the same
            held += self._reader.source.inventory()
        parked = tuple(
            Entry(external_id=external_id, version="", state="pending", code=DIRECTORY_MISSING)
            for external_id in sorted(self._store.proof.missing(self._name, held))
        )
        self._reader.put(Page(source=self._name, cursor=None, entries=parked))

    def _audit(self, result: Pass, *, asked: bool) -> tuple[Pass, Audited | None]:
        due = asked or self._audit_is_due()
        if not result.complete or not (due or self._reader.source.watched is not None):
            return result, None
        return self._auditor.run(result, thorough=asked, books=due)

    def _audit_is_due(self) -> bool:
        status = self._store.statuses.get(self._name)
        last = status.audited_at if status is not None and status.type == self._kind else None
        if last is None:
            return True
        age = self._reader.now() - last
        return age >= AUDIT_EVERY or age < -CLOCK_MAY_ERR

    def _note(self, result: Pass, audited: Audited | None, retry_s: float | None) -> None:
        fields: dict[str, object] = {"message": result.code, "retry_at": None}
        if retry_s is not None:
            fields["retry_at"] = self._reader.now() + timedelta(seconds=retry_s)
        if result.complete:
            fields["read_at"] = result.began_at
        if audited is not None:
            fields |= _found(audited, is_settled=result.state == "ok" and not result.pending)
        self._books.note(self._name, self._kind, result.state, **fields)

    def _wait_s(self, result: Pass) -> float:
        match result.state:
            case "down":
                return retry.of_source(
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


def _found(audited: Audited, *, is_settled: bool) -> dict[str, object]:
    fields: dict[str, object] = {
        "unexplained": audited.unexplained,
        "held": audited.held,
        "gone": audited.gone,
    }
    if audited.unexplained == 0 and is_settled:
        fields["complete_to"] = audited.at
    if audited.unproven is not None:
        fields |= {"unproven": audited.unproven, "audited_at": audited.at}
    return fields

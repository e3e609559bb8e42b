"""One pass over one source: every batch through the pipeline and into the store."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from agent.capture.base import Batch, Capture, Seen, Source
from agent.clock import Clock
from agent.contract.device import SourceState
from agent.daemon.knowledge import Knowledge
from agent.daemon.loop import where
from agent.errors import (
    BadItem,
    CursorExpired,
    SourceAuthFailed,
    SourceError,
    SourceLacks,
    SourceMisconfigured,
    SourceUnavailable,
    StoreBroken,
)
from agent.outbox.pages import UNKNOWN_CUSTOMER, Entry, LedgerState, Page
from agent.outbox.store import Store
from agent.pipeline import Pipeline
from agent.rules.identity import activity_id, thread_key

log = logging.getLogger(__name__)

DIRECTORY_MISSING = "directory_missing"
ITEM_FAILED = "item_failed"


@dataclass(slots=True)
class Pass:
    """How a pass went."""

    state: SourceState = "ok"
    code: str = ""
    retry_after: float | None = None
    stored: int = 0
    unknown: int = 0
    """Items that involve no customer the directory knows."""
    pending: int = 0
    complete: bool = False
    """It ran to its end."""
    cut: bool = False
    """It made way for what is new: the next one goes on from the stored cursor, at once."""
    from_the_beginning: bool = False
    began_at: datetime | None = None

    def go_on(self, further: "Pass") -> None:
        """Take over how the rest of this pass went."""
        self.state, self.code = further.state, further.code
        self.retry_after = further.retry_after
        self.stored += further.stored
        self.unknown += further.unknown
        self.pending = further.pending
        self.complete, self.cut = further.complete, further.cut
        # Begun anew on the way (a cursor expired, a second look): as good as from the start.
        self.from_the_beginning |= further.from_the_beginning
        self.began_at = further.began_at


class Reader:
    def __init__(
        self,
        name: str,
        source: Source,
        *,
        store: Store,
        knowledge: Knowledge,
        clock: Clock,
        at: Callable[[str], None] = lambda _step: None,
    ) -> None:
        self.name = name
        self.source = source
        self._store = store
        self._knowledge = knowledge
        self._clock = clock
        self.on_batch: Callable[[Pass, int, int], None] = lambda _pass, _done, _total: None
        """After each stored batch: the pass so far, items done, items in all (0: unknown)."""
        self._at = at

    def now(self) -> datetime:
        return self._clock.now()

    def put(self, page: Page) -> None:
        self._store.put(page, now=self._clock.now())

    def run(self, stopping: Callable[[], bool], enough: Callable[[], bool] = lambda: False) -> Pass:
        """Read everything since the last stored cursor, or as much of it as is ``enough`` for
        now. Raises ``StoreBroken`` and nothing else that a source is allowed to raise."""
        so_far = Pass(began_at=self._clock.now())
        if self._knowledge.pipeline is None:
            so_far.state, so_far.code = "waiting", DIRECTORY_MISSING
            return so_far
        try:
            try:
                self._read(so_far, stopping, enough)
            except CursorExpired:
                log.warning("%s: cursor expired, reading from the beginning", self.name)
                self._store.cursors.reset(self.name)
                self._read(so_far, stopping, enough)
        except SourceError as error:
            # What is not there is told once everything else was read.
            so_far.complete = isinstance(error, SourceLacks)
            end = failed(error)
            so_far.state, so_far.code, so_far.retry_after = end.state, end.code, end.retry_after
        self._settle_meetings(so_far)
        return so_far

    def _settle_meetings(self, so_far: Pass) -> None:
        """Those that vanished before they were over will not take place. While a file is still
        being written nobody knows what it will hold."""
        if so_far.pending:
            return
        called_off = self._store.upcoming.settle(
            self.name, seen_at=so_far.began_at if so_far.complete else None, now=self._clock.now()
        )
        if called_off:
            so_far.stored += called_off
            self.on_batch(so_far, 0, 0)

    def _read(self, so_far: Pass, stopping: Callable[[], bool], enough: Callable[[], bool]) -> None:
        cursor = self._store.cursors.begin(self.name)
        so_far.from_the_beginning = cursor is None
        so_far.pending = 0
        for batch in self.source.poll(cursor):
            self._at("polled")
            pipeline = self._knowledge.pipeline
            if pipeline is None:  # paired anew meanwhile: the rest waits for its directory
                return
            page = self._page(batch, pipeline, so_far)
            self._at("settled")
            self.put(page)
            self._at("stored")
            if self._knowledge.pipeline is not pipeline:
                # Judged by what was known a moment ago, stored after the second looks were set.
                self._store.cursors.look_again(self.name)
            self.on_batch(so_far, batch.done, batch.total)
            if stopping():
                return
            if enough():
                so_far.cut = True
                return
        so_far.complete = True

    def _page(self, batch: Batch, pipeline: Pipeline, so_far: Pass) -> Page:
        known = self._store.ledger.known(
            self.name, (capture.external_id for capture in batch.captures)
        )
        threads = {thread_key(capture.references) for capture in batch.captures}
        conversations = self._store.ledger.conversations(filter(None, threads))
        aware = replace(pipeline, customer_of_thread=conversations.customer)
        entries: list[Entry] = []
        # By time: a reply finds its conversation's customer in the mail that began it.
        for capture in sorted(batch.captures, key=_moment):
            held = known.get(capture.external_id)
            if held and held.state == "stored" and held.version == capture.version:
                continue
            entry = self._settle(capture, aware)
            if (told := entry.activity) is not None and told.thread is not None:
                conversations.add(told.thread, str(told.id), told.match.customer_id)
            so_far.stored += entry.state == "stored"
            so_far.unknown += entry.code == UNKNOWN_CUSTOMER
            entries.append(entry)
        entries += [_entry(seen, "excluded") for seen in batch.excluded]
        entries += [_entry(seen, "quarantined") for seen in batch.broken]
        entries += [_entry(seen, "pending") for seen in batch.pending]
        so_far.pending += len(batch.pending)
        return Page(
            source=self.name,
            cursor=batch.cursor,
            entries=tuple(entries),
            removed=batch.removed,
            emptied=batch.emptied,
        )

    def _settle(self, capture: Capture, pipeline: Pipeline) -> Entry:
        """One item that upsets the pipeline is put into quarantine; the rest goes on.

        Raises ``SourceUnavailable`` when it is not the item's fault: no item would fare better.
        """
        try:
            return self._knowledge.settle(pipeline, capture)
        except StoreBroken:
            raise
        except BadItem as error:
            code = error.code
        except Exception as error:  # noqa: BLE001 - the supervisor of one item
            self._prove_tagger()
            code = ITEM_FAILED
            key = activity_id(capture.identity)
            # Not logging.exception: a traceback shows messages, and those may hold mail.
            log.error("%s: %s quarantined: %s", self.name, key, where(error))  # noqa: TRY400
        return Entry(
            external_id=capture.external_id,
            version=capture.version,
            state="quarantined",
            code=code,
            identity=capture.identity,
            folder=capture.folder,
        )

    def _prove_tagger(self) -> None:
        try:
            self._knowledge.warm()
        except Exception as error:
            raise SourceUnavailable("tagger_failed") from error


def failed(error: SourceError) -> Pass:
    """What a source's error demands, as the outcome of a pass."""
    match error:
        case SourceAuthFailed():
            return Pass("auth", error.code)
        case SourceMisconfigured():
            return Pass("misconfigured", error.code)
        case SourceUnavailable():
            return Pass("down", error.code, error.retry_after)
        case _:
            return Pass("down", error.code)


def _moment(capture: Capture) -> datetime:
    return capture.occurred_at


def _entry(seen: Seen, state: LedgerState) -> Entry:
    return Entry(external_id=seen.external_id, version=seen.version, state=state, code=seen.code)

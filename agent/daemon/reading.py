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
    SourceMisconfigured,
    SourceUnavailable,
    StoreBroken,
)
from agent.outbox.pages import UNKNOWN_CUSTOMER, Entry, LedgerState, Page
from agent.outbox.store import Store
from agent.pipeline import Pipeline
from agent.rules.identity import activity_id

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
    from_the_beginning: bool = False


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

    def run(self, stopping: Callable[[], bool]) -> Pass:
        """Read everything since the last stored cursor. Raises ``StoreBroken`` and nothing else
        that a source is allowed to raise."""
        so_far = Pass()
        if self._knowledge.pipeline is None:
            so_far.state, so_far.code = "waiting", DIRECTORY_MISSING
            return so_far
        try:
            try:
                self._read(so_far, stopping)
            except CursorExpired:
                log.warning("%s: cursor expired, reading from the beginning", self.name)
                self._store.cursors.reset(self.name)
                self._read(so_far, stopping)
        except SourceUnavailable as error:
            so_far.state, so_far.code = "down", error.code
            so_far.retry_after = error.retry_after
        except SourceAuthFailed as error:
            so_far.state, so_far.code = "auth", error.code
        except SourceMisconfigured as error:
            so_far.state, so_far.code = "misconfigured", error.code
        except CursorExpired as error:
            so_far.state, so_far.code = "down", error.code
        return so_far

    def _read(self, so_far: Pass, stopping: Callable[[], bool]) -> None:
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
        so_far.complete = True

    def _page(self, batch: Batch, pipeline: Pipeline, so_far: Pass) -> Page:
        known = self._store.ledger.known(
            self.name, (capture.external_id for capture in batch.captures)
        )
        found_here: dict[str, int] = {}

        def customer_of_thread(thread: str) -> int | None:
            return found_here.get(thread) or pipeline.customer_of_thread(thread)

        aware = replace(pipeline, customer_of_thread=customer_of_thread)
        entries: list[Entry] = []
        # By time: a reply finds its conversation's customer in the mail that began it.
        for capture in sorted(batch.captures, key=_moment):
            held = known.get(capture.external_id)
            if held and held.state == "stored" and held.version == capture.version:
                continue
            entry = self._settle(capture, aware)
            if entry.activity is not None and entry.thread is not None:
                found_here.setdefault(entry.thread, entry.activity.match.customer_id)
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
        )

    def _prove_tagger(self) -> None:
        try:
            self._knowledge.warm()
        except Exception as error:
            raise SourceUnavailable("tagger_failed") from error


def _moment(capture: Capture) -> datetime:
    return capture.occurred_at


def _entry(seen: Seen, state: LedgerState) -> Entry:
    return Entry(external_id=seen.external_id, version=seen.version, state=state, code=seen.code)

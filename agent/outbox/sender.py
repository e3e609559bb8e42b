"""Send what is due, and do with each answer what it demands."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from agent.clock import Clock
from agent.contract.ingest import MAX_BATCH, ItemResult
from agent.errors import DeliveryRefused, DeliveryRetryable, DeliveryUnauthorized
from agent.outbox import retry
from agent.outbox.queue import Leased, Queue
from agent.remote.base import Remote

log = logging.getLogger(__name__)

UNANSWERED = frozenset({"server_timeout", "server_unreachable", "connection_broken"})
"""Codes that say nothing about what was sent: there was no answer."""
_BUSY = frozenset({"http_408", "http_425", "http_429", "http_502", "http_503", "http_504"})
"""Nor do these: the server, or what stands before it, has no time."""
_AWAY = UNANSWERED | {"http_502", "http_503", "http_504"}
"""What is heard of a server that is not there, from itself or from what stands before it."""


@dataclass(frozen=True, slots=True)
class Sent:
    """How a flush ended."""

    state: Literal["ok", "waiting", "auth", "stopped"]
    code: str = ""
    wait_s: float | None = None
    """When to come again; None: as soon as something new is there."""


class Sender:
    """Not for two threads at once; the store's lock keeps two processes apart."""

    def __init__(
        self,
        queue: Queue,
        remote: Remote,
        clock: Clock,
        *,
        at: Callable[[str], None] = lambda _step: None,
    ) -> None:
        self._queue = queue
        self._remote = remote
        self._clock = clock
        self._failures = 0
        self._unclean = True
        self._at = at
        """Called between any two steps; tests die there."""

    def resume(self) -> None:
        """The server is back: what waited for it, perhaps for minutes yet, may go now."""
        self._failures = 0
        self._queue.wake(_AWAY)

    def flush(self, *, all_due: bool = False, stopping: Callable[[], bool] = lambda: False) -> Sent:
        """Send batch after batch until nothing is due or the server wants to be left alone."""
        if self._unclean:
            # The last one was killed, or its store failed under it: its leases are nobody's.
            self._queue.release()
        self._unclean = True
        sent = self._flush(all_due=all_due, stopping=stopping)
        self._unclean = False
        return sent

    def _flush(self, *, all_due: bool, stopping: Callable[[], bool]) -> Sent:
        while not stopping():
            batch = self._queue.lease(MAX_BATCH, now=self._clock.now(), all_due=all_due)
            if not batch:
                return self._idle()
            self._at("leased")
            try:
                self._deliver(batch)
            except DeliveryRetryable as error:
                return self._later(batch, error)
            except DeliveryUnauthorized as error:
                log.warning("server does not accept the token: %s", error.code)
                self._queue.release(batch, code=error.code)
                return Sent("auth", error.code, retry.CAP_S)
            if self._failures:
                self.resume()
        return Sent("stopped")

    def _idle(self) -> Sent:
        due = self._queue.next_due()
        if due is None:
            return Sent("ok")
        return Sent("waiting", "", max(0.0, (due - self._clock.now()).total_seconds()))

    def _later(self, batch: Sequence[Leased], error: DeliveryRetryable) -> Sent:
        self._failures += 1
        decision = retry.decide(
            max(self._failures, batch[0].attempts + 1),
            key=batch[0].activity_id,
            now=self._clock.now(),
            retry_after=error.retry_after,
        )
        suspect = error.code not in UNANSWERED | _BUSY
        self._queue.retry(batch, at=decision.at, code=error.code, suspect=suspect)
        log.info("%d items wait %.1f s: %s", len(batch), decision.wait_s, error.code)
        return Sent("waiting", error.code, decision.wait_s)

    def _deliver(self, batch: Sequence[Leased]) -> None:
        """All of it, halving a batch that is refused until the item that is to blame stands alone.

        Raises only what asks for a later attempt; what was answered until then is booked.
        """
        try:
            reply = self._remote.send([item.payload for item in batch])
        except DeliveryRefused as error:
            if len(batch) == 1:
                log.warning("refused for good: %s %s", batch[0].activity_id, error.code)
                self._queue.quarantine(batch[0], code=error.code, now=self._clock.now())
                return
            half = len(batch) // 2
            self._deliver(batch[:half])
            self._deliver(batch[half:])
            return
        self._at("answered")
        self._book(batch, reply.results)

    def _book(self, batch: Sequence[Leased], results: Sequence[ItemResult]) -> None:
        # Bound to the place in the batch; a result that names another item is no answer to ours.
        strays = any(
            result.id is not None and str(result.id) != item.activity_id
            for item, result in zip(batch, results, strict=True)
        )
        if strays:
            raise DeliveryRetryable("answer_wrong_ids")
        taken = [
            item for item, result in zip(batch, results, strict=True) if result.result != "refused"
        ]
        self._queue.delivered(taken, now=self._clock.now())
        self._at("booked")
        for item, result in zip(batch, results, strict=True):
            if result.result == "refused":
                code = result.code or "refused"
                log.warning("refused: %s %s", item.activity_id, code)
                self._queue.quarantine(item, code=code, now=self._clock.now())

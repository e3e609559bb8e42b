"""The turns that face the server: sending, and keeping in touch."""

import threading
from collections.abc import Callable
from time import monotonic

from agent.clock import Clock
from agent.daemon.contact import Contact
from agent.errors import DeliveryError, DeliveryRetryable, DeliveryUnauthorized
from agent.outbox import retry
from agent.outbox.sender import Sender

BEAT_EVERY_S = 60.0
BEAT_AT_MOST_EVERY_S = 2.0
REMIND_EVERY_S = 60.0


class SendTurn:
    def __init__(
        self,
        sender: Sender,
        *,
        is_stopping: Callable[[], bool],
        plead: Callable[[bool], float | None] = lambda _asked: None,
    ) -> None:
        """``plead`` asks the server to forget what was forgotten here; it has its turn before
        anything is on its way, and says in how many seconds it wants the next."""
        self._sender = sender
        self._is_stopping = is_stopping
        self._plead = plead
        self._hold_until = 0.0
        """The server is down or asked to be left alone: new items wait too."""
        self._resumed = threading.Event()

    def resume(self) -> None:
        """The server is back; from any thread. Takes effect at the next turn: ring for one."""
        self._resumed.set()

    def __call__(self, asked: bool) -> float | None:
        if self._resumed.is_set():
            self._resumed.clear()
            self._sender.resume()
            self._hold_until = 0.0
        held = self._hold_until - monotonic()
        if held > 0 and not asked:
            return held
        pleading_s = self._plead(asked)
        sent = self._sender.flush(all_due=asked, stopping=self._is_stopping)
        self._hold_until = monotonic() + (sent.wait_s or 0.0) if sent.code else 0.0
        return min(filter(None, (sent.wait_s, pleading_s)), default=sent.wait_s)


class ContactTurn:
    def __init__(
        self,
        contact: Contact,
        clock: Clock,
        *,
        on_reached: Callable[[], None] = lambda: None,
    ) -> None:
        """``on_reached``: the server answers again after it did not."""
        self._contact = contact
        self._clock = clock
        self._on_reached = on_reached
        self._is_reached = True
        self._failures = 0
        self._hold_until = 0.0
        self._remind_at = 0.0

    def __call__(self, asked: bool) -> float | None:
        held = self._hold_until - monotonic()
        if held > 0 and not asked:
            return held
        try:
            if asked:
                self._contact.refresh()
            self._contact.beat()
            if asked or monotonic() >= self._remind_at:
                self._contact.remind()
                self._remind_at = monotonic() + REMIND_EVERY_S
        except DeliveryError as error:
            self._is_reached = False
            self._contact.note_state(error)
            self._failures += 1
            wait_s = self._wait_s(error)
            self._hold_until = monotonic() + wait_s
            return wait_s
        if not self._is_reached:
            self._is_reached = True
            self._on_reached()
        self._contact.note_state(None)
        self._failures = 0
        self._hold_until = monotonic() + BEAT_AT_MOST_EVERY_S
        return BEAT_EVERY_S

    def _wait_s(self, error: DeliveryError) -> float:
        if isinstance(error, DeliveryUnauthorized):
            return retry.CAP_S
        hint = error.retry_after if isinstance(error, DeliveryRetryable) else BEAT_EVERY_S
        return retry.decide(
            self._failures,
            key="contact",
            now=self._clock.now(),
            retry_after=hint,
            cap_s=BEAT_EVERY_S,  # asking more rarely than usual spares nobody, and others wait
        ).wait_s

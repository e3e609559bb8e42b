"""The turns that face the server: sending, and keeping in touch."""

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
    def __init__(self, sender: Sender, *, is_stopping: Callable[[], bool]) -> None:
        self._sender = sender
        self._is_stopping = is_stopping
        self._hold_until = 0.0
        """The server is down or asked to be left alone: new items wait too."""

    def __call__(self, asked: bool) -> float | None:
        held = self._hold_until - monotonic()
        if held > 0 and not asked:
            return held
        sent = self._sender.flush(all_due=asked, stopping=self._is_stopping)
        self._hold_until = monotonic() + (sent.wait_s or 0.0) if sent.code else 0.0
        return sent.wait_s


class ContactTurn:
    def __init__(self, contact: Contact, clock: Clock) -> None:
        self._contact = contact
        self._clock = clock
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
            self._contact.note_state(error)
            self._failures += 1
            wait_s = self._wait_s(error)
            self._hold_until = monotonic() + wait_s
            return wait_s
        self._contact.note_state(None)
        self._failures = 0
        self._hold_until = monotonic() + BEAT_AT_MOST_EVERY_S
        return BEAT_EVERY_S

    def _wait_s(self, error: DeliveryError) -> float:
        if isinstance(error, DeliveryUnauthorized):
            return retry.CAP_S
        hint = error.retry_after if isinstance(error, DeliveryRetryable) else BEAT_EVERY_S
        return retry.decide(
            self._failures, key="contact", now=self._clock.now(), retry_after=hint
        ).wait_s

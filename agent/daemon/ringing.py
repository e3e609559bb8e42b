"""A source whose server tells of news: whoever waits for it rings the source's turn."""

from collections.abc import Callable
from time import monotonic

from agent.capture.base import Rings, Source
from agent.clock import Clock
from agent.contract.device import SourceState
from agent.errors import SourceError
from agent.outbox import retry

WAIT_S = 600.0
PAUSE_S = 1.0
"""Between two waits: a server that rings without end makes one turn a second at most."""


class RingTurn:
    """One wait. The bell is only a reason to look: nothing depends on it."""

    def __init__(
        self,
        name: str,
        source: Callable[[], Source],
        ring: Callable[[], None],
        *,
        clock: Clock,
        is_stopping: Callable[[], bool],
        ticks: Callable[[], float] = monotonic,
    ) -> None:
        """``source`` is the one in use: it may become another after a sign-in."""
        self._name = name
        self._source = source
        self._ring = ring
        self._clock = clock
        self._is_stopping = is_stopping
        self._ticks = ticks
        self._failures = 0
        self._is_well = False

    def on_state(self, state: SourceState) -> bool:
        """How the source's turn ended. True: it is well again, and can be waited for."""
        was_well, self._is_well = self._is_well, state == "ok"
        return self._is_well and not was_well

    def __call__(self, _asked: bool) -> float | None:
        source = self._source()
        if not self._is_well or not isinstance(source, Rings) or self._is_stopping():
            return None
        began = self._ticks()
        try:
            has_news = source.wait_for_news(WAIT_S)
        except SourceError as error:
            if self._is_stopping():
                return None
            return self._back_off(getattr(error, "retry_after", None))
        if has_news:
            self._failures = 0
            self._ring()
        elif self._ticks() - began < PAUSE_S:
            # It neither waited nor heard: as good as a fault, or it would spin.
            return self._back_off(None)
        return PAUSE_S

    def _back_off(self, retry_after: float | None) -> float:
        self._failures += 1
        return retry.of_source(
            self._failures,
            key=f"bell of {self._name}",
            now=self._clock.now(),
            retry_after=retry_after,
        ).wait_s

"""Somebody runs ``genjin agent once``, ``audit`` or ``sign-in`` while we are at work."""

from collections.abc import Callable, Sequence

from agent.clock import Clock
from agent.outbox.passes import Passes

LOOK_EVERY_S = 0.5


class Requests:
    """``look`` and ``serve`` are the turns of two loops: what is short must not wait for what is
    long."""

    def __init__(
        self,
        passes: Passes,
        clock: Clock,
        *,
        full_pass: Callable[[], None],
        audit: Callable[[Sequence[str]], None],
        signed_in: Callable[[Sequence[str]], None],
        is_stopping: Callable[[], bool],
        on_long: Callable[[], None],
    ) -> None:
        self._passes = passes
        self._clock = clock
        self._full_pass = full_pass
        self._audit = audit
        self._signed_in = signed_in
        self._is_stopping = is_stopping
        self._on_long = on_long

    def look(self, _asked: bool) -> float | None:
        waiting = self._passes.open()
        for request in waiting:
            if request.what == "signed_in":
                self._signed_in(request.sources)
                self._answer(request.number)
        if any(request.what != "signed_in" for request in waiting):
            self._on_long()
        return LOOK_EVERY_S

    def serve(self, _asked: bool) -> float | None:
        """One pass serves all who asked for one; an audit is one's own. A pass comes last: it
        waits for what is being transcribed."""
        waiting = self._passes.open()
        for request in waiting:
            if request.what == "audit" and not self._is_stopping():
                self._audit(request.sources)
                self._answer(request.number)
        passes = [request.number for request in waiting if request.what == "pass"]
        if passes and not self._is_stopping():
            self._full_pass()
            self._answer(*passes)
        return None

    def _answer(self, *numbers: int) -> None:
        if not self._is_stopping():
            self._passes.answer(numbers, now=self._clock.now())

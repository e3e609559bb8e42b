"""A thread that runs its turn when rung, when its time has come, or when asked.

The one place that outlives every error: whatever a turn raises is logged (without its message,
which may hold private text) and tried again later.
"""

import logging
import threading
import traceback
from collections.abc import Callable
from time import monotonic

from agent.errors import StoreBroken

log = logging.getLogger(__name__)

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0

Turn = Callable[[bool], float | None]
"""Gets whether somebody asked for it; returns when to come again in seconds, None: when rung."""


class Loop:
    def __init__(
        self,
        name: str,
        turn: Turn,
        *,
        on_broken_store: Callable[[StoreBroken], None] = lambda _error: None,
    ) -> None:
        self.name = name
        self._turn = turn
        self._on_broken_store = on_broken_store
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._asked: list[threading.Event] = []
        self._thread = threading.Thread(target=self._run, name=f"genjin-{name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def ring(self) -> None:
        """Have a turn soon; many rings make one turn."""
        self._wake.set()

    def ask(self) -> threading.Event:
        """Have a turn that begins after this moment; the event is set once it has ended."""
        done = threading.Event()
        with self._lock:
            self._asked.append(done)
        self._wake.set()
        return done

    def is_stopping(self) -> bool:
        return self._stopping.is_set()

    def stop(self) -> None:
        self._stopping.set()
        self._wake.set()

    def join(self, timeout: float) -> bool:
        """True when the thread has ended."""
        if self._thread.ident is None:
            return True
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        failures = 0
        wait_s: float | None = None
        due = 0.0
        while True:
            left = None if wait_s is None else max(0.0, due - monotonic())
            self._wake.wait(left)
            self._wake.clear()
            if self._stopping.is_set():
                return
            with self._lock:
                asked, self._asked = self._asked, []
            try:
                wait_s = self._turn(bool(asked))
                failures = 0
            except StoreBroken as error:
                failures += 1
                wait_s = _pause(failures)
                # Not logging.exception: a traceback shows messages, and those may hold mail.
                log.error("%s: %s, again in %.0f s", self.name, error.code, wait_s)  # noqa: TRY400
                self._on_broken_store(error)
            except Exception as error:  # noqa: BLE001 - the supervisor outlives every mistake
                failures += 1
                wait_s = _pause(failures)
                # What breaks because it is being taken down is no mistake.
                level = logging.DEBUG if self._stopping.is_set() else logging.ERROR
                log.log(level, "%s: %s, again in %.0f s", self.name, where(error), wait_s)
            if wait_s is not None:
                due = monotonic() + wait_s
            for done in asked:
                done.set()


def where(error: BaseException) -> str:
    """The type of an error and the line it came from, without its message."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"


def _pause(failures: int) -> float:
    return float(min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(failures - 1, 10)))

"""Blocking calls of a library that can be abandoned: how a mailbox is left within a second.

The libraries behind the mailboxes wait inside a socket, a name look-up or a TLS handshake, for as
long as their time-out says, and offer no way to be woken. So they wait in a thread of their own,
and whoever asked stops waiting when told to.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, TypeVar

from agent.errors import SourceUnavailable

T = TypeVar("T")


class Calls:
    """Runs one call after the other, in order, in one thread that dies with the process.

    A library object that is used through ``run`` alone never meets two threads.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._todo: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._waiting: list[Future[Any]] = []
        self._started = False

    @property
    def is_closed(self) -> bool:
        return self._closed.is_set()

    def run(self, call: Callable[[], T]) -> T:
        """What ``call`` returns or raises; ``SourceUnavailable("source_stopped")`` once closed."""
        return self.begin(call)()

    def begin(self, call: Callable[[], T]) -> Callable[[], T]:
        """The same in two steps: what comes back waits for the result. Until then the caller can
        do something else."""
        done: Future[T] = Future()

        def work() -> None:
            try:
                result = call()
            except BaseException as error:  # noqa: BLE001 - handed to whoever waits
                with suppress(InvalidStateError):
                    done.set_exception(error)
            else:
                with suppress(InvalidStateError):  # nobody waits any more
                    done.set_result(result)

        with self._lock:
            if self._closed.is_set():
                raise SourceUnavailable("source_stopped")
            if not self._started:
                self._started = True
                threading.Thread(target=self._serve, name=self._name, daemon=True).start()
            self._waiting = [one for one in self._waiting if not one.done()]
            self._waiting.append(done)
            self._todo.put(work)
        return done.result

    def close(self) -> None:
        """From any thread. The call under way is left to its own time-out, its result unheard."""
        with self._lock:
            self._closed.set()
            waiting, self._waiting = self._waiting, []
            self._todo.put(None)
        for done in waiting:
            with suppress(InvalidStateError):  # it was answered in this very moment
                done.set_exception(SourceUnavailable("source_stopped"))

    def _serve(self) -> None:
        while (work := self._todo.get()) is not None:
            if self._closed.is_set():
                return
            work()

"""Talks to the process that reads a mail store, and outlives it.

An item on which the process crashes or hangs is told as damaged; another process goes on behind
it. Nothing that the process says is believed unchecked.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

import agent
from agent.errors import BadItem, SourceUnavailable

_PATIENCE_S = 120.0
"""A process that says nothing for so long hangs. Listing a store of many gigabytes takes less."""
_MAX_CRASHES = 20
_MAX_LINE = 4 * 1024 * 1024
_MAX_BLOB = 256 * 1024 * 1024

DAMAGED = "item_damaged"
STORE_DAMAGED = "item_store_damaged"
_FAILURES = frozenset({STORE_DAMAGED, "item_protected"})


@dataclass(frozen=True, slots=True)
class Frame:
    key: str
    version: str
    code: str = ""
    head: Mapping[str, Any] | None = None
    """None: held in this version already, or ``code`` says why not."""
    blob: bytes = b""


def own_command() -> Sequence[str]:
    return (sys.executable, "-m", "agent.capture.mailfiles.store.child")


class Stores:
    """Starts the processes; ``close`` ends the one at work."""

    def __init__(
        self,
        command: Callable[[], Sequence[str]] = own_command,
        *,
        patience_s: float = _PATIENCE_S,
    ) -> None:
        self._command = command
        self._patience_s = patience_s
        self._lock = threading.Lock()
        self._at_work: _Process | None = None
        self._closed = False

    def close(self) -> None:
        with self._lock:
            self._closed = True
            if self._at_work is not None:
                self._at_work.end()

    def read(
        self, path: str, held: Mapping[str, str], *, keys_only: bool = False
    ) -> tuple[int, Iterator[Frame]]:
        """Items to come, and the items. Raises ``BadItem`` when the store cannot be read."""
        frames = self._frames(path, held, keys_only=keys_only)
        return next(frames).total, (one.frame for one in frames if one.frame is not None)

    def _frames(self, path: str, held: Mapping[str, str], *, keys_only: bool) -> Iterator["_Told"]:
        """First the total, then the items, over as many processes as it takes."""
        done: set[str] = set()
        total: int | None = None
        for _ in range(_MAX_CRASHES):
            order = {"path": path, "held": dict(held), "skip": sorted(done), "keys_only": keys_only}
            process = self._start(order)
            at = ""
            try:
                for told in process.told():
                    if told.at:
                        at = told.at
                    elif told.is_end:
                        return
                    elif told.frame is None:
                        if total is None:
                            total = told.total
                            yield told
                    elif told.frame.key not in done:
                        done.add(told.frame.key)
                        at = ""
                        yield told
            finally:
                self._stop(process)
            if self._closed:
                raise SourceUnavailable("source_stopped")
            if not at or total is None:
                break  # it failed before or between the items: it would fail again
            done.add(at)
            yield _Told(frame=Frame(at, "damaged", DAMAGED if held.get(at) != "damaged" else ""))
        raise BadItem(STORE_DAMAGED)

    def _start(self, order: Mapping[str, Any]) -> "_Process":
        with self._lock:
            if self._closed:
                raise SourceUnavailable("source_stopped")
            self._at_work = _Process(self._command(), order, self._patience_s)
            return self._at_work

    def _stop(self, process: "_Process") -> None:
        process.end()
        with self._lock:
            self._at_work = None


@dataclass(frozen=True, slots=True)
class _Told:
    total: int = 0
    at: str = ""
    frame: Frame | None = None
    is_end: bool = False


class _Process:
    def __init__(self, command: Sequence[str], order: Mapping[str, Any], patience_s: float) -> None:
        self._popen = subprocess.Popen(  # noqa: S603 - our own program
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._order = json.dumps(order).encode() + b"\n"
        self._patience_s = patience_s
        self._since: float | None = None
        """Since when it is being waited for."""
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._keep_watch, name="mail store", daemon=True)
        self._watch.start()

    def told(self) -> Iterator[_Told]:
        """What it says; ends when it ends. ``BadItem`` when it says that it cannot."""
        stdin, stdout = self._popen.stdin, self._popen.stdout
        if stdin is None or stdout is None:
            raise BadItem(STORE_DAMAGED)
        try:
            with stdin:
                stdin.write(self._order)
            while line := self._awaited(lambda: stdout.readline(_MAX_LINE)):
                frame = json.loads(line)
                if "fail" in frame:
                    code = str(frame["fail"])
                    raise BadItem(code if code in _FAILURES else STORE_DAMAGED)
                size = int(frame.get("size", 0))
                if not 0 <= size <= _MAX_BLOB:
                    return
                blob = self._awaited(partial(stdout.read, size))
                if len(blob) < size:
                    return
                yield _understood(frame, blob)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return  # it died while it spoke

    def end(self) -> None:
        """From any thread."""
        self._over.set()
        if self._popen.poll() is None:
            self._popen.kill()
        self._popen.wait()
        if self._watch is not threading.current_thread():
            self._watch.join()
        if threading.current_thread() is not self._watch and self._popen.stdout is not None:
            self._popen.stdout.close()

    def _awaited(self, read: Callable[[], bytes]) -> bytes:
        self._since = monotonic()
        try:
            return read()
        finally:
            self._since = None

    def _keep_watch(self) -> None:
        """End it when it is waited for in vain; while nobody waits it may take its time."""
        while not self._over.wait(min(1.0, self._patience_s / 4)):
            since = self._since
            if since is not None and monotonic() - since > self._patience_s:
                self._popen.kill()
                return


def _understood(frame: Mapping[str, Any], blob: bytes) -> _Told:
    if "total" in frame:
        return _Told(total=int(frame["total"]))
    if "end" in frame:
        return _Told(is_end=True)
    if "at" in frame:
        return _Told(at=str(frame["at"]))
    code = DAMAGED if frame.get("code") else ""
    head = frame if "size" in frame else None
    return _Told(frame=Frame(str(frame["key"]), str(frame["version"]), code, head, blob))


def _environment() -> dict[str, str]:
    """It finds this very program, installed or not, and none of our secrets."""
    here = str(Path(agent.__file__).parents[1])
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GENJIN_")}
    others = kept.get("PYTHONPATH")
    return {**kept, "PYTHONPATH": os.pathsep.join(filter(None, (here, others)))}

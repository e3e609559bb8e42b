"""Rings when something changes in a watched folder, so that a poll need not wait its turn.

Only a hint: the poll is the truth, and it also runs on its own. A folder may be missing, vanish
and come back (a network drive, an external disk); the bell rings when it is back.
"""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.polling import PollingObserver

from agent.capture.folders.scan import ignored

_CHECK_S = 2.0
_POLL_S = 5.0
_QUIET_EVENTS = frozenset({"opened", "closed_no_write"})
"""Events of reading, our own among them."""


class _Watcher(Protocol):
    """What is used of watchdog's observers."""

    def schedule(
        self, event_handler: FileSystemEventHandler, path: str, *, recursive: bool = False
    ) -> object: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def join(self, timeout: float | None = None) -> None: ...
    def is_alive(self) -> bool: ...


class _Rings(FileSystemEventHandler):
    def __init__(self, name: str, ring: Callable[[str], None]) -> None:
        self._name = name
        self._ring = ring

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type in _QUIET_EVENTS:
            return
        if event.is_directory and event.event_type == "modified":
            return  # follows from a change inside, which rings by itself
        # A file saved by replacing it shows up only as the target of a move.
        paths = (os.fsdecode(event.src_path), os.fsdecode(event.dest_path))
        if any(path and not ignored(Path(path).name) for path in paths):
            self._ring(self._name)


@dataclass(slots=True)
class _Watch:
    folder: Path
    place: tuple[int, int] | None = None
    """Device and inode of the folder as it is being watched; None while it is missing."""
    watcher: _Watcher | None = None


class Doorbell:
    """``ring`` gets the name of a watch, from another thread, often many times for one change."""

    def __init__(
        self,
        ring: Callable[[str], None],
        *,
        check_s: float = _CHECK_S,
        observers: tuple[Callable[[], _Watcher], ...] = (
            Observer,
            lambda: PollingObserver(timeout=_POLL_S),
        ),
    ) -> None:
        """``observers`` are tried in order: the system may have no watches left to give."""
        self._ring = ring
        self._check_s = check_s
        self._observers = observers
        self._lock = threading.Lock()
        self._watches: dict[str, _Watch] = {}
        self._closing = threading.Event()
        self._checker = threading.Thread(target=self._check, name="doorbell", daemon=True)
        self._checker.start()

    def watch(self, name: str, folder: Path) -> None:
        """Ring ``name`` when something changes below ``folder``, which need not exist yet."""
        self.unwatch(name)
        watch = _Watch(folder)
        with self._lock:
            self._watches[name] = watch
            self._arm(name, watch)

    def unwatch(self, name: str) -> None:
        with self._lock:
            watch = self._watches.pop(name, None)
            if watch is not None:
                _disarm(watch)

    def close(self) -> None:
        self._closing.set()
        self._checker.join()
        with self._lock:
            for watch in self._watches.values():
                _disarm(watch)
            self._watches.clear()

    def _check(self) -> None:
        while not self._closing.wait(self._check_s):
            for name in self._rearm():
                self._ring(name)

    def _rearm(self) -> list[str]:
        """Watch again what was missing or replaced; the names of those that came back."""
        back: list[str] = []
        with self._lock:
            for name, watch in self._watches.items():
                healthy = watch.watcher is not None and watch.watcher.is_alive()
                if healthy and watch.place == _place(watch.folder):
                    continue
                _disarm(watch)
                if self._arm(name, watch):
                    back.append(name)
        return back

    def _arm(self, name: str, watch: _Watch) -> bool:
        place = _place(watch.folder)
        if place is None:
            return False
        for make in self._observers:
            watcher = make()
            try:
                watcher.schedule(_Rings(name, self._ring), str(watch.folder), recursive=True)
                watcher.start()
            except OSError:
                _stop(watcher)
                continue
            watch.watcher, watch.place = watcher, place
            return True
        return False


def _place(folder: Path) -> tuple[int, int] | None:
    try:
        info = folder.stat()
    except OSError:
        return None
    return (info.st_dev, info.st_ino) if folder.is_dir() else None


def _disarm(watch: _Watch) -> None:
    watcher, watch.watcher, watch.place = watch.watcher, None, None
    if watcher is not None:
        _stop(watcher)


def _stop(watcher: _Watcher) -> None:
    watcher.stop()
    if watcher.is_alive():
        watcher.join()

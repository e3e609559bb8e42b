"""One agent a store: the operating system frees the lock when its holder dies, however it dies."""

import stat
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout

from agent.errors import AlreadyRunning, StoreBroken

FILE_NAME = "agent.lock"


class Lock:
    """Raises ``AlreadyRunning`` on entering while another process holds it for ``wait_s``.

    The short wait is for those who only look whether it is held.
    """

    def __init__(self, state_dir: Path, *, wait_s: float = 0.5) -> None:
        self._state_dir = state_dir
        self._wait_s = wait_s
        self._lock = FileLock(
            state_dir / FILE_NAME, mode=stat.S_IRUSR | stat.S_IWUSR, thread_local=False
        )

    def __enter__(self) -> Self:
        try:
            self._state_dir.mkdir(mode=stat.S_IRWXU, parents=True, exist_ok=True)
            self._lock.acquire(timeout=self._wait_s, poll_interval=0.02)
        except Timeout as error:
            raise AlreadyRunning(folder=self._state_dir) from error
        except OSError as error:
            raise StoreBroken("store_unwritable", file=self._state_dir) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._lock.release()

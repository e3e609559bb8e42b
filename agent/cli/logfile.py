"""The agent's log. Counts and ids only: it may be shown to whoever helps."""

import logging
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

NAME = "agent.log"
_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"


def log_to(file: Path) -> None:
    """Into the file, and on the screen."""
    logging.basicConfig(
        level=logging.INFO, format=_FORMAT, handlers=[logging.StreamHandler(), _LogFile(file)]
    )
    # It logs every request with its address.
    logging.getLogger("httpx").setLevel(logging.WARNING)


@contextmanager
def quiet_log(file: Path) -> Iterator[None]:
    """Into the file only: on the screen the report says it in the person's words."""
    to_file, ours = _LogFile(file), logging.getLogger("agent")
    ours.addHandler(to_file)
    try:
        yield
    finally:
        ours.removeHandler(to_file)
        to_file.close()


class _LogFile(RotatingFileHandler):
    def __init__(self, file: Path) -> None:
        super().__init__(file, maxBytes=1_000_000, backupCount=3, encoding="utf-8", delay=True)
        self.setFormatter(logging.Formatter(_FORMAT))

    def _open(self) -> TextIOWrapper:
        stream = super()._open()
        # One from before, or from under another umask.
        os.chmod(self.baseFilename, stat.S_IRUSR | stat.S_IWUSR)  # noqa: PTH101 - a str of theirs
        return stream

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        """A full disk is told once, in the report, not as a traceback for each line."""

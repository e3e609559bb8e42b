"""A tagger that follows a file: what the company has taught, as the server last told it."""

import logging
from pathlib import Path

from pydantic import ValidationError

from agent.contract.tagger import TaggerData
from agent.nlp.company import company_tagger
from agent.nlp.tagger import Tagger

log = logging.getLogger(__name__)

_MOST_BYTES = 32_000_000


class FollowingTagger:
    """Reads the file again whenever it changes. Without one the shipped tagger serves. When it
    cannot be read, the tagger before stays in force."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._seen: tuple[int, int, int] | None = None
        self._tagger = Tagger()

    def current(self) -> Tagger:
        seen = self._look()
        if seen != self._seen:
            self._seen = seen
            self._tagger = Tagger() if seen is None else self._read()
        return self._tagger

    def _look(self) -> tuple[int, int, int] | None:
        """By what a changed file is known; None without a file."""
        if self._file is None:
            return None
        try:
            there = self._file.stat()
        except OSError:
            return None
        return there.st_mtime_ns, there.st_size, there.st_ino

    def _read(self) -> Tagger:
        try:
            if self._file is None or self._file.stat().st_size > _MOST_BYTES:
                return self._tagger
            return company_tagger(TaggerData.model_validate_json(self._file.read_bytes()))
        except (OSError, ValidationError, ValueError) as error:
            # The words in it are the company's: only what kind of fault it was.
            log.warning("what the company taught cannot be read: %s", type(error).__name__)
            return self._tagger

"""What the company has taught its tagger, fetched and laid down for the tagger's process to follow."""

import logging
from pathlib import Path

from agent.errors import DeliveryRefused
from agent.outbox.held import Held
from agent.remote.base import Remote

log = logging.getLogger(__name__)

FILE_NAME = "agent.tagger.json"


class Taught:
    def __init__(self, held: Held, file: Path) -> None:
        self._held = held
        self._file = file

    def refresh(self, remote: Remote) -> None:
        """Fetch it if it changed. A server that does not know of it yet teaches nothing. Raises
        ``DeliveryError``."""
        etag = self._held.taught_etag() if self._file.exists() else None
        try:
            fresh = remote.tagger(etag)
        except DeliveryRefused:
            self._file.unlink(missing_ok=True)
            return
        if fresh is None:
            return
        data, etag = fresh
        try:
            self._lay_down(data.model_dump_json(exclude_defaults=True))
        except OSError as error:
            # Tags are then as they were: no reason to stop capturing. The next refresh tries again.
            log.warning("what the company taught cannot be kept: %s", type(error).__name__)
            return
        self._held.keep_taught_etag(etag)
        log.info("tagger taught: version %s, %d terms", data.version, len(data.terms))

    def _lay_down(self, text: str) -> None:
        """Whole or not at all: whoever follows the file never reads half of one."""
        beside = self._file.with_suffix(".new")
        beside.write_text(text, "utf-8")
        beside.replace(self._file)

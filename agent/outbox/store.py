"""The store as a whole: opened, healed, and its parts under one name."""

import logging
import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from agent.clock import Clock
from agent.contract.policy import Exclusions
from agent.errors import StoreBroken
from agent.outbox import explaining, forgetting, moments, recalling, strangers
from agent.outbox.cursors import Cursors
from agent.outbox.database import FILE_NAME, Database, move_aside, moved_aside
from agent.outbox.digests import digests_of
from agent.outbox.held import Held
from agent.outbox.ledger import Ledger
from agent.outbox.notices import Notices
from agent.outbox.pages import Page
from agent.outbox.passes import Passes
from agent.outbox.proof import Proof
from agent.outbox.queue import Queue
from agent.outbox.recordings import Recordings
from agent.outbox.settling import Settling
from agent.outbox.statuses import Statuses
from agent.outbox.upcoming import Upcoming

log = logging.getLogger(__name__)

_ROOM = 1024 * 1024
"""With less than this many bytes on the disk a page of mail may not fit."""


class Store:
    """Open with ``Store.open``. Every call is a transaction of its own and safe to repeat."""

    def __init__(
        self, database: Database, *, generation: int, put_aside: Path | None = None
    ) -> None:
        self.database = database
        self.put_aside = put_aside
        """The damaged file that was put aside just now."""
        self.generation = generation
        """How often a damaged file was put aside before this one."""
        self.cursors = Cursors(database)
        self.ledger = Ledger(database)
        self.proof = Proof(database)
        self.queue = Queue(database)
        self.recordings = Recordings(database, generation)
        self.held = Held(database)
        self.forgetting = forgetting.Forgetting(database)
        self.strangers = strangers.Strangers(database)
        self.notices = Notices(database)
        self.passes = Passes(database)
        self.statuses = Statuses(database)
        self.upcoming = Upcoming(database, generation)

    @classmethod
    def open(cls, state_dir: Path, *, clock: Clock, heal: bool = False) -> "Store":
        """Open the store below ``state_dir``.

        With ``heal`` (only for the one who holds the lock) a damaged file is put aside and a new
        one begun: every source is read again from the start, and the ids of activities keep the
        server free of doubles. Raises ``StoreBroken``.
        """
        file = state_dir / FILE_NAME
        aside: Path | None = None
        try:
            database = Database.open(file)
        except StoreBroken as error:
            if not heal or error.code != "store_corrupt":
                raise
            aside = move_aside(file, f"{clock.now():%Y%m%dT%H%M%SZ}")
            log.critical("store_corrupt: put aside as %s, reading every source anew", aside)
            database = Database.open(file)
        return cls(database, generation=len(moved_aside(file)), put_aside=aside)

    def put(self, page: Page, *, now: datetime) -> None:
        """Store one page and its cursor, all or nothing. Storing it again changes nothing."""
        with self.database.write() as tx:
            digests = digests_of(tx)
            page = forgetting.screened(tx, page, digests)
            told = [(entry.external_id, entry.told, entry.people) for entry in page.entries]
            details = explaining.details_of(told, digests)
            Settling(tx, now=now, generation=self.generation).settle(page, details)
            strangers.note(tx, page.entries, digests, now=now)

    def recall(self, rules: Sequence[Exclusions], *, now: datetime) -> int:
        """Rules are new: what they exclude and has not left yet stays here. How many items."""
        return recalling.recall(self.database, rules, at=moments.to_text(now))

    def fault(self) -> str:
        """The code of what keeps the store from being written now; empty when nothing does."""
        try:
            self.held.prove_writable()
            free = shutil.disk_usage(self.database.file.parent).free
        except StoreBroken as error:
            return error.code
        except OSError:
            return "store_unwritable"
        return "store_full" if free < _ROOM else ""

    def close(self) -> None:
        self.database.close()

"""Store one page: ledger, activities, outbox, recordings and cursor in one transaction.

Item by item, as the page tells it, but on rows held in memory: what is known of the items of a
page is read with a few statements, and what became of them is written with a few more.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import Connection, update
from sqlalchemy.dialects import sqlite

from agent.contract.activity import Activity
from agent.outbox import moments
from agent.outbox.pages import Page
from agent.outbox.rows import chunks
from agent.outbox.schema import activities, cursors
from agent.outbox.together import Together
from agent.outbox.vanishing import under, vanish

_NONE: Mapping[str, str] = MappingProxyType({})


class Settling:
    """Writes one page within an open transaction."""

    def __init__(self, tx: Connection, *, now: datetime, generation: int) -> None:
        self._tx = tx
        self._now = moments.to_text(now)
        self._generation = generation

    def settle(self, page: Page, details: Mapping[str, str] = _NONE) -> None:
        """``details`` by external id: why an item is what it is."""
        for prefix in page.emptied:
            vanish(self._tx, page.source, under(self._tx, page.source, prefix))
        vanish(self._tx, page.source, page.removed)
        for entries in chunks(page.entries):
            some = Together(self._tx, self._now, self._generation)
            some.load(page.source, entries)
            for entry in entries:
                some.settle(page.source, entry, details.get(entry.external_id))
            some.write()
        if page.cursor is not None:
            row = sqlite.insert(cursors).values(source=page.source, cursor=page.cursor)
            self._tx.execute(
                row.on_conflict_do_update(index_elements=["source"], set_={"cursor": page.cursor})
            )

    def revise(self, activity: Activity) -> None:
        """Queue the next revision of an activity, whatever the last one said."""
        some = Together(self._tx, self._now, self._generation)
        some.load_activities([str(activity.id)], [activity.thread])
        some.revise(activity)
        some.write()

    def call_off(self, activity: Activity) -> None:
        """Queue the news that a meeting is in no calendar any more. Should it come back, it is
        told anew, whatever it says."""
        self.revise(activity)
        self._tx.execute(
            update(activities).where(activities.c.activity_id == str(activity.id)).values(digest="")
        )

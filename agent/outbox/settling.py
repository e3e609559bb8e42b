"""Store one page: ledger, activities, outbox, recordings and cursor in one transaction."""

from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, and_, delete, exists, literal, or_, select, update
from sqlalchemy.dialects.sqlite import insert

from agent.contract.activity import Activity
from agent.outbox import moments
from agent.outbox.pages import LOOK_AGAIN_CODES, UNKNOWN_CUSTOMER, Entry, Page
from agent.outbox.schema import activities, cursors, ledger, outbox, recordings

GENERATION_STEP = 1000
"""Changes that a store begun anew (generation n) tells are numbered from n thousand on: they are
newer than all that the lost one told. What it merely repeats keeps its number, and the server
knows it already."""


class Settling:
    """Writes one page within an open transaction."""

    def __init__(self, tx: Connection, *, now: datetime, generation: int) -> None:
        self._tx = tx
        self._now = moments.to_text(now)
        self._generation = generation

    def settle(self, page: Page) -> None:
        for prefix in page.emptied:
            for external_id in self._under(page.source, prefix):
                self._forget(page.source, external_id)
        for external_id in page.removed:
            self._forget(page.source, external_id)
        for entry in page.entries:
            changed = self._note(page.source, entry)
            if entry.activity is not None:
                self._store(page.source, entry, entry.activity, changed=changed)
            elif entry.state == "excluded" and entry.activity_id is not None:
                self._withdraw(entry.activity_id)
        if page.cursor is not None:
            row = insert(cursors).values(source=page.source, cursor=page.cursor)
            self._tx.execute(
                row.on_conflict_do_update(index_elements=["source"], set_={"cursor": page.cursor})
            )

    def _note(self, source: str, entry: Entry) -> bool:
        """One ledger row an item; a moved item takes its old row along. True when this source
        knew the item in another version."""
        before = self._tx.execute(
            select(ledger.c.version).where(
                ledger.c.source == source, ledger.c.external_id == entry.external_id
            )
        ).scalar_one_or_none()
        changes: dict[str, object] = {
            "state": entry.state,
            "code": entry.code,
            "seen_at": self._now,
            "gone": False,
        }
        if entry.state != "pending":
            # What is still being written stays booked as what it was.
            changes["version"] = entry.version
        if entry.identity is not None:
            changes["identity"] = entry.identity
            changes["activity_id"] = entry.activity_id
            changes["thread"] = entry.thread
            changes["occurred_at"] = (
                moments.to_text(entry.occurred_at) if entry.occurred_at else None
            )
        fresh = {"source": source, "external_id": entry.external_id, "version": entry.version}
        row = insert(ledger).values({**fresh, **changes})
        self._tx.execute(
            row.on_conflict_do_update(index_elements=["source", "external_id"], set_=changes)
        )
        if entry.activity_id is not None:
            self._tx.execute(
                delete(ledger).where(
                    ledger.c.activity_id == entry.activity_id,
                    ledger.c.source == source,
                    ledger.c.gone,
                    ledger.c.external_id != entry.external_id,
                )
            )
        # The empty version is that of an item noted unread.
        return before not in (None, "", entry.version)

    def _under(self, source: str, prefix: str) -> list[str]:
        return list(
            self._tx.execute(
                select(ledger.c.external_id).where(
                    ledger.c.source == source,
                    ledger.c.external_id.startswith(prefix, autoescape=True),
                    ~ledger.c.gone,
                )
            ).scalars()
        )

    def _forget(self, source: str, external_id: str) -> None:
        """Gone from the source. What was captured stays on the books, unless it only moved."""
        here = and_(ledger.c.source == source, ledger.c.external_id == external_id)
        other = ledger.alias()
        elsewhere = exists().where(
            other.c.source == source,
            other.c.activity_id == ledger.c.activity_id,
            other.c.external_id != external_id,
            ~other.c.gone,
        )
        captured = and_(ledger.c.state == "stored", ledger.c.activity_id.is_not(None))
        self._tx.execute(delete(ledger).where(here, or_(~captured, elsewhere)))
        self._tx.execute(update(ledger).where(here).values(gone=True))

    def _store(self, source: str, entry: Entry, activity: Activity, *, changed: bool) -> None:
        key = str(activity.id)
        digest = digest_of(activity)
        held = self._tx.execute(select(activities).where(activities.c.activity_id == key)).first()
        if held is None:
            revision = self._revision(1, activity)
            self._tx.execute(
                insert(activities).values(
                    activity_id=key,
                    source=source,
                    revision=revision,
                    digest=digest,
                    thread=activity.thread,
                    customer_id=activity.match.customer_id,
                )
            )
        elif held.source != source and held.digest and not changed:
            # Another source told it; this one adds nothing, unless it sees it change.
            return
        elif held.digest == digest:
            self._offer_again(key)
            self._follow(key, entry)
            return
        else:
            revision = self._revision(held.revision + 1, activity)
            self._tx.execute(
                update(activities)
                .where(activities.c.activity_id == key)
                .values(digest=digest, customer_id=activity.match.customer_id)
            )
        if entry.media is not None:
            was_done = self._await_transcript(source, entry, activity)
            if was_done:
                # The next revision brings the words again; one without them would wipe them out.
                return
        self.enqueue(activity, revision)

    def _revision(self, number: int, activity: Activity) -> int:
        # The words of a call are no change: they would only be brought a second time.
        if number == 1 or activity.kind == "call":
            return number
        return max(number, self._generation * GENERATION_STEP + 2)

    def enqueue(self, activity: Activity, revision: int) -> None:
        numbered = activity.model_copy(update={"revision": revision})
        self._tx.execute(
            insert(outbox).values(
                activity_id=str(activity.id),
                revision=revision,
                payload=numbered.model_dump_json(),
                state="pending",
                queued_at=self._now,
            )
        )
        self._tx.execute(
            update(activities)
            .where(activities.c.activity_id == str(activity.id))
            .values(revision=revision)
        )
        if activity.thread is not None:
            self._reconsider_thread(activity.thread)

    def next_revision(self, activity: Activity) -> int:
        held = self._tx.execute(
            select(activities.c.revision).where(activities.c.activity_id == str(activity.id))
        ).scalar_one_or_none()
        return self._revision((held or 0) + 1, activity)

    def _reconsider_thread(self, thread: str) -> None:
        """A conversation found its customer: items of it that had found none are read again."""
        sources = select(ledger.c.source).where(
            ledger.c.thread == thread, ledger.c.code == UNKNOWN_CUSTOMER
        )
        self._tx.execute(
            update(cursors).where(cursors.c.source.in_(sources)).values(look_again=True)
        )

    def _offer_again(self, key: str) -> None:
        """The same as before, seen again: if the server had refused its customer, ask anew."""
        newest = (
            select(outbox.c.seq)
            .where(outbox.c.activity_id == key)
            .order_by(outbox.c.revision.desc())
            .limit(1)
            .scalar_subquery()
        )
        self._tx.execute(
            update(outbox)
            .where(
                outbox.c.seq == newest,
                outbox.c.state == "quarantined",
                outbox.c.last_error.in_(LOOK_AGAIN_CODES),
            )
            .values(state="pending", attempts=0, suspicion=0, not_before="")
        )

    def _await_transcript(self, source: str, entry: Entry, activity: Activity) -> bool:
        """Queue the recording; True when it had been transcribed before."""
        key = str(activity.id)
        was_done = self._tx.execute(
            select(literal(value=True)).where(
                recordings.c.activity_id == key, recordings.c.state == "done"
            )
        ).first()
        values = {
            "source": source,
            "external_id": entry.external_id,
            "path": str(entry.media),
            "rep_channel": entry.rep_channel,
            "activity": activity.model_dump_json(),
            "state": "waiting",
            "code": "",
            "attempts": 0,
            "not_before": "",
            "occurred_at": moments.to_text(activity.occurred_at),
        }
        row = insert(recordings).values(activity_id=key, **values)
        self._tx.execute(row.on_conflict_do_update(index_elements=["activity_id"], set_=values))
        return was_done is not None

    def _follow(self, key: str, entry: Entry) -> None:
        """The file may have moved while it waits."""
        if entry.media is not None:
            self._tx.execute(
                update(recordings)
                .where(recordings.c.activity_id == key, recordings.c.state == "waiting")
                .values(path=str(entry.media), external_id=entry.external_id)
            )

    def _withdraw(self, activity_id: str) -> None:
        """What may no longer leave and has not left yet, stays: unless it came another way too."""
        still_wanted = self._tx.execute(
            select(literal(value=True)).where(
                ledger.c.activity_id == activity_id, ledger.c.state == "stored"
            )
        ).first()
        if still_wanted is not None:
            return
        self._tx.execute(
            update(outbox)
            .where(outbox.c.activity_id == activity_id, outbox.c.state == "pending")
            .values(state="withdrawn", payload=None, settled_at=self._now)
        )
        self._tx.execute(delete(recordings).where(recordings.c.activity_id == activity_id))
        # Its number goes on from here, should it be admitted again.
        self._tx.execute(
            update(activities).where(activities.c.activity_id == activity_id).values(digest="")
        )


def digest_of(activity: Activity) -> str:
    """The same for two activities that say the same, whatever their revision and source."""
    bare = activity.model_copy(update={"revision": 1, "source": ""})
    return sha256(bare.model_dump_json().encode()).hexdigest()

"""Entries of a page that are settled together, one after the other, on rows held in memory."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, func, insert, select, update

from agent.contract.activity import Activity
from agent.outbox import meetings, moments
from agent.outbox.pages import LOOK_AGAIN_CODES, NOT_WITH_CUSTOMER, UNKNOWN_CUSTOMER, Entry
from agent.outbox.payload import Payload
from agent.outbox.rows import Row, Rows
from agent.outbox.schema import activities, cursors, ledger, outbox, recordings, upcoming

GENERATION_STEP = 1000
"""Changes that a store begun anew (generation n) tells are numbered from n thousand on: they are
newer than all that the lost one told. What it merely repeats keeps its number, and the server
knows it already."""


class Together:
    """Some entries, and all that is known of them. Load, settle or revise, write."""

    def __init__(self, tx: Connection, now: str, generation: int) -> None:
        self._tx = tx
        self._now = now
        self._generation = generation
        self._ledger = Rows(ledger, indexed=["activity_id", "thread"])
        self._activities = Rows(activities)
        self._recordings = Rows(recordings)
        self._upcoming = Rows(upcoming)
        self._queue: list[Row] = []
        """New rows of the outbox: what comes first is sent first."""
        self._queued: dict[str, list[Row]] = {}
        """The same by activity."""
        self._offered: dict[str, None] = {}
        self._withdrawn: dict[str, None] = {}
        self._look_again: dict[str, None] = {}

    def load(self, source: str, entries: Sequence[Entry]) -> None:
        external_ids = [entry.external_id for entry in entries]
        self._ledger.load(
            self._tx, ledger.c.source == source, ledger.c.external_id.in_(external_ids)
        )
        ids = {entry.activity_id for entry in entries}
        told = [entry.activity for entry in entries if entry.activity is not None]
        self.load_activities(
            ids | {str(activity.id) for activity in told}, {activity.thread for activity in told}
        )

    def load_activities(self, ids: Iterable[str | None], threads: Iterable[str | None]) -> None:
        named = [one for one in ids if one is not None]
        self._activities.load(self._tx, activities.c.activity_id.in_(named))
        self._recordings.load(self._tx, recordings.c.activity_id.in_(named))
        self._upcoming.load(self._tx, upcoming.c.activity_id.in_(named))
        self._ledger.load(self._tx, ledger.c.activity_id.in_(named))
        talks = [thread for thread in threads if thread is not None]
        self._ledger.load(self._tx, ledger.c.thread.in_(talks), ledger.c.code == UNKNOWN_CUSTOMER)

    def settle(self, source: str, entry: Entry, details: str | None = None) -> None:
        """``details``: why it is what it is, as the ledger keeps it."""
        changed = self._note(source, entry, details)
        if entry.activity is not None:
            self._store(source, entry, entry.activity, changed=changed)
        elif entry.state == "excluded" and entry.activity_id is not None:
            self._withdraw(entry.activity_id, is_elsewhere=entry.code in NOT_WITH_CUSTOMER)

    def revise(self, activity: Activity) -> None:
        held = self._activities.get(str(activity.id))
        revision = self._revision((held["revision"] if held else 0) + 1, activity)
        self._enqueue(Payload.of(activity), revision)

    def write(self) -> None:
        for rows in (self._ledger, self._activities, self._recordings, self._upcoming):
            rows.write(self._tx)
        if self._offered:
            self._tx.execute(_OFFER_AGAIN.where(outbox.c.activity_id.in_(list(self._offered))))
        if self._withdrawn:
            self._tx.execute(
                update(outbox)
                .where(outbox.c.activity_id.in_(list(self._withdrawn)), outbox.c.state == "pending")
                .values(state="withdrawn", payload=None, settled_at=self._now)
            )
        if self._queue:
            self._tx.execute(insert(outbox), self._queue)
        if self._look_again:
            self._tx.execute(
                update(cursors)
                .where(cursors.c.source.in_(list(self._look_again)))
                .values(look_again=True)
            )

    def _note(self, source: str, entry: Entry, details: str | None) -> bool:
        """One ledger row an item; a moved item takes its old row along. True when this source
        knew the item in another version."""
        held = self._ledger.get(source, entry.external_id)
        before = held["version"] if held is not None else None
        values: Row = {
            "state": entry.state,
            "code": entry.code,
            "seen_at": self._now,
            "gone": False,
        }
        if held is None or entry.state != "pending":
            # What is still being written stays booked as what it was.
            values["version"] = entry.version
        if held is None or entry.folder:
            values["folder"] = entry.folder
        if entry.identity is not None:
            values["identity"] = entry.identity
            values["activity_id"] = entry.activity_id
            values["thread"] = entry.thread
            values["occurred_at"] = (
                moments.to_text(entry.occurred_at) if entry.occurred_at else None
            )
        if details is not None:
            values["details"] = details
        self._ledger.put(source, entry.external_id, **values)
        if entry.activity_id is not None:
            for copy in self._ledger.where("activity_id", entry.activity_id):
                if copy["gone"] and copy["source"] == source:
                    self._ledger.drop(source, copy["external_id"])
        # The empty version is that of an item noted unread.
        return before not in (None, "", entry.version)

    def _store(self, source: str, entry: Entry, activity: Activity, *, changed: bool) -> None:
        key = str(activity.id)
        payload = Payload.of(activity)
        digest = payload.digest
        held = self._activities.get(key)
        customer_id = activity.match.customer_id
        if held is None:
            revision = self._revision(1, activity)
            self._activities.put(
                key,
                source=source,
                revision=revision,
                digest=digest,
                thread=activity.thread,
                customer_id=customer_id,
            )
        elif held["source"] != source and held["digest"] and not changed:
            # Another source told it; this one adds nothing, unless it sees it change.
            return
        elif held["digest"] == digest:
            if key not in self._queued:
                self._offered[key] = None
            self._follow(key, entry)
            self._expect(key, activity)
            return
        elif held["digest"] and self._came_too_late(key, activity):
            return
        else:
            revision = self._revision(held["revision"] + 1, activity)
            self._activities.put(key, digest=digest, customer_id=customer_id)
        if entry.media is not None:
            was_done = self._await_transcript(source, entry, activity)
            if was_done:
                # The next revision brings the words again; one without them would wipe them out.
                return
        self._enqueue(payload, revision)
        self._expect(key, activity)

    def _came_too_late(self, key: str, activity: Activity) -> bool:
        """What stood in the calendar when it was over has taken place: whoever cancels a series
        cancels what is past along with it."""
        return (
            meetings.is_off(activity)
            and meetings.end_of(activity) <= self._now
            and self._upcoming.get(key) is None
        )

    def _expect(self, key: str, activity: Activity) -> None:
        """Keep what is needed to call a meeting off, until it is over."""
        if activity.kind != "meeting":
            return
        ends_at = meetings.end_of(activity)
        if ends_at > self._now and not meetings.is_off(activity):
            self._upcoming.put(key, ends_at=ends_at, activity=meetings.bare(activity))
        elif self._upcoming.get(key) is not None:
            self._upcoming.drop(key)

    def _revision(self, number: int, activity: Activity) -> int:
        # The words of a call are no change: they would only be brought a second time.
        if number == 1 or activity.kind == "call":
            return number
        return max(number, self._generation * GENERATION_STEP + 2)

    def _enqueue(self, payload: Payload, revision: int) -> None:
        activity = payload.activity
        key = str(activity.id)
        row: Row = {
            "activity_id": key,
            "revision": revision,
            "payload": payload.revision(revision),
            "state": "pending",
            "queued_at": self._now,
            "settled_at": None,
        }
        self._queue.append(row)
        self._queued.setdefault(key, []).append(row)
        if self._activities.get(key) is not None:
            self._activities.put(key, revision=revision)
        # A conversation found its customer: items of it that had found none are read again.
        for item in self._ledger.where("thread", activity.thread) if activity.thread else ():
            if item["code"] == UNKNOWN_CUSTOMER:
                self._look_again[item["source"]] = None

    def _await_transcript(self, source: str, entry: Entry, activity: Activity) -> bool:
        """Queue the recording; True when it had been transcribed before."""
        key = str(activity.id)
        before = self._recordings.get(key)
        self._recordings.put(
            key,
            source=source,
            external_id=entry.external_id,
            path=str(entry.media),
            rep_channel=entry.rep_channel,
            activity=activity.model_dump_json(),
            state="waiting",
            code="",
            attempts=0,
            not_before="",
            occurred_at=moments.to_text(activity.occurred_at),
        )
        return before is not None and before["state"] == "done"

    def _follow(self, key: str, entry: Entry) -> None:
        """The file may have moved while it waits."""
        held = self._recordings.get(key)
        if entry.media is not None and held is not None and held["state"] == "waiting":
            self._recordings.put(key, path=str(entry.media), external_id=entry.external_id)

    def _withdraw(self, activity_id: str, *, is_elsewhere: bool) -> None:
        """What may no longer leave and has not left yet, stays: unless it came another way too.

        ``is_elsewhere``: nothing forbids to speak of it; the customer has no part in it any more.
        """
        copies = self._ledger.where("activity_id", activity_id)
        if any(copy["state"] == "stored" for copy in copies):
            return
        self._withdrawn[activity_id] = None
        for row in self._queued.get(activity_id, ()):
            row.update(state="withdrawn", payload=None, settled_at=self._now)
        if self._recordings.get(activity_id) is not None:
            self._recordings.drop(activity_id)
        if self._upcoming.get(activity_id) is not None and not is_elsewhere:
            self._upcoming.drop(activity_id)
        # Its number goes on from here, should it be admitted again.
        if self._activities.get(activity_id) is not None:
            self._activities.put(activity_id, digest="")


_newest = outbox.alias()
_OFFER_AGAIN = (
    update(outbox)
    .where(
        outbox.c.state == "quarantined",
        outbox.c.last_error.in_(LOOK_AGAIN_CODES),
        outbox.c.revision
        == select(func.max(_newest.c.revision))
        .where(_newest.c.activity_id == outbox.c.activity_id)
        .scalar_subquery(),
    )
    .values(state="pending", attempts=0, suspicion=0, not_before="")
)
"""The same as before, seen again: if the server had refused its customer, ask anew."""

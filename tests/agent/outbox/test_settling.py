"""Pages are settled many items at a time; what comes of it is what one by one would have made."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from agent.outbox import schema
from agent.outbox.pages import LOOK_AGAIN_CODES, UNKNOWN_CUSTOMER, Entry, Page
from agent.outbox.payload import Payload
from agent.outbox.settling import Settling
from agent.outbox.store import Store
from agent.outbox.together import GENERATION_STEP
from agent.testing import FrozenClock
from tests.agent.making import activity

CLOCK = FrozenClock()
NOW = CLOCK.now()
IDS = ("inbox/1", "inbox/2", "sent/1", "sent/2")
KEYS = ("x", "y", "z")
REFUSED = "not_your_customer"
assert REFUSED in LOOK_AGAIN_CODES


@dataclass
class Books:
    """What the store holds, told as plainly as possible: one item after the other."""

    generation: int
    ledger: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    activities: dict[str, dict[str, Any]] = field(default_factory=dict)
    outbox: list[dict[str, Any]] = field(default_factory=list)
    recordings: dict[str, dict[str, Any]] = field(default_factory=dict)
    cursors: dict[str, list[Any]] = field(default_factory=dict)

    def settle(self, page: Page) -> None:
        for prefix in page.emptied:
            rows = sorted(key for key, row in self.ledger.items() if not row["gone"])
            for source, external_id in rows:
                if source == page.source and external_id.startswith(prefix):
                    self._forget(source, external_id)
        for external_id in page.removed:
            self._forget(page.source, external_id)
        for entry in page.entries:
            self._enter(page.source, entry)
        if page.cursor is not None:
            self.cursors.setdefault(page.source, ["", False])[0] = page.cursor

    def _forget(self, source: str, external_id: str) -> None:
        row = self.ledger.get((source, external_id))
        if row is None:
            return
        elsewhere = any(
            key[0] == source and other is not row and not other["gone"]
            for key, other in self._copies(row["activity_id"])
        )
        if row["state"] == "stored" and row["activity_id"] is not None and not elsewhere:
            row["gone"] = True
        else:
            del self.ledger[source, external_id]

    def _copies(self, activity_id: str | None) -> list[tuple[tuple[str, str], dict[str, Any]]]:
        return [item for item in self.ledger.items() if item[1]["activity_id"] == activity_id]

    def _enter(self, source: str, entry: Entry) -> None:
        key = (source, entry.external_id)
        blank = {"version": entry.version, "activity_id": None, "thread": None, "folder": ""}
        before = self.ledger.get(key)
        row = self.ledger.setdefault(key, blank)
        changed = before is not None and before["version"] not in ("", entry.version)
        row.update(state=entry.state, code=entry.code, gone=False)
        if entry.state != "pending":
            row["version"] = entry.version
        row["folder"] = entry.folder or row["folder"]
        if entry.identity is not None:
            row.update(activity_id=entry.activity_id, thread=entry.thread)
        if entry.activity_id is not None:
            for other, copy in self._copies(entry.activity_id):
                if other[0] == source and other != key and copy["gone"]:
                    del self.ledger[other]
        if entry.activity is not None:
            self._store(source, entry, changed=changed)
        elif entry.state == "excluded" and entry.activity_id is not None:
            self._withdraw(entry.activity_id)

    def _store(self, source: str, entry: Entry, *, changed: bool) -> None:
        assert entry.activity is not None
        told, key, digest = (
            entry.activity,
            str(entry.activity.id),
            Payload.of(entry.activity).digest,
        )
        held = self.activities.get(key)
        queued = [row for row in self.outbox if row["activity_id"] == key]
        recording = self.recordings.get(key)
        if held is None:
            held = {"source": source, "revision": 1}
        elif held["source"] != source and held["digest"] and not changed:
            return
        elif held["digest"] == digest:
            newest = max(queued, key=lambda row: row["revision"], default=None)
            if newest and newest["state"] == "quarantined" and newest["last_error"] == REFUSED:
                newest["state"] = "pending"
            if entry.media is not None and recording and recording["state"] == "waiting":
                recording["external_id"] = entry.external_id
            return
        else:
            held = dict(held, next=held["revision"] + 1)
            if told.kind != "call":
                held["next"] = max(held["next"], self.generation * GENERATION_STEP + 2)
        revision = held.pop("next", 1)
        self.activities[key] = dict(held, digest=digest, customer_id=told.match.customer_id)
        if entry.media is not None:
            fresh = {"source": source, "external_id": entry.external_id, "state": "waiting"}
            self.recordings[key] = fresh
            if recording is not None and recording["state"] == "done":
                return
        self.activities[key]["revision"] = revision
        self.outbox.append(
            {"activity_id": key, "revision": revision, "state": "pending", "last_error": ""}
        )
        for (other, _), row in self.ledger.items():
            if told.thread and row["thread"] == told.thread and row["code"] == UNKNOWN_CUSTOMER:
                self.cursors.get(other, [None, None])[1] = True

    def _withdraw(self, activity_id: str) -> None:
        if any(row["state"] == "stored" for _, row in self._copies(activity_id)):
            return
        for row in self.outbox:
            if row["activity_id"] == activity_id and row["state"] == "pending":
                row["state"] = "withdrawn"
        self.recordings.pop(activity_id, None)
        if activity_id in self.activities:
            self.activities[activity_id]["digest"] = ""

    def refuse(self) -> None:
        """The server takes nothing of what waits."""
        for row in self.outbox:
            if row["state"] == "pending":
                row.update(state="quarantined", last_error=REFUSED)

    def listen(self) -> None:
        for row in self.recordings.values():
            row["state"] = "done"


def held_by(store: Store, like: Books) -> Books:
    """What stands in the tables, in the model's words."""
    with store.database.read() as tx:

        def rows(table: Any) -> list[Any]:
            return list(tx.execute(select(table)).mappings())

        def some(row: Any, names: Sequence[str]) -> dict[str, Any]:
            return {name: row[name] for name in names}

        noted = ("version", "activity_id", "thread", "folder", "state", "code", "gone")
        told = ("source", "revision", "digest", "customer_id")
        sent = ("activity_id", "revision", "state", "last_error")
        heard = ("source", "external_id", "state")
        return Books(
            like.generation,
            {(row["source"], row["external_id"]): some(row, noted) for row in rows(schema.ledger)},
            {row["activity_id"]: some(row, told) for row in rows(schema.activities)},
            [some(row, sent) for row in rows(schema.outbox)],
            {row["activity_id"]: some(row, heard) for row in rows(schema.recordings)},
            {row["source"]: [row["cursor"], row["look_again"]] for row in rows(schema.cursors)},
        )


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    key = draw(st.sampled_from(KEYS))
    state = draw(st.sampled_from(("stored", "stored", "stored", "excluded", "pending", "failed")))
    common: dict[str, Any] = {
        "external_id": draw(st.sampled_from(IDS)),
        "version": draw(st.sampled_from(("1", "2", ""))),
        "folder": draw(st.sampled_from(("", "Inbox"))),
    }
    if state == "pending":
        return Entry(state="pending", code="growing", **common)
    named: dict[str, Any] = {"identity": f"mid:{key}@mail", **common}
    if state == "failed":
        return Entry(state="quarantined", code="item_failed", **named)
    thread = draw(st.sampled_from((None, "t1", "t2")))
    kind = draw(st.sampled_from(("mail", "mail", "call")))
    text = draw(st.sampled_from(("好的", "不行")))
    said = activity(key, kind=kind, text=text, thread=thread)
    named |= {"activity_id": str(said.id), "thread": thread}
    if state == "excluded":
        code = draw(st.sampled_from((UNKNOWN_CUSTOMER, "private")))
        return Entry(state="excluded", code=code, **named)
    return Entry(
        state="stored", activity=said, media=Path("/a.wav") if kind == "call" else None, **named
    )


pages = st.builds(
    Page,
    source=st.sampled_from(("mail", "other")),
    cursor=st.sampled_from((None, "c1", "c2")),
    entries=st.lists(entries(), max_size=6).map(tuple),
    removed=st.lists(st.sampled_from(IDS), max_size=3).map(tuple),
    emptied=st.lists(st.sampled_from(("inbox/", "sent/", "sent/1")), max_size=2).map(tuple),
)
steps = st.lists(st.one_of(pages, pages, st.sampled_from(("refuse", "listen"))), max_size=8)


class Killed(Exception):
    pass


@pytest.fixture(scope="module")
def reused(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = Store.open(tmp_path_factory.mktemp("state"), clock=CLOCK)
    yield store
    store.close()


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=steps, crashes=st.sets(st.integers(0, 7)), generation=st.sampled_from((0, 2)))
def test_a_page_comes_to_the_same_as_its_items_one_by_one(
    reused: Store, steps: list[Page | str], crashes: set[int], generation: int
) -> None:
    store = reused
    with store.database.write() as tx:
        for table in schema.metadata.sorted_tables:
            tx.execute(delete(table))
    books = Books(generation)
    for number, step in enumerate(steps):
        with store.database.write() as tx:
            if step == "refuse":
                pending = schema.outbox.c.state == "pending"
                fate = {"state": "quarantined", "last_error": REFUSED}
                tx.execute(update(schema.outbox).where(pending).values(fate))
                books.refuse()
            elif step == "listen":
                tx.execute(update(schema.recordings).values(state="done"))
                books.listen()
        if isinstance(step, Page):
            put(store, step, generation, kill=number in crashes)
            books.settle(step)
        assert held_by(store, books) == books


def put(store: Store, page: Page, generation: int, *, kill: bool) -> None:
    """Store a page; ``kill``: die right before the commit first, and start over."""
    if kill:
        with suppress(Killed), store.database.write() as tx:
            Settling(tx, now=NOW, generation=generation).settle(page)
            raise Killed
    with store.database.write() as tx:
        Settling(tx, now=NOW, generation=generation).settle(page)


def test_a_page_of_any_size_is_settled_as_one(tmp_path: Path) -> None:
    """More items than one statement takes; the second half are copies of the first."""
    names = [f"k{number}" for number in range(700)]
    everything = [
        Entry(
            external_id=f"{folder}/{name}",
            version="1",
            state="stored",
            identity=f"mid:{name}@mail",
            activity_id=str(activity(name).id),
            activity=activity(name),
        )
        for folder in ("inbox", "archive")
        for name in names
    ]
    store = Store.open(tmp_path, clock=CLOCK)
    try:
        store.put(Page(source="mail", cursor="c", entries=tuple(everything)), now=NOW)
        assert store.queue.status().pending == len(names)
        gone = Page(source="mail", cursor="d", emptied=("inbox/",))
        store.put(gone, now=NOW)
        counts = store.ledger.counts("mail")
        assert (counts.seen, counts.stored) == (len(names), len(names))
        store.put(Page(source="mail", cursor="e", emptied=("archive/",)), now=NOW)
        assert store.ledger.counts("mail").stored == len(names), "captured stays on the books"
    finally:
        store.close()

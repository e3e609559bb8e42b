import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from agent.contract.activity import Activity
from agent.outbox.pages import Entry, Page
from agent.outbox.passes import Request
from agent.outbox.schema import outbox, recordings
from agent.outbox.store import Store
from agent.testing import FrozenClock
from tests.agent.making import activity

CLOCK = FrozenClock()
NOW = CLOCK.now()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "state", clock=CLOCK)
    yield opened
    opened.close()


def stored(key: str, item: Activity | None = None, **fields: Any) -> Entry:
    item = item or activity(key)
    return Entry(
        external_id=fields.pop("external_id", key),
        version=fields.pop("version", "1"),
        state="stored",
        identity=f"mid:{key}@mail",
        activity_id=str(item.id),
        thread=item.thread,
        activity=item,
        **fields,
    )


def excluded(key: str, rule: str, **fields: Any) -> Entry:
    return Entry(
        external_id=fields.pop("external_id", key),
        version=fields.pop("version", "1"),
        state="excluded",
        code=rule,
        identity=f"mid:{key}@mail",
        activity_id=str(activity(key).id),
        **fields,
    )


def page(*entries: Entry, source: str = "mail", cursor: str | None = "c1", **fields: Any) -> Page:
    return Page(source=source, cursor=cursor, entries=entries, **fields)


def rows(store: Store) -> list[tuple[str, int, str]]:
    with store.database.read() as tx:
        found = tx.execute(select(outbox).order_by(outbox.c.seq)).all()
    return [(row.activity_id, row.revision, row.state) for row in found]


def test_a_page_is_stored_with_its_cursor(store: Store) -> None:
    store.put(page(stored("a"), excluded("b", "private")), now=NOW)
    counts = store.ledger.counts("mail")
    assert (counts.seen, counts.stored, counts.excluded) == (2, 1, {"private": 1})
    assert store.cursors.begin("mail") == "c1"
    assert store.queue.status().pending == 1


def test_storing_a_page_again_changes_nothing(store: Store) -> None:
    for _ in range(3):
        store.put(page(stored("a"), stored("b"), excluded("c", "internal")), now=NOW)
    assert [revision for _, revision, _ in rows(store)] == [1, 1]
    assert store.ledger.counts("mail").seen == 3


def test_the_order_of_pages_does_not_matter(tmp_path: Path) -> None:
    pages = [page(stored("a")), page(stored("b"), stored("a")), page(excluded("c", "private"))]
    outcomes = []
    for number, order in enumerate((pages, pages[::-1], [*pages, *pages])):
        store = Store.open(tmp_path / str(number), clock=CLOCK)
        for one in order:
            store.put(one, now=NOW)
        counts = store.ledger.counts("mail")
        outcomes.append((sorted(rows(store)), counts.seen, counts.stored, counts.excluded))
        store.close()
    assert outcomes[0] == outcomes[1] == outcomes[2]


def test_a_changed_item_is_the_next_revision_of_the_same_activity(store: Store) -> None:
    store.put(page(stored("a")), now=NOW)
    changed = activity("a", text="改过了")
    store.put(page(stored("a", changed, version="2")), now=NOW)
    assert [(key, revision) for key, revision, _ in rows(store)] == [
        (str(changed.id), 1),
        (str(changed.id), 2),
    ]
    leased = store.queue.lease(10, now=NOW)
    assert [json.loads(item.payload)["revision"] for item in leased] == [1, 2]
    assert store.ledger.counts("mail").seen == 1


def test_two_sources_that_see_one_item_tell_it_once(store: Store) -> None:
    store.put(page(stored("a"), source="inbox"), now=NOW)
    other = activity("a", source="other", text="the same, cleaned otherwise")
    store.put(page(stored("a", other, external_id="UID 7"), source="imap"), now=NOW)
    assert len(rows(store)) == 1
    assert store.ledger.counts("imap").stored == 1


def test_a_change_that_the_second_source_sees_is_told(store: Store) -> None:
    store.put(page(stored("a"), source="old name"), now=NOW)
    store.put(page(stored("a"), source="new name"), now=NOW)
    changed = activity("a", text="改过了")
    store.put(page(stored("a", changed, version="2"), source="new name"), now=NOW)
    store.put(page(stored("a", changed, version="2"), source="old name"), now=NOW)
    assert [revision for _, revision, _ in rows(store)] == [1, 2]


def test_a_moved_item_takes_its_row_along(store: Store) -> None:
    store.put(page(stored("a", external_id="in/a")), now=NOW)
    moved = page(stored("a", external_id="done/a"), cursor="c2", removed=("in/a",))
    store.put(moved, now=NOW)
    assert store.ledger.counts("mail").seen == 1
    assert len(rows(store)) == 1


def test_removed_first_and_found_again_later_is_one_item(store: Store) -> None:
    store.put(page(stored("a", external_id="in/a")), now=NOW)
    store.put(page(cursor="c2", removed=("in/a",)), now=NOW)
    assert store.ledger.counts("mail").stored == 1
    store.put(page(stored("a", external_id="done/a"), cursor="c3"), now=NOW)
    assert store.ledger.counts("mail").seen == 1


def test_what_was_never_captured_leaves_the_books_with_its_file(store: Store) -> None:
    waiting = Entry(external_id="w", version="1", state="pending", code="item_growing")
    store.put(page(stored("a"), excluded("b", "private"), waiting), now=NOW)
    store.put(page(cursor="c2", removed=("a", "b", "w")), now=NOW)
    counts = store.ledger.counts("mail")
    assert (counts.seen, counts.stored, counts.excluded, counts.pending) == (1, 1, {}, 0)


def test_an_item_that_is_being_rewritten_stays_what_it_was(store: Store) -> None:
    store.put(page(stored("a")), now=NOW)
    growing = Entry(external_id="a", version="2", state="pending", code="item_growing")
    store.put(page(growing), now=NOW)
    assert store.ledger.counts("mail").pending == 1
    store.put(page(stored("a", activity("a", text="改过了"), version="2")), now=NOW)
    assert [revision for _, revision, _ in rows(store)] == [1, 2]


def test_what_may_no_longer_leave_and_has_not_left_stays_here(store: Store) -> None:
    store.put(page(stored("a")), now=NOW)
    store.put(page(excluded("a", "private", version="2")), now=NOW)
    assert [state for _, _, state in rows(store)] == ["withdrawn"]
    assert store.queue.lease(10, now=NOW) == ()
    with store.database.read() as tx:
        assert tx.execute(select(outbox.c.payload)).scalar_one() is None


def test_withdrawn_and_admitted_again_is_sent(store: Store) -> None:
    store.put(page(stored("a")), now=NOW)
    store.put(page(excluded("a", "private", version="2")), now=NOW)
    store.put(page(stored("a", version="3")), now=NOW)
    assert [(revision, state) for _, revision, state in rows(store)] == [
        (1, "withdrawn"),
        (2, "pending"),
    ]


def test_nothing_is_leased_twice(store: Store) -> None:
    store.put(page(*(stored(f"m{n}") for n in range(5))), now=NOW)
    first = store.queue.lease(3, now=NOW)
    second = store.queue.lease(3, now=NOW)
    assert (len(first), len(second)) == (3, 2)
    assert not {item.seq for item in first} & {item.seq for item in second}
    assert store.queue.lease(3, now=NOW) == ()
    store.queue.release()
    assert len(store.queue.lease(9, now=NOW)) == 5


def test_a_retried_item_waits_until_its_time(store: Store) -> None:
    store.put(page(stored("a")), now=NOW)
    later = NOW + timedelta(minutes=5)
    store.queue.retry(store.queue.lease(1, now=NOW), at=later, code="http_503", suspect=False)
    assert store.queue.lease(1, now=later - timedelta(seconds=1)) == ()
    assert store.queue.next_due() == later
    assert len(store.queue.lease(1, now=later)) == 1


def test_a_person_who_asks_need_not_wait(store: Store) -> None:
    store.put(page(stored("a")), now=NOW)
    later = NOW + timedelta(days=1)
    store.queue.retry(store.queue.lease(1, now=NOW), at=later, code="http_503", suspect=False)
    assert len(store.queue.lease(1, now=NOW, all_due=True)) == 1


def test_a_suspect_item_travels_alone_and_last(store: Store) -> None:
    store.put(page(stored("bad"), stored("a"), stored("b")), now=NOW)
    bad = store.queue.lease(1, now=NOW)
    store.queue.release()
    for _ in range(2):
        leased = store.queue.lease(1, now=NOW)
        assert leased == bad or leased[0].activity_id == bad[0].activity_id
        store.queue.retry(leased, at=NOW, code="http_500", suspect=True)
    assert [len(store.queue.lease(10, now=NOW)) for _ in range(3)] == [2, 1, 0]


def test_delivered_keeps_the_row_and_drops_the_text(store: Store) -> None:
    store.put(page(stored("a")), now=NOW)
    store.queue.delivered(store.queue.lease(1, now=NOW), now=NOW)
    with store.database.read() as tx:
        row = tx.execute(select(outbox)).one()
    assert (row.state, row.payload) == ("delivered", None)
    assert store.queue.status().delivered == 1


def test_a_refused_item_is_kept_with_its_text_and_seen_in_the_ledger(store: Store) -> None:
    store.put(page(stored("a")), now=NOW)
    store.queue.quarantine(store.queue.lease(1, now=NOW)[0], code="invalid", now=NOW)
    with store.database.read() as tx:
        assert tx.execute(select(outbox.c.payload)).scalar_one() is not None
    assert store.queue.status().quarantined == 1
    assert store.ledger.counts("mail").quarantined == 1


def test_an_item_refused_for_its_customer_is_offered_again_when_seen_again(store: Store) -> None:
    store.put(page(stored("a"), stored("b")), now=NOW)
    first, second = store.queue.lease(2, now=NOW)
    store.queue.quarantine(first, code="unknown_customer", now=NOW)
    store.queue.quarantine(second, code="invalid", now=NOW)
    assert store.ledger.look_again() == ["mail"]
    assert store.cursors.begin("mail") is None
    store.put(page(stored("a"), stored("b")), now=NOW)
    assert [item.activity_id for item in store.queue.lease(9, now=NOW)] == [first.activity_id]


def test_what_was_refused_as_a_request_can_be_offered_anew(store: Store) -> None:
    store.put(page(stored("a"), stored("b")), now=NOW)
    first, second = store.queue.lease(2, now=NOW)
    store.queue.quarantine(first, code="http_404", now=NOW)
    store.queue.quarantine(second, code="invalid", now=NOW)
    assert store.queue.requeue_refused() == 1
    assert [item.activity_id for item in store.queue.lease(9, now=NOW)] == [first.activity_id]


def test_a_conversation_that_finds_its_customer_has_its_other_items_read_again(
    store: Store,
) -> None:
    lost = Entry(
        external_id="lost",
        version="1",
        state="excluded",
        code="unknown_customer",
        identity="mid:lost",
        activity_id="x",
        thread="t1",
    )
    store.put(page(lost), now=NOW)
    assert not store.cursors.wants_look_again("mail")
    store.put(page(stored("a", activity("a", thread="t1")), cursor="c2"), now=NOW)
    assert store.ledger.conversations(["t1"]).customer("t1", "x") == 1
    assert store.cursors.wants_look_again("mail")
    assert store.cursors.begin("mail") is None
    assert not store.cursors.wants_look_again("mail")


def recording(text: str = "") -> tuple[Activity, Entry]:
    item = activity("call", kind="call", transcript="waiting", text=text)
    return item, stored("call", item, media=Path("/calls/1.wav"), rep_channel="right")


def test_a_call_is_sent_at_once_and_its_words_are_the_next_revision(store: Store) -> None:
    item, entry = recording()
    store.put(page(entry), now=NOW)
    waiting = store.recordings.next_waiting(now=NOW)
    assert waiting is not None
    assert (waiting.path, waiting.rep_channel) == (Path("/calls/1.wav"), "right")
    heard = item.model_copy(update={"text": "你好", "transcript": "done"})
    store.recordings.finish(waiting, heard, now=NOW)
    payloads = [json.loads(leased.payload) for leased in store.queue.lease(9, now=NOW)]
    assert [(p["revision"], p["transcript"]) for p in payloads] == [(1, "waiting"), (2, "done")]
    assert store.recordings.next_waiting(now=NOW) is None
    assert store.recordings.counts() == {"done": 1}


def test_finishing_a_recording_twice_tells_it_once(store: Store) -> None:
    item, entry = recording()
    store.put(page(entry), now=NOW)
    waiting = store.recordings.next_waiting(now=NOW)
    assert waiting is not None
    for _ in range(2):
        store.recordings.finish(waiting, item, now=NOW)
    assert [revision for _, revision, _ in rows(store)] == [1, 2]


def test_a_changed_call_is_heard_again_and_never_loses_its_words_meanwhile(store: Store) -> None:
    item, entry = recording()
    store.put(page(entry), now=NOW)
    waiting = store.recordings.next_waiting(now=NOW)
    assert waiting is not None
    store.recordings.finish(waiting, item.model_copy(update={"text": "你好"}), now=NOW)
    moved = item.model_copy(update={"subject": "改过的文件名"})
    store.put(page(stored("call", moved, version="2", media=Path("/calls/2.wav"))), now=NOW)
    assert [revision for _, revision, _ in rows(store)] == [1, 2]
    again = store.recordings.next_waiting(now=NOW)
    assert again is not None
    assert again.path == Path("/calls/2.wav")


def test_a_recording_that_moved_while_it_waits_is_found(store: Store) -> None:
    item, entry = recording()
    store.put(page(entry), now=NOW)
    there = stored("call", item, external_id="elsewhere", media=Path("/archive/1.wav"))
    store.put(page(there), now=NOW)
    waiting = store.recordings.next_waiting(now=NOW)
    assert waiting is not None
    assert waiting.path == Path("/archive/1.wav")


def test_a_withdrawn_call_is_not_listened_to(store: Store) -> None:
    item, entry = recording()
    store.put(page(entry), now=NOW)
    waiting = store.recordings.next_waiting(now=NOW)
    assert waiting is not None
    gone = Entry(
        external_id="call",
        version="2",
        state="excluded",
        code="excluded_address",
        identity="x",
        activity_id=str(item.id),
    )
    store.put(page(gone), now=NOW)
    store.recordings.finish(waiting, item, now=NOW)
    assert [state for _, _, state in rows(store)] == ["withdrawn"]
    with store.database.read() as tx:
        assert tx.execute(select(recordings)).all() == []


def test_the_audit_names_what_the_books_do_not_know(store: Store) -> None:
    store.put(page(stored("a"), excluded("b", "private")), now=NOW)
    assert store.proof.missing("mail", ["a", "b", "c"]) == {"c"}


def test_passes_are_asked_for_and_answered(store: Store) -> None:
    assert store.passes.open() == ()
    first = store.passes.ask(now=NOW)
    second = store.passes.ask("audit", now=NOW, sources=["邮箱", "a"])
    assert store.passes.open() == (
        Request(first, "pass"),
        Request(second, "audit", ("邮箱", "a")),
    )
    store.passes.answer([first], now=NOW)
    assert (store.passes.is_done(first), store.passes.is_done(second)) == (True, False)
    store.passes.answer([second], now=NOW)
    assert store.passes.open() == ()


def test_a_notice_is_remembered_and_told_once(store: Store) -> None:
    store.notices.note({1: "shown", 2: "unavailable"}, now=NOW)
    assert store.notices.not_shown([1, 2, 3]) == {2, 3}
    assert store.notices.untold() == {1: "shown", 2: "unavailable"}
    store.notices.told({1: "shown", 2: "unavailable"})
    store.notices.note({2: "unavailable"}, now=NOW)
    assert store.notices.untold() == {}
    store.notices.note({2: "shown"}, now=NOW)
    assert store.notices.untold() == {2: "shown"}

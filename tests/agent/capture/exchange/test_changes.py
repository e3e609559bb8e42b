"""Exactly what changed is told, and nothing else."""

import pytest

from agent.capture.exchange.cursor import folder_prefix, item_id, mark
from tests.agent.capture.exchange.box import Box, mail


def test_edits_reads_moves_and_deletes_are_exactly_those(box: Box) -> None:
    store = box.store
    ids = [box.deliver(n) for n in range(10)]
    customers = store.add_folder(store.inbox, "客户")
    first = box.read()
    assert len(first.mails) == 10
    version = {one.external_id: one.version for one in first.mails}

    store.set_read(ids[0])
    store.set_read(ids[1], is_read=False)
    store.change(ids[2], body="改过了")
    store.remove(ids[3])
    there = store.move(ids[4], customers)
    new = box.deliver(11, ago_h=0)
    box.cursor = first.cursor
    second = box.read_on()

    inbox = store.inbox
    came = {one.external_id: one for one in second.mails}
    moved, edited = item_id(customers, there), item_id(inbox, ids[2])
    assert set(came) == {edited, item_id(inbox, new), moved}
    assert sorted(second.removed) == sorted([item_id(inbox, ids[3]), item_id(inbox, ids[4])])
    assert came[edited].version != version[edited]
    assert came[moved].identity == "mid:<4@customer.example>"
    assert came[moved].version == version[item_id(inbox, ids[4])]
    assert came[moved].folder == "收件箱/客户"
    assert box.read_on().batches == []
    box.cursor = first.cursor
    again = box.read_on()
    assert {one.external_id for one in again.mails} == set(came), "the old mark tells the same"


def test_reading_a_mail_changes_no_version(box: Box) -> None:
    id_ = box.deliver(0)
    before = box.read().mails[0].version
    box.store.set_read(id_)
    assert box.read_on().captures == []
    assert box.read().mails[0].version == before


def test_a_change_that_says_nothing_new_has_the_same_version(box: Box) -> None:
    id_ = box.deliver(0)
    before = box.read().mails[0].version
    box.store.change(id_)  # as a flag for follow-up does
    (after,) = box.read_on().mails
    assert after.version == before


def test_a_move_there_and_back_is_the_same_mail(box: Box) -> None:
    id_ = box.deliver(0)
    customers = box.store.add_folder(box.store.inbox, "客户")
    identity = box.read().mails[0].identity
    there = box.store.move(id_, customers)
    back = box.store.move(there, box.store.inbox)
    taken = box.read_on()
    assert [one.identity for one in taken.mails] == [identity]
    assert [one.external_id for one in taken.mails] == [item_id(box.store.inbox, back)]
    assert item_id(box.store.inbox, id_) in taken.removed


def test_news_come_before_the_backfill_goes_on(box: Box) -> None:
    for n in range(600):
        box.deliver(n)
    walked = box.read(pages=4)
    assert len(walked.mails) == 0, "the folders are walked first, without a single mail"
    part = box.read(walked.cursor, pages=2)
    assert [one.identity for one in part.mails[:2]] == [
        "mid:<0@customer.example>",
        "mid:<1@customer.example>",
    ]
    new = box.deliver(1000, ago_h=0)
    rest = box.read_on()
    assert rest.mails[0].external_id == item_id(box.store.inbox, new)
    taken = [one.external_id for one in (*part.mails, *rest.mails)]
    assert len(set(taken)) == len(taken) == 601


def test_a_long_backfill_is_interrupted_for_news(box: Box) -> None:
    for n in range(600):
        box.deliver(n)
    source = box.build()
    seen: list[str] = []
    for batch in source.poll(None):
        seen += [one.identity for one in batch.captures]
        if len(seen) == 250:
            box.deliver(1000, ago_h=0)
            box.clock.forward(61)
    source.close()
    assert seen[250] == "mid:<1000@customer.example>"
    assert len(seen) == len(set(seen)) == 601


def test_backfill_is_newest_first_over_all_folders(box: Box) -> None:
    folders = [box.store.inbox, box.store.sent, box.store.add_folder(box.store.inbox, "客户")]
    for n in range(300):
        box.deliver(n, folder=folders[n * 7 % 3])
    taken = box.read()
    order = [int(one.identity[5:].partition("@")[0]) for one in taken.mails]
    pages = [[int(one.identity[5:].partition("@")[0]) for one in b.captures] for b in taken.batches]
    assert sorted(order) == list(range(300))
    last = -1
    for page in filter(None, pages):
        assert min(page) > last, "no page holds what is newer than the page before"
        last = max(page)
    assert [batch.total for batch in taken.batches if batch.captures] == [300, 300]


def test_mails_of_one_second_are_all_taken(box: Box) -> None:
    """Exchange keeps fractions of a second and shows none: pages must not end between them."""
    at = box.clock.now().replace(microsecond=0)
    for n in range(1_300):
        box.put(mail(n), received=at.replace(hour=8, microsecond=n * 700))
    pages = 3 + 1_300 // 250
    cursor, taken = None, []
    for _ in range(pages + 8):
        part = box.read(cursor, pages=1)
        if not part.batches:
            break
        cursor = part.cursor
        taken += [one.identity for one in part.mails]
    assert len(taken) == len(set(taken)) == 1_300


@pytest.mark.parametrize(
    "way", ["shuffled changes", "unsorted lists", "unrestricted lists", "short pages"]
)
def test_a_server_may_answer_in_its_own_way(box: Box, way: str) -> None:
    operations = box.server.operations
    operations.shuffles = way == "shuffled changes"
    operations.sorts = way != "unsorted lists"
    operations.restricts = way != "unrestricted lists"
    operations.lists_limit = 7 if way == "short pages" else 100
    for n in range(350):
        box.deliver(n)
    box.deliver(300_000)
    taken = box.read()
    assert len(taken.mails) == len({one.identity for one in taken.mails}) == 350
    for n in range(400, 420):
        box.deliver(n, ago_h=0)
    assert len(box.read_on().mails) == 20
    assert len(box.inventory()) == 370


def test_the_window_is_kept_and_can_grow(box: Box) -> None:
    for days in (1, 20, 100, 400):
        box.deliver(days, ago_h=days * 24)
    assert len(box.read(since_days=30).mails) == 2
    assert len(box.inventory(since_days=30)) == 2
    assert [one.identity for one in box.read_on(since_days=180).mails] == [
        "mid:<100@customer.example>"
    ]
    assert len(box.read_on(since_days=3650).mails) == 1
    assert box.read_on(since_days=30).captures == []
    old = box.deliver(401, ago_h=401 * 24)
    assert box.read_on(since_days=30).captures == [], "an old mail that is moved in stays old"
    box.store.remove(old)


@pytest.mark.parametrize("leaves_out", [False, True], ids=["as documented", "elements left out"])
@pytest.mark.parametrize("when", ["at rest", "in the middle of the backfill"])
def test_a_lost_mark_costs_nothing(box: Box, when: str, *, leaves_out: bool) -> None:
    box.server.operations.leaves_out = leaves_out
    ids = [box.deliver(n) for n in range(400)]
    first = box.read(pages=None if when == "at rest" else 4)
    box.server.operations.forget_states()
    box.store.remove(ids[5])
    box.store.change(ids[6], body="改过了")
    box.deliver(500, ago_h=0)
    second = box.read_on()
    assert folder_prefix(mark(box.store.inbox)) in second.emptied
    held = {one.external_id: one for one in first.mails}
    prefixes = tuple(second.emptied)
    held = {id_: one for id_, one in held.items() if not id_.startswith(prefixes)}
    for one in second.mails:
        assert one.external_id not in held, "nothing comes twice after it was emptied"
        held[one.external_id] = one
    assert sorted(held) == box.inventory()
    assert {one.identity for one in held.values()} == {
        f"mid:<{n}@customer.example>" for n in (*range(400), 500) if n != 5
    }
    assert box.read_on().batches == []


def test_folders_by_path_with_what_lies_below(box: Box) -> None:
    store = box.store
    customers = store.add_folder(store.root, "客户")
    suzhou = store.add_folder(customers, "苏州")
    private = store.add_folder(store.inbox, "私人")
    deep = store.add_folder(private, "家")
    for n, folder in enumerate((store.inbox, customers, suzhou, private, deep, store.drafts)):
        box.deliver(n, folder=folder)
    chosen = {"folders": ["inbox", "客户"], "exclude_folders": ["收件箱/私人"]}
    taken = box.read(**chosen)  # type: ignore[arg-type]
    assert {one.folder for one in taken.mails} == {"收件箱", "客户", "客户/苏州"}
    assert len(box.inventory(**chosen)) == 3
    fewer = box.read_on(folders=["inbox"], exclude_folders=["收件箱/私人"])
    assert sorted(fewer.emptied) == sorted(folder_prefix(mark(one)) for one in (customers, suzhou))
    assert fewer.mails == []


def test_contacts_and_tasks_in_a_mail_folder_are_no_mails(box: Box) -> None:
    for n, name in enumerate(("IPM.Contact", "IPM.Task", "IPM.StickyNote")):
        box.store.change(box.deliver(n), item_class=name)
    kept = box.deliver(5)
    box.store.change(kept, item_class="IPM.Note.MyForm")
    assert len(box.read().mails) == 1
    assert box.inventory() == [item_id(box.store.inbox, kept)]


def test_time_that_passes_is_no_news(box: Box) -> None:
    for n in range(3):
        box.deliver(n)
    box.read()
    for seconds in (60, 3_600, 60):
        box.clock.forward(seconds)
        assert box.read_on().batches == []
    box.clock.forward(2 * 86_400)
    assert box.read_on().captures == []
    assert box.read_on().batches == []

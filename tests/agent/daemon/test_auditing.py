"""Is anything missing? What the audit finds, mends and reports."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from agent.capture.base import Batch, Seen
from agent.daemon.auditreport import audit_report
from agent.errors import SourceLacks, SourceUnavailable
from agent.outbox.proof import UNPROVEN
from agent.outbox.schema import activities, ledger, outbox
from agent.outbox.store import Store
from agent.testing import FrozenClock, ListSource
from tests.agent.daemon.turns import Bench, bench
from tests.agent.making import Laptop, mail


class CountedSource(ListSource):
    """Counts what an audit costs."""

    def __init__(self, *items: Any, **fields: Any) -> None:
        super().__init__(list(items), **fields)
        self.inventories = 0
        self.beginnings = 0
        self.hidden: list[str] = []
        """The source names them and never hands them out."""

    def poll(self, cursor: str | None) -> Iterator[Batch]:
        self.beginnings += cursor is None
        return super().poll(cursor)

    def inventory(self) -> Iterator[str]:
        self.inventories += 1
        yield from super().inventory()
        yield from self.hidden


def report(here: Bench, **fields: Any) -> dict[str, Any]:
    told: Any = audit_report(
        here.store, here.settings.sources, asked_at=here.clock.now(), **fields
    )["sources"]
    found: dict[str, Any] = told["mail"]
    return found


def equation(found: dict[str, Any]) -> bool:
    parts = ("stored", "pending", "quarantined", "unexplained")
    return bool(
        found["seen"] == sum(found[part] for part in parts) + sum(found["excluded"].values())
    )


def test_every_item_of_the_mailbox_is_accounted_for(tmp_path: Path) -> None:
    source = CountedSource(
        mail("a", folder="收件箱"),
        mail("b", sender="someone@else.example", folder="收件箱"),
        mail("c", sensitivity="private", folder="已发送"),
        mail("d", sender="hanmei@us.example", folder="收件箱"),
    )
    source.broken = [Seen("torn", "1", "item_damaged")]
    with bench(tmp_path, source) as here:
        here.turn(True)
        found = report(here)
    assert found["complete"]
    assert found["complete_to"] == here.clock.now().isoformat()
    assert (found["seen"], found["stored"], found["quarantined"]) == (5, 1, 1)
    assert found["excluded"] == {"internal": 1, "private": 1, "unknown_customer": 1}
    assert {name: counts["seen"] for name, counts in found["folders"].items()} == {
        "": 1,
        "已发送": 1,
        "收件箱": 3,
    }
    assert equation(found)


def test_what_a_cursor_passed_over_is_fetched(tmp_path: Path) -> None:
    source = CountedSource(mail("a"))
    with bench(tmp_path, source) as here:
        here.turn(False)
        source.items.append(mail("skipped"))
        source.passed_over.add("item-skipped")
        here.turn(True)
        found = report(here)
    assert (found["seen"], found["stored"], found["unexplained"]) == (2, 2, 0)
    assert source.beginnings == 2


def test_what_cannot_be_fetched_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    source = CountedSource(mail("a"))
    source.hidden = ["nobody-knows"]
    with bench(tmp_path, source) as here:
        here.turn(True)
        found = report(here)
        assert not found["complete"]
        assert found["complete_to"] is None
        assert found["unexplained_items"] == ["nobody-knows"]
        assert equation(found)
        assert here.status().unexplained == 1
        source.hidden = []
        here.turn(True)
        assert report(here)["complete"]


def test_a_daily_audit_does_not_read_everything_again_in_vain(tmp_path: Path) -> None:
    source = CountedSource(mail("a"))
    source.hidden = ["nobody-knows"]
    with bench(tmp_path, source) as here:
        here.turn(False)
        assert source.beginnings == 2
    for _ in range(3):  # and a restart makes no difference
        with bench(tmp_path, source, clock=here.clock) as here:
            here.clock.advance(days=1, minutes=1)
            here.turn(False)
    assert source.beginnings == 2
    with bench(tmp_path, source, clock=here.clock) as here:
        here.turn(True)
    assert source.beginnings == 3


def test_a_mailbox_is_audited_daily_by_the_calendar(tmp_path: Path) -> None:
    source = CountedSource(mail("a"))
    clock = FrozenClock()
    with bench(tmp_path, source, clock=clock) as here:
        for _ in range(5):
            here.turn(False)
            clock.advance(minutes=1)
        assert source.inventories == 1
        clock.advance(days=3)  # the laptop slept
        here.turn(False)
        assert source.inventories == 2
    with bench(tmp_path, source, clock=clock) as here:
        here.turn(False)
        assert source.inventories == 2
        clock.advance(hours=24)
        here.turn(False)
        assert source.inventories == 3
        clock.advance(days=-30)  # the clock had been wrong
        here.turn(False)
        assert source.inventories == 4


def test_a_folder_is_compared_at_each_turn_its_books_daily(tmp_path: Path) -> None:
    source = CountedSource(mail("a"), watched=tmp_path)
    with bench(tmp_path, source) as here:
        here.turn(False)
        first = here.status().audited_at
        here.clock.advance(minutes=5)
        here.turn(False)
        assert source.inventories == 2
        assert here.status().audited_at == first
        assert here.status().complete_to == here.clock.now()


def test_what_is_gone_from_the_mailbox_is_counted_apart(tmp_path: Path) -> None:
    source = CountedSource(*(mail(f"m{n}") for n in range(4)), mail("x", sensitivity="private"))
    with bench(tmp_path, source) as here:
        here.turn(True)
        source.items = source.items[:2]
        source.page = 10
        here.store.cursors.reset("mail")
        here.turn(True)
        found = report(here)
        assert (found["seen"], found["stored"], found["gone"]) == (2, 2, 2)
        assert found["excluded"] == {}
        assert found["complete"]
        assert here.status().stored == 4


def test_an_item_that_was_reported_gone_and_is_there_again_is_read_again(tmp_path: Path) -> None:
    source = CountedSource(mail("a"), mail("b"))
    with bench(tmp_path, source) as here:
        here.turn(True)
        with here.store.database.write() as tx:
            tx.execute(update(ledger).where(ledger.c.external_id == "item-a").values(gone=True))
        here.turn(True)
        found = report(here)
    assert (found["seen"], found["stored"], found["gone"]) == (2, 2, 0)


def lose_activity(store: Store) -> None:
    with store.database.write() as tx:
        tx.execute(delete(activities))


def lose_outbox(store: Store) -> None:
    with store.database.write() as tx:
        tx.execute(delete(outbox))


def lose_both(store: Store) -> None:
    lose_activity(store)
    lose_outbox(store)


def lose_text(store: Store) -> None:
    with store.database.write() as tx:
        tx.execute(update(outbox).values(state="pending", payload=None))


def lose_answer(store: Store) -> None:
    with store.database.write() as tx:
        tx.execute(update(outbox).values(settled_at=None))


def withdraw(store: Store) -> None:
    with store.database.write() as tx:
        tx.execute(update(outbox).values(state="withdrawn"))


def lose_name(store: Store) -> None:
    with store.database.write() as tx:
        tx.execute(update(ledger).values(activity_id=None))


@pytest.mark.parametrize(
    "lie",
    [lose_activity, lose_outbox, lose_both, lose_answer, withdraw, lose_name],
)
def test_stored_is_a_claim_that_is_checked_and_mended(tmp_path: Path, lie: Any) -> None:
    here = Laptop(tmp_path, {"mail": ListSource([mail("a"), mail("b")])})
    here.once()
    assert len(here.server.recorded) == 2
    with here.working() as agent:
        lie(agent.store)
        assert agent.store.proof.unproven("mail") == 2
    if lie is not lose_name:
        here.server.activities.clear()  # and the server never had them
    told = here.once()
    assert told["audit"]["mail"]["unproven"] == 0
    assert told["sources"]["mail"]["stored"] == 2
    assert told["outbox"]["pending"] == 0
    assert len(here.server.activities) == 2


def test_what_waits_without_a_text_is_no_claim_either(tmp_path: Path) -> None:
    with bench(tmp_path, CountedSource(mail("a"))) as here:
        here.turn(True)
        lose_text(here.store)
        assert here.store.proof.unproven("mail") == 1


def test_a_lie_that_cannot_be_mended_stays_in_the_report(tmp_path: Path) -> None:
    class Fading(CountedSource):
        """Hands an item out once, and only names it from then on."""

        def poll(self, cursor: str | None) -> Iterator[Batch]:
            yield from super().poll(cursor)
            self.hidden = [item.external_id for item in self.items] or self.hidden
            self.items = []

    with bench(tmp_path, Fading(mail("a"))) as here:
        here.turn(True)
        lose_both(here.store)
        here.store.cursors.reset("mail")
        here.turn(True)
        found = report(here)
        assert here.status().unproven == 1
        assert not found["complete"]
        with here.store.database.read() as tx:
            assert tx.execute(select(ledger.c.code)).scalar_one() == UNPROVEN


def test_without_an_inventory_nothing_is_claimed(tmp_path: Path) -> None:
    class Mute(ListSource):
        def inventory(self) -> Iterator[str]:
            raise SourceUnavailable("server_busy", retry_after=600)

    clock = FrozenClock()
    with bench(tmp_path, Mute([mail("a")]), clock=clock) as here:
        assert here.turn(True) == 600
        found = report(here)
        assert (here.status().state, here.status().stored) == ("down", 1)
        assert not found["audited"]
        assert not found["complete"]
        assert found["message"] == "server_busy"


def test_days_leave_out_what_is_known_to_be_older(tmp_path: Path) -> None:
    source = CountedSource(mail("old", day=1), mail("new", day=22))
    source.broken = [Seen("undated", "1", "item_damaged")]
    with bench(tmp_path, source) as here:
        here.turn(True)
        since = here.clock.now().replace(day=20)
        found = report(here, since=since)
    assert (found["seen"], found["stored"], found["quarantined"]) == (2, 1, 1)
    assert equation(found)


class LacksOne(CountedSource):
    """Of the folders in its settings one is not there; it says so last, as mailboxes do."""

    def poll(self, cursor: str | None) -> Iterator[Batch]:
        yield from super().poll(cursor)
        raise SourceLacks("mailbox_folder_missing", source="mail", number=2)

    def inventory(self) -> Iterator[str]:
        yield from super().inventory()
        raise SourceLacks("mailbox_folder_missing", source="mail", number=2)


def test_the_other_folders_are_audited_although_one_is_not_there(tmp_path: Path) -> None:
    source = LacksOne(mail("a"), mail("b"))
    with bench(tmp_path, source) as here:
        here.turn(True)
        status = here.status()
        assert (status.state, status.message) == ("misconfigured", "mailbox_folder_missing")
        assert (status.held, status.stored, status.unexplained) == (2, 2, 0)
        assert not report(here)["complete"]
        source.hidden = ["passed over"]
        here.turn(True)
        assert here.status().unexplained == 1


def test_what_waits_for_the_directory_is_booked_although_a_folder_is_not_there(
    tmp_path: Path,
) -> None:
    source = LacksOne(mail("a"), mail("b"))
    with bench(tmp_path, source, informed=False) as here:
        here.turn(True)
        assert here.status().pending == 2

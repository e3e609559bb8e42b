"""Rules that are new, or asked again at a start, and what waits to be sent."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.contract.activity import Participant
from agent.contract.policy import Exclusions
from agent.outbox.store import Store
from tests.agent.making import activity
from tests.agent.outbox.test_store import CLOCK, NOW, page, stored

PRIVATE = Exclusions(exclude_folders=("私事",))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "state", clock=CLOCK)
    yield opened
    opened.close()


def test_what_lies_in_an_excluded_folder_stays(store: Store) -> None:
    store.put(page(stored("a", folder="私事"), stored("b", folder="Inbox")), now=NOW)
    assert store.recall([PRIVATE], now=NOW) == 1
    counts = store.ledger.counts("mail")
    assert (counts.stored, counts.excluded) == (1, {"excluded_folder": 1})
    assert store.queue.status().pending == 1


def test_a_copy_in_an_excluded_folder_does_not_keep_the_mail_here(store: Store) -> None:
    there = stored("a", external_id="inbox/1", folder="Inbox")
    copy = stored("a", external_id="private/1", folder="私事")
    store.put(page(there, copy), now=NOW)
    assert store.recall([PRIVATE], now=NOW) == 0
    counts = store.ledger.counts("mail")
    assert (counts.stored, counts.excluded) == (1, {"excluded_folder": 1})
    assert store.queue.status().pending == 1


def test_when_no_copy_may_leave_it_stays(store: Store) -> None:
    copies = [stored("a", external_id=f"{n}", folder=f"私事/{n}") for n in range(2)]
    store.put(page(*copies), now=NOW)
    assert store.recall([PRIVATE], now=NOW) == 1
    assert store.ledger.counts("mail").excluded == {"excluded_folder": 2}
    assert store.queue.status().pending == 0


def test_a_person_excluded_keeps_every_copy_here(store: Store) -> None:
    boss = Participant(role="from", email="boss@huarui.example")
    item = activity("a").model_copy(update={"participants": (boss,)})
    copies = [stored("a", item, external_id=f"{n}", folder="Inbox") for n in range(2)]
    store.put(page(*copies), now=NOW)
    assert store.recall([Exclusions(exclude=("boss@huarui.example",))], now=NOW) == 1
    assert store.ledger.counts("mail").excluded == {"excluded_address": 2}

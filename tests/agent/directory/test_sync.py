from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.contract.directory import DirectoryCustomer, DirectoryDelta
from agent.directory.sync import deltas
from agent.errors import DeliveryRetryable
from agent.outbox.store import Store
from agent.testing import FrozenClock, MemoryServer
from tests.agent.making import BOLT, HUARUI


class Paged(MemoryServer):
    """Answers in pages of one customer; the first page replaces what was held."""

    def __init__(self, *customers: DirectoryCustomer) -> None:
        super().__init__()
        self.customers = list(customers)
        self.asked: list[int] = []

    def directory(self, since: int) -> DirectoryDelta:
        self._maybe_fail()
        self.asked.append(since)
        return DirectoryDelta(
            revision=since + 1,
            customers=tuple(self.customers[since : since + 1]),
            more=since + 1 < len(self.customers),
            reset=since == 0,
        )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path, clock=FrozenClock())
    yield opened
    opened.close()


def fetch(store: Store, remote: MemoryServer) -> bool:
    gained = False
    for delta in deltas(remote, store.held.directory_revision()):
        gained |= store.held.apply(delta)
    return gained


def test_all_pages_are_fetched_and_kept(store: Store) -> None:
    remote = Paged(HUARUI, BOLT)
    assert store.held.directory_revision() is None
    assert fetch(store, remote)
    assert store.held.directory() == (HUARUI, BOLT)
    assert remote.asked == [0, 1]


def test_broken_off_it_goes_on_where_it_was(store: Store) -> None:
    remote = Paged(HUARUI, BOLT)
    pages = deltas(remote, store.held.directory_revision())
    store.held.apply(next(pages))
    remote.faults = [DeliveryRetryable("server_unreachable")]
    with pytest.raises(DeliveryRetryable):
        next(pages)
    fetch(store, remote)
    assert store.held.directory() == (HUARUI, BOLT)
    assert remote.asked == [0, 1]


def test_a_server_that_never_moves_on_is_left(store: Store) -> None:
    class Stuck(Paged):
        def directory(self, since: int) -> DirectoryDelta:
            self.asked.append(since)
            return DirectoryDelta(revision=since, more=True)

    remote = Stuck()
    fetch(store, remote)
    assert remote.asked == [0]


@pytest.mark.parametrize(
    ("update", "gained"),
    [
        ({}, False),
        ({"stage": "won", "owner": "韩梅梅"}, False),
        ({"aliases": ()}, False),
        ({"aliases": ("华锐", "华锐智能")}, True),
        ({"domains": ("huarui.example", "hr.example")}, True),
        ({"id": 9}, True),
    ],
)
def test_only_new_keys_are_a_gain(store: Store, update: dict[str, object], *, gained: bool) -> None:
    store.held.apply(DirectoryDelta(revision=1, customers=(HUARUI,)))
    changed = HUARUI.model_copy(update=update)
    assert store.held.apply(DirectoryDelta(revision=2, customers=(changed,))) is gained


def test_removed_and_reset(store: Store) -> None:
    store.held.apply(DirectoryDelta(revision=1, customers=(HUARUI, BOLT)))
    store.held.apply(DirectoryDelta(revision=2, removed=(1,)))
    assert store.held.directory() == (BOLT,)
    store.held.apply(DirectoryDelta(revision=3, customers=(HUARUI,), reset=True))
    assert store.held.directory() == (HUARUI,)

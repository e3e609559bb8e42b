"""Whatever happens in a mailbox, and whatever to the line: at the end all that is held is right."""

import random
from datetime import datetime, timedelta

import pytest

from agent.capture.base import Batch
from agent.errors import SourceUnavailable
from tests.agent.capture.exchange.box import Box, mail
from tests.servers.ews.calendar import Series, Told
from tests.servers.ews.store import Item

FAULTS = ("cut", "busy", "busy_message", "reset", "dropped", "unavailable", "error_page")
ROUNDS, QUIET = 40, 12


class Life:
    """A mailbox in use."""

    def __init__(self, box: Box, dice: random.Random) -> None:
        self.box, self._dice, self._count = box, dice, 0
        store = box.store
        self.folders = [
            store.inbox,
            store.sent,
            store.add_folder(store.inbox, "客户"),
            store.add_folder(store.root, "别处"),
        ]
        for _ in range(500):
            self.arrive(hours=dice.random() * 4_000)
        self.series = Series(
            uid="series",
            start=datetime(2026, 9, 1, 9),  # noqa: DTZ001 - local time in its zone
            length=timedelta(hours=1),
            told=Told(subject="周会"),
            every=3,
            count=40,
        )
        self.master = store.add(
            store.calendar, Item(id="", folder="", item_class="IPM.Appointment", series=self.series)
        )

    def arrive(self, *, hours: float = 0) -> None:
        self._count += 1
        n, chance = self._count, self._dice.random()
        message_id = f"<{n if chance > 0.1 else n // 2}@customer.example>" if chance > 0.05 else ""
        at = self.box.clock.now() - timedelta(
            hours=hours, microseconds=self._dice.randrange(1_000_000)
        )
        raw = mail(n, f"第{n}封", Message_ID=message_id)
        self.box.put(raw, folder=self._dice.choice(self.folders), received=at)

    def go_on(self) -> None:
        dice, store = self._dice, self.box.store
        for _ in range(dice.randrange(6)):
            id_ = dice.choice([one for one in store.items if one != self.master])
            elsewhere = [one for one in self.folders if one != store.items[id_].folder]
            match dice.randrange(9):
                case 0 | 1:
                    self.arrive()
                case 2:
                    store.remove(id_)
                case 3 | 4:
                    store.move(id_, dice.choice(elsewhere))
                case 5:
                    store.copy(id_, dice.choice(elsewhere))
                case 6:
                    store.change(id_, body=f"改过 {dice.random()}")
                case 7:
                    store.set_read(id_, is_read=dice.random() > 0.5)
                case 8:
                    self.series.exceptions[dice.choice(self.series.originals())] = None
                    store.change(self.master)
        if dice.random() < 0.05:
            self.box.server.operations.forget_states()


def keep(held: dict[str, str], batch: Batch) -> None:
    for prefix in batch.emptied:
        for gone in [one for one in held if one.startswith(prefix)]:
            del held[gone]
    for gone in batch.removed:
        held.pop(gone, None)
    held |= {one.external_id: one.version for one in batch.captures}


@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_held_is_what_is_there(box: Box, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - the same each time
    life = Life(box, dice)
    held: dict[str, str] = {}
    cursor: str | None = None
    failures = 0
    source = box.build(folders=["inbox", "sent"])
    for turn in range(ROUNDS + QUIET):
        is_busy = turn < ROUNDS
        box.server.script.faults.clear()
        if is_busy and dice.random() < 0.6:
            box.server.script.fail(dice.randrange(1, 8), dice.choice(FAULTS))
        pages = dice.randrange(1, 6) if is_busy else None
        try:
            for number, batch in enumerate(source.poll(cursor), start=1):
                keep(held, batch)
                cursor = batch.cursor
                if is_busy:
                    life.go_on()
                    box.clock.forward(dice.choice([0, 61]))
                if number == pages:
                    break
        except SourceUnavailable:
            failures += 1
    assert failures > 5
    assert sorted(held) == sorted(source.inventory())
    fresh: dict[str, str] = {}
    for batch in source.poll(None):
        keep(fresh, batch)
    assert held == fresh
    source.close()

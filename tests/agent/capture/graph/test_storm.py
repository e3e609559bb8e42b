"""Everything at once: a mailbox that changes between, and during, polls that fail and break off.

Afterwards, whatever happened: what was told is what the mailbox holds, and nothing was told twice.
"""

import random
from datetime import timedelta
from typing import Any

import pytest

from agent.errors import SourceUnavailable
from tests.agent.capture.graph.desk import NOW, Desk
from tests.servers.graph import server as graph

FAULTS = (
    graph.cut_body,
    graph.cut_connection,
    graph.reset,
    graph.portal,
    graph.status(429, Retry_After="1"),
    graph.status(503),
    graph.status(410, "SyncStateNotFound"),
    graph.status(401, "InvalidAuthenticationToken"),
)


class Storm:
    def __init__(self, desk: Desk, seed: int) -> None:
        self.desk = desk
        self.dice = random.Random(seed)  # noqa: S311 - reproducible on purpose
        self.mailbox = desk.server.mailbox
        api = desk.server.api
        api.round_limit = self.dice.choice([0, 0, 9])
        api.ignores_order = self.dice.random() < 0.3
        api.headers_in_delta = self.dice.random() < 0.7
        api.honours_immutable = self.dice.random() < 0.8
        api.batch_at_once = self.dice.choice([0, 4])
        desk.page = self.dice.choice([2, 5, 50])
        desk.options["since_days"] = 60
        self.series: list[str] = []
        self.moved: set[str] = set()

    def step(self) -> None:
        with self.desk.server.lock:
            self.dice.choice(
                [self.deliver, self.deliver, self.edit, self.flag, self.move, self.move,
                 self.delete, self.copy, self.meet, self.call_off, self.forget]
            )()  # fmt: skip

    def poll(self) -> None:
        """Wholly, in part, or until a fault; meanwhile the mailbox goes on changing."""
        enough = self.dice.choice([1, 2, 4, 1000])
        self.desk.server.recover()  # one fault a poll: two refused tokens in a row mean more
        if self.dice.random() < 0.5:
            self.desk.server.fail(self.dice.randrange(1, 25), self.dice.choice(FAULTS))
        try:
            with self.desk.source() as source:
                for number, batch in enumerate(source.poll(self.desk.cursor), 1):
                    self.desk.take(batch)
                    if self.dice.random() < 0.3:
                        self.step()
                    if number == enough:
                        break
        except SourceUnavailable:
            pass
        if self.dice.random() < 0.1:
            self.desk.clock.forward(self.dice.choice([60, 86_400, 4 * 86_400]))

    def any(self) -> str | None:
        keys = list(self.mailbox.messages)
        return self.dice.choice(keys) if keys else None

    def deliver(self) -> None:
        age = timedelta(hours=self.dice.choice([0, 1, 30, 300, 1300]))
        named: dict[str, Any] = {"message_id": ""} if self.dice.random() < 0.1 else {}
        self.mailbox.deliver(
            self.dice.choice(["inbox", "sentitems", "deleteditems"]),
            at=self.desk.clock.now() - age,
            subject=f"第{self.dice.random()}封",
            **named,
        )

    def copy(self) -> None:
        """The same mail in two folders."""
        self.mailbox.deliver("sentitems", at=NOW - timedelta(days=1), message_id="<same@x>")

    def edit(self) -> None:
        if key := self.any():
            self.mailbox.edit(key, subject=f"改{self.dice.random()}")

    def flag(self) -> None:
        if key := self.any():
            self.mailbox.flag(key, is_read=self.dice.random() < 0.5)

    def move(self) -> None:
        if key := self.any():
            here = self.mailbox.messages[key].folder
            others = [f"AQMk{name}" for name in ("inbox", "sentitems", "deleteditems")]
            self.moved.add(self.desk.id(key))
            self.mailbox.move(key, self.dice.choice([one for one in others if one != here]))

    def delete(self) -> None:
        if key := self.any():
            self.mailbox.delete(key)

    def meet(self) -> None:
        start = self.desk.clock.now() + timedelta(hours=self.dice.randrange(-200, 200))
        if self.dice.random() < 0.5:
            self.mailbox.add_event(start=start)
        else:
            starts = [start + timedelta(days=7 * n) for n in range(4)]
            self.series.append(self.mailbox.add_series(starts))

    def call_off(self) -> None:
        keys = [key for key, one in self.mailbox.events.items() if one.type != "seriesMaster"]
        if not keys:
            return
        key = self.dice.choice(keys)
        match self.dice.randrange(3):
            case 0:
                self.mailbox.delete_event(key)
            case 1 if self.mailbox.events[key].type == "occurrence":
                self.mailbox.make_exception(key, subject=f"改{self.dice.random()}")
            case _:
                whole = [one for one in keys if self.mailbox.events[one].type != "occurrence"]
                if whole:
                    self.mailbox.edit_event(self.dice.choice(whole), isCancelled=True)

    def forget(self) -> None:
        if self.dice.random() < 0.2:
            self.desk.server.api.links.clear()


@pytest.mark.parametrize("seed", range(12))
def test_after_a_storm_nothing_is_missing_and_nothing_double(desk: Desk, seed: int) -> None:
    storm = Storm(desk, seed)
    for _ in range(30):
        storm.deliver()
    for _ in range(60):
        for _ in range(storm.dice.randrange(4)):
            storm.step()
        storm.poll()
    desk.server.recover()
    desk.insist()

    held, there = set(desk.held), set(desk.inventory())
    assert there - held == set(), "missing"
    mailbox = desk.server.mailbox
    immutable = desk.server.api.honours_immutable
    for message in mailbox.messages.values():
        external_id = message.id(immutable=immutable)
        if external_id in there:  # else it has left the folders or the window
            capture = desk.held[external_id]
            assert capture.subject == message.fields["subject"], "told as it is now"
    for event in mailbox.events.values():
        name = f"{event.master}/{event.key}" if event.master else event.key
        if name in there:
            whole = mailbox.whole_event(event)
            assert desk.held[name].subject == whole["subject"]
            assert desk.held[name].signals.cancelled == whole["isCancelled"]
    told = [(one.external_id, one.version) for one in desk.captures]
    again = {one for one in told if told.count(one) > 1}
    came_back = {key for key in desk.removed}  # noqa: C416 - gone, and there again
    assert desk.repeated == [], "double"
    # A mail that was moved and back is, to whoever heard of both, what it was two tellings ago.
    assert {key for key, _ in again} <= came_back | storm.moved, "an old version"
    assert desk.poll() == []

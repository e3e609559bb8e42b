"""What happens to a mailbox while the agent reads it, is refused, cut off and killed."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.flow.completeness import account as places
from tests.flow.completeness.account import Account, Thing
from tests.flow.completeness.box import Box
from tests.flow.completeness.company import EXCLUDED_FOLDER, Company
from tests.flow.completeness.laptop import SOURCE, Laptop
from tests.flow.completeness.letters import Letter

STEPS = ("polled", "settled", "stored", "leased", "answered", "booked")
OLD = 40
BROKEN = 6
DRAFTS = 12
_FIRST_FOLDERS = (
    *([places.INBOX] * 10),
    *([places.CUSTOMERS] * 3),
    *([places.PROJECT] * 2),
    places.PASSING,
    EXCLUDED_FOLDER,
)
_MOST_PASSES = 150
_LONGEST_KILL_S = 0.9


@dataclass
class Figures:
    """What the story did."""

    items: int = 0
    operations: int = 0
    passes: int = 0
    steps: dict[str, int] = field(default_factory=dict)
    """Where the agent was killed → how often."""


class Story:
    def __init__(
        self, box: Box, laptop: Laptop, company: Company, *, items: int, seed: int
    ) -> None:
        self._box = box
        self._laptop = laptop
        self._company = company
        self._letters = company.letters()
        self._items = items
        self._random = random.Random(seed)  # noqa: S311 - a story, no secret
        self._drafts: list[Thing] = []
        self._there_and_back: list[tuple[Thing, str]] = []
        self.account = Account()
        self.figures = Figures()

    def tell(self) -> None:
        self._fill()
        self._backfill()
        for _ in range(10):
            self._a_day()
        self._reorganise()
        self._box.recover()
        self._until_complete()

    # The mailbox

    def _fill(self) -> None:
        for folder in (places.AWAY, places.RENAMED):
            assert folder not in _FIRST_FOLDERS
        for _ in range(OLD):
            self._put(self._random.choice(_FIRST_FOLDERS), self._company.old(), is_old=True)
        for number in range(DRAFTS):
            self._drafts.append(self._put(places.DRAFTS, self._company.draft()))
            if number < BROKEN:
                self._put_broken()
        while len(self.account.things) < self._items:
            self._arrive(self._random.choice(_FIRST_FOLDERS))
            if self._random.random() < 0.03:
                self._copy()
        self.figures.items = len(self.account.things)

    def _put(self, folder: str, letter: Letter, *, is_old: bool = False) -> Thing:
        thing = self.account.put(folder, letter, is_old=is_old and self._box.has_window)
        self._box.put(thing)
        return thing

    def _put_broken(self) -> None:
        thing = self.account.put(places.INBOX, None)
        thing.fault = self._box.put_broken(thing)

    def _arrive(self, folder: str) -> list[Thing]:
        letters = next(self._letters)
        is_ours = letters[0].sender[1] == "chen@yuanshan.example"
        if is_ours and folder == places.INBOX:
            folder = places.SENT
        return [self._put(folder, letter) for letter in letters]

    # What people and their rules do

    def _one(self, *folders: str) -> Thing | None:
        there = [thing for thing in self.account.within(*folders) if thing.letter is not None]
        return self._random.choice(there) if there else None

    def _news(self) -> None:
        self._arrive(places.INBOX)

    def _rule(self) -> None:
        """It moves the mail as soon as it is there."""
        for thing in self._arrive(places.INBOX):
            self._move(thing, self._random.choice((places.CUSTOMERS, places.PROJECT)))

    def _move_one(self) -> None:
        thing = self._one(places.INBOX, places.CUSTOMERS, places.PROJECT)
        if thing is not None:
            to = (places.INBOX, places.CUSTOMERS, places.AWAY, EXCLUDED_FOLDER)
            self._move(thing, self._random.choice(to))

    def _no_longer_private(self) -> None:
        thing = self._one(EXCLUDED_FOLDER)
        if thing is not None:
            self._move(thing, self._random.choice((places.INBOX, places.CUSTOMERS)))

    def _back_at_once(self) -> None:
        thing = self._one(places.INBOX)
        if thing is not None:
            self._move(thing, places.CUSTOMERS)
            self._move(thing, places.INBOX)

    def _there(self) -> None:
        """And back after the next reading, or the one after."""
        thing = self._one(places.INBOX, EXCLUDED_FOLDER)
        if thing is not None:
            self._there_and_back.append((thing, thing.folder))
            self._move(thing, self._random.choice((places.CUSTOMERS, places.AWAY)))

    def _back(self) -> None:
        if self._there_and_back:
            thing, folder = self._there_and_back.pop(0)
            if thing.key in self.account.things:
                self._move(thing, folder)

    def _copy(self) -> None:
        thing = self._one(places.INBOX, places.SENT, places.CUSTOMERS)
        if thing is not None and not thing.is_old:
            to = self._random.choice((places.CUSTOMERS, EXCLUDED_FOLDER, thing.folder))
            self.account.letters[thing.letter.token] = thing.letter  # type: ignore[union-attr]
            new = self.account.put(to, thing.letter)
            self._box.copy(thing, new)

    def _delete(self) -> None:
        thing = self._one(places.INBOX, places.SENT, places.CUSTOMERS, places.PROJECT)
        if thing is not None:
            self._box.remove(thing)
            self.account.drop(thing)

    def _send_draft(self) -> None:
        if not self._drafts:
            self._drafts.append(self._put(places.DRAFTS, self._company.draft()))
            return
        thing = self._drafts.pop(0)
        assert thing.letter is not None
        self._box.remove(thing)
        self.account.drop(thing)
        at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=3)
        self._put(places.SENT, self._company.sent(thing.letter, at))

    def _move(self, thing: Thing, folder: str) -> None:
        if folder != thing.folder:
            self._box.move(thing, folder)
            self.account.move(thing, folder)

    def _happen(self, count: int) -> None:
        deeds: tuple[tuple[int, Callable[[], None]], ...] = (
            (6, self._news),
            (3, self._rule),
            (4, self._move_one),
            (2, self._no_longer_private),
            (2, self._back_at_once),
            (2, self._there),
            (3, self._back),
            (2, self._copy),
            (3, self._delete),
            (2, self._send_draft),
        )
        weights = [weight for weight, _ in deeds]
        for _ in range(count):
            ((_, deed),) = self._random.choices(deeds, weights)
            deed()
            self.figures.operations += 1

    # The agent

    def _trouble(self) -> bool:
        """A pass in which something goes wrong, in one way or another. True: it was complete."""
        self.figures.passes += 1
        kind = self._random.choice(("fault", "fault", "fault", "die", "die", "kill", "meanwhile"))
        occasion = self._random.randint(1, 4)
        report = None
        if kind == "fault":
            self._box.fail(self._random.randint(1, 16))
            report = self._laptop.a_pass()
            self._box.recover()
        elif kind == "die":
            step = self._random.choice(STEPS)
            before = self._laptop.kills
            report = self._laptop.a_pass(die=step, occasion=occasion)
            self.figures.steps[step] = self.figures.steps.get(step, 0) + self._laptop.kills - before
        elif kind == "kill":
            report = self._laptop.kill_during_pass(self._random.uniform(0.02, _LONGEST_KILL_S))
        else:
            report = self._laptop.a_pass(
                pause=self._random.choice(STEPS[:3]),
                occasion=occasion,
                meanwhile=lambda: self._happen(6),
            )
        return self._note(report)

    def _note(self, report: dict[str, object] | None) -> bool:
        if report is None:
            return False
        source = report["sources"][SOURCE]  # type: ignore[index]
        outbox = report["outbox"]
        is_complete = (source["state"], source["unexplained"], outbox["pending"]) == ("ok", 0, 0)  # type: ignore[index]
        if is_complete:
            self.account.complete()
        return is_complete

    def _backfill(self) -> None:
        troubles = 0
        while troubles < 24 and not (self._trouble() and troubles >= 12):
            troubles += 1

    def _a_day(self) -> None:
        self._happen(12)
        self._trouble()
        if self._random.random() < 0.5:
            self._happen(4)
            self._until_complete()

    def _reorganise(self) -> None:
        self._box.rename(places.PROJECT, places.RENAMED)
        self.account.rename(places.PROJECT, places.RENAMED)
        self._trouble()
        self._box.delete_folder(places.PASSING)
        for thing in self.account.within(places.PASSING):
            self.account.drop(thing)
        self.figures.operations += 2
        self._trouble()
        self._box.forget()
        self.figures.operations += 1
        for _ in range(6):
            self._trouble()
        self._happen(12)

    def _until_complete(self) -> None:
        for _ in range(_MOST_PASSES):
            self.figures.passes += 1
            if self._note(self._laptop.a_pass()):
                return
        raise AssertionError("the agent does not come to an end")

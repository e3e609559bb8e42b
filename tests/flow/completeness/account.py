"""The oracle: what lies in the mailbox, and what must have become of it. Knows nothing of the agent.

Of each place that an item lies in, the books must hold one explanation, and the right one. What was
there at the end of a reading that ran to its end must be on the server, once; what was there only
in between may be; what was never where it may leave from must not.
"""

from dataclasses import dataclass, field

from tests.flow.completeness.company import EXCLUDED_FOLDER
from tests.flow.completeness.letters import Letter

INBOX = "inbox"
SENT = "sent"
DRAFTS = "drafts"
CUSTOMERS = "客户/苏州"
PROJECT = "inbox/项目A"
RENAMED = "inbox/项目B"
PASSING = "inbox/临时"
READ = (INBOX, SENT, DRAFTS, CUSTOMERS, EXCLUDED_FOLDER)
"""As the source is told; with what lies below."""
AWAY = "已归档"
"""Of no interest to the agent: whatever is moved there is gone."""

_BEFORE_FOLDERS = ("private", "excluded_address", "excluded_domain")
"""Rules that are asked before the one about folders."""


@dataclass
class Thing:
    """An item at a place in the mailbox."""

    key: int
    folder: str
    letter: Letter | None
    """None: it cannot be read."""
    fault: str = ""
    """The code under which it is set aside, if it cannot be read."""
    is_old: bool = False
    """Received before the window that is read."""

    @property
    def is_read(self) -> bool:
        return self.folder != AWAY and not self.is_old

    @property
    def outcome(self) -> tuple[str, str]:
        """State and rule, by which the books must explain it."""
        if self.letter is None:
            return "quarantined", self.fault
        rule = self.letter.rule
        if self.folder == EXCLUDED_FOLDER and rule not in _BEFORE_FOLDERS:
            rule = "excluded_folder"
        return ("excluded", rule) if rule else ("stored", "")


@dataclass
class Account:
    things: dict[int, Thing] = field(default_factory=dict)
    letters: dict[str, Letter] = field(default_factory=dict)
    """Every letter there ever was, by its token."""
    sure: set[str] = field(default_factory=set)
    """Groups that were there, where they may leave from, when a reading was complete."""
    maybe: set[str] = field(default_factory=set)
    """Groups that a reading may have seen there."""
    captured: set[int] = field(default_factory=set)
    """Things of which the books rightly say "stored", wherever they were moved afterwards."""
    readmitted: set[str] = field(default_factory=set)
    """Groups that a rule kept back for a while."""
    _count: int = 0

    def put(
        self,
        folder: str,
        letter: Letter | None,
        *,
        fault: str = "",
        is_old: bool = False,
    ) -> Thing:
        self._count += 1
        thing = Thing(self._count, folder, letter, fault, is_old)
        self.things[thing.key] = thing
        if letter is not None:
            self.letters[letter.token] = letter
        self.look(thing)
        return thing

    def move(self, thing: Thing, folder: str) -> None:
        if thing.folder == EXCLUDED_FOLDER and thing.letter is not None:
            self.readmitted.add(thing.letter.group)
        thing.folder = folder
        self.look(thing)

    def drop(self, thing: Thing) -> None:
        del self.things[thing.key]

    def rename(self, folder: str, to: str) -> None:
        for thing in self.within(folder):
            thing.folder = to

    def within(self, *folders: str) -> list[Thing]:
        return [thing for thing in self.things.values() if thing.folder in folders]

    def look(self, thing: Thing) -> None:
        """From now on a reading may see it there."""
        if thing.letter is not None and thing.is_read and thing.outcome[0] == "stored":
            self.maybe.add(thing.letter.group)
            self.captured.add(thing.key)

    def complete(self) -> None:
        """A reading ran to its end, and the server has answered."""
        for thing in self.held():
            if thing.letter is not None and thing.outcome[0] == "stored":
                self.sure.add(thing.letter.group)

    def held(self) -> list[Thing]:
        """What the agent has to account for."""
        return [thing for thing in self.things.values() if thing.is_read]

    def secrets(self) -> set[str]:
        """Words that must not have left."""
        tokens = {
            one.token for one in self.letters.values() if one.rule or one.group not in self.maybe
        }
        numbers = {number for one in self.letters.values() for number in one.numbers}
        return tokens | numbers

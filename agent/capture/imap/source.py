"""A mailbox behind IMAP: what is new first, then the backfill, newest first."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path

from agent.capture.base import Batch, Surroundings
from agent.capture.imap import cursor as cursors
from agent.capture.imap.account import Account
from agent.capture.imap.careful import Answer, Careful
from agent.capture.imap.cursor import FolderState
from agent.capture.imap.doorbell import Doorbell
from agent.capture.imap.faults import CUT_S
from agent.capture.imap.folders import Chosen, Folder, choose
from agent.capture.imap.line import Line
from agent.capture.imap.looking import Look, look
from agent.capture.imap.reader import Fetching, PageReader
from agent.capture.imap.session import FolderGone, Session
from agent.capture.imap.settings import Settings
from agent.capture.imap.uidset import UidSet
from agent.capture.mailbox import PAGE
from agent.errors import SourceLacks, SourceUnavailable


@dataclass(slots=True)
class _Pass:
    """One poll: where each folder stands, and what the next batch has to tell."""

    states: dict[str, FolderState]
    folders: dict[str, Folder] = field(default_factory=dict)
    fresh: dict[str, UidSet] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    emptied: list[str] = field(default_factory=list)

    def forget(self, name: str) -> None:
        before = self.states.pop(name, None)
        if before is not None:
            self.emptied.append(before.prefix(name))

    def looked(self, folder: Folder, found: Look) -> None:
        if found.renumbered:
            self.forget(folder.name)
        self.folders[folder.name] = folder
        self.states[folder.name] = found.state
        self.fresh[folder.name] = found.fresh
        prefix = found.state.prefix(folder.name)
        self.removed += [f"{prefix}{uid}" for uid in found.removed]

    def pages(self) -> Iterator[tuple[Folder, UidSet]]:
        """What came since the last poll, folder by folder; then the rest, a page of each in turn,
        so that what was sent last week comes before what was received last year."""
        left = {name: self.states[name].todo for name in self.folders}
        for name, folder in self.folders.items():
            while page := (self.fresh[name] & left[name]).top(PAGE):
                left[name] -= page
                yield folder, page
        while any(left.values()):
            for name, folder in self.folders.items():
                if page := left[name].top(PAGE):
                    left[name] -= page
                    yield folder, page

    def told(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What is gone, each told once."""
        removed, emptied = tuple(self.removed), tuple(self.emptied)
        self.removed, self.emptied = [], []
        return removed, emptied


class ImapSource:
    type = "imap"

    def __init__(self, name: str, settings: Settings, around: Surroundings) -> None:
        self._name = name
        self._settings = settings
        self._clock = around.clock
        account = Account(name, settings, around)
        self._line = Line(f"imap {name}", account)
        self._doorbell = Doorbell(f"imap bell {name}", account)
        self._careful = Careful(self._begin_fetch)
        self._listed: tuple[Session, Chosen] | None = None
        self._compared: set[str] = set()
        """Folders held against the server over this connection."""

    @property
    def watched(self) -> Path | None:
        return None

    def poll(self, cursor: str | None) -> Iterator[Batch]:
        now = _Pass(cursors.load(cursor))
        self._line.ration()
        chosen = self._line.use(self._choose)
        for folder in chosen.folders:
            self._look(now, folder)
        for name in now.states.keys() - now.folders.keys():
            now.forget(name)
        total = sum(len(now.states[name].todo) for name in now.folders)
        done = 0
        for folder, page, answer in self._one_ahead(now):
            read = self._careful.read(folder, now.states[folder.name], page, answer)
            now.states[folder.name] = now.states[folder.name].read(page, read.here)
            done += len(page)
            removed, emptied = now.told()
            yield Batch(
                cursor=cursors.dump(now.states),
                captures=read.captures,
                broken=read.broken,
                removed=removed,
                emptied=emptied,
                done=done,
                total=total,
            )
        removed, emptied = now.told()
        after = cursors.dump(now.states)
        if removed or emptied or (not done and after != cursor):
            yield Batch(cursor=after, removed=removed, emptied=emptied, done=done, total=total)
        self._complain(chosen)

    def inventory(self) -> Iterator[str]:
        since = self._settings.since(self._clock).date()
        self._line.ration()
        chosen = self._line.use(self._choose)
        for folder in chosen.folders:
            yield from self._line.use(partial(_numbers, name=folder.name, since=since))
        self._complain(chosen)

    def lacks(self) -> SourceLacks | None:
        self._line.ration()
        return self._lacks(self._line.use(self._choose))

    def wait_for_news(self, timeout_s: float) -> bool:
        return self._doorbell.wait(timeout_s)

    def close(self) -> None:
        self._doorbell.close()
        self._line.close()

    def _choose(self, session: Session) -> Chosen:
        """The folders that are meant; looked up once for each connection, and again as long as
        one of them is not there."""
        if self._listed is None or self._listed[0] is not session:
            self._compared.clear()
        elif not (self._listed[1].missing or self._listed[1].sent_missing):
            return self._listed[1]
        wanted, excluded = self._settings.folders, self._settings.exclude_folders
        chosen = choose(session.folders(), wanted, excluded)
        self._listed = (session, chosen)
        return chosen

    def _look(self, now: _Pass, folder: Folder) -> None:
        settings, name = self._settings, folder.name
        before = now.states.get(name)
        # Where a mark for deletion leaves no trace, it is looked for once in each connection.
        compare = before is not None and not before.modseq and name not in self._compared

        def ask(session: Session) -> Look | None:
            try:
                return look(
                    session,
                    name,
                    before,
                    since=settings.since(self._clock).date(),
                    days=settings.since_days,
                    compare=compare,
                )
            except FolderGone:
                self._listed = None
                return None

        found = self._line.use(ask)
        if found is not None:
            self._compared.add(name)
            now.looked(folder, found)

    def _one_ahead(self, now: _Pass) -> Iterator[tuple[Folder, UidSet, Answer | None]]:
        """The pages, each asked for while the one before it is being read; but not those that are
        known to end the connection."""
        before: tuple[Folder, UidSet, Answer | None] | None = None
        for folder, page in now.pages():
            state, answer = now.states[folder.name], None
            if not self._careful.is_wary_of(folder, state, page):
                answer = self._begin_fetch(folder, state, page)
            asked = folder, page, answer
            if before is not None:
                yield before
            before = asked
        if before is not None:
            yield before

    def _begin_fetch(self, folder: Folder, state: FolderState, page: UidSet) -> Answer:
        def ask(session: Session) -> tuple[PageReader, Fetching]:
            if session.selected != folder.name:
                _open_again(session, folder.name, state.validity)
            reader = PageReader(
                self.type,
                session,
                state.prefix(folder.name),
                folder=folder.path,
                drafts=folder.holds_drafts,
            )
            return reader, reader.fetch(page)

        # Whether to ask again, and for how much, is decided by who is careful.
        return self._line.begin(ask, again=False)

    def _complain(self, chosen: Chosen) -> None:
        """Once everything else was read: what the person meant and the server does not have."""
        lacks = self._lacks(chosen)
        if lacks is not None:
            raise lacks

    def _lacks(self, chosen: Chosen) -> SourceLacks | None:
        for number in chosen.missing[:1]:
            return SourceLacks("mailbox_folder_missing", source=self._name, number=number)
        if chosen.sent_missing:
            return SourceLacks("mailbox_sent_missing", source=self._name)
        return None


def _open_again(session: Session, name: str, validity: int) -> None:
    try:
        marks = session.open(name)
    except FolderGone:
        marks = None
    if marks is None or marks.validity != validity:
        raise SourceUnavailable("mailbox_folder_changed", retry_after=CUT_S)


def _numbers(session: Session, *, name: str, since: date) -> list[str]:
    try:
        marks = session.open(name)
    except FolderGone:
        return []
    prefix = f"{cursors.escape(name)}/{marks.validity}/"
    return [f"{prefix}{uid}" for uid in session.window(marks.exists, since)]

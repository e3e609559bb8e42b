"""A mail at which the server breaks off the connection must not keep all others from being read.

A damaged file or index on the server shows so, and does it again at every attempt. Each attempt
costs a sign-in, of which a pass has few (``line.SIGN_INS``): so what ended a connection is kept in
mind from pass to pass, until the mail to blame is found.
"""

import math
from collections.abc import Callable

from agent.capture.imap.cursor import FolderState
from agent.capture.imap.folders import Folder
from agent.capture.imap.line import SignedInOften
from agent.capture.imap.reader import Fetching, PageRead, PageReader
from agent.capture.imap.uidset import UidSet
from agent.errors import SourceUnavailable

Answer = Callable[[], tuple[PageReader, Fetching]]
"""Waits for what was asked of the server."""
Ask = Callable[[Folder, FolderState, UidSet], Answer]

_SMALL = 16
_TRIES = 3
"""Of a single mail, each over a connection that worked a moment before."""


class _Suspects:
    """Of one folder: sets of mails that ended the connection, and how often a single one did.

    Whatever holds such a set would end it too."""

    def __init__(self) -> None:
        self._sets: list[UidSet] = []
        self._tries: dict[int, int] = {}

    def within(self, page: UidSet) -> UidSet | None:
        return next((one for one in self._sets if not one - page), None)

    def add(self, part: UidSet) -> None:
        self._sets = [one for one in self._sets if part - one] + [part]
        if len(part) == 1:
            self._tries[part.highest] = self._tries.get(part.highest, 0) + 1

    def is_guilty(self, uid: int) -> bool:
        return self._tries.get(uid, 0) >= _TRIES

    def forget(self, part: UidSet) -> None:
        """All of it was read, or the one to blame was found."""
        self._sets = [one for one in self._sets if one - part or self.is_guilty(one.highest)]
        for uid in [uid for uid in self._tries if uid in part and not self.is_guilty(uid)]:
            del self._tries[uid]


class Careful:
    def __init__(self, ask: Ask) -> None:
        """``ask`` asks once, and not again over another connection."""
        self._ask = ask
        self._suspects: dict[tuple[str, int], _Suspects] = {}
        """Folder and UIDVALIDITY; in memory alone."""

    def is_wary_of(self, folder: Folder, state: FolderState, page: UidSet) -> bool:
        """Need not be asked for as a whole."""
        return self._of(folder, state).within(page) is not None

    def read(
        self, folder: Folder, state: FolderState, page: UidSet, answer: Answer | None
    ) -> PageRead:
        """The page, whose answer is under way unless one is wary of it; the mails it breaks off at
        are told as broken. Raises ``SourceError``."""
        suspects = self._of(folder, state)
        if answer is not None:
            try:
                return _read(answer)
            except SourceUnavailable as error:
                _pass_on(error)
                suspects.add(page)
        return self._piecemeal(folder, state, page, suspects)

    def _piecemeal(
        self, folder: Folder, state: FolderState, page: UidSet, suspects: _Suspects
    ) -> PageRead:
        done = PageRead((), (), UidSet())
        waiting = [page]
        while waiting:
            part = waiting.pop()
            if len(part) == 1 and suspects.is_guilty(part.highest):
                done += self._reader(folder, state).given_up(part.highest)
                continue
            known = suspects.within(part)
            if known is not None and len(part) > 1:
                # The suspects first: the rest would be read in vain, should the pass end here.
                waiting += filter(None, [part - known, *_split(known)])
                continue
            try:
                done += _read(self._ask(folder, state, part))
            except SourceUnavailable as error:
                _pass_on(error)
                suspects.add(part)
                waiting.append(part)
        suspects.forget(page)
        return done

    def _of(self, folder: Folder, state: FolderState) -> _Suspects:
        return self._suspects.setdefault((folder.name, state.validity), _Suspects())

    def _reader(self, folder: Folder, state: FolderState) -> PageReader:
        return self._ask(folder, state, UidSet())()[0]


def _split(part: UidSet) -> list[UidSet]:
    """Many small parts: a request costs nothing beside a sign-in, and only one of them should end
    the connection. Two such steps lead from a page to a mail."""
    size = math.isqrt(len(part) - 1) + 1 if len(part) > _SMALL else 1
    parts: list[UidSet] = []
    while part:
        parts.append(part.top(size))
        part -= parts[-1]
    return parts


def _pass_on(error: SourceUnavailable) -> None:
    """Raises what does not tell of a mail that ended the connection."""
    if error.code != "mailbox_connection_lost" or isinstance(error, SignedInOften):
        raise error


def _read(answer: Answer) -> PageRead:
    reader, fetched = answer()
    return reader.read(fetched)

"""IDLE: the server tells when a mail comes, over a connection of its own."""

import threading
from functools import partial
from time import monotonic

from imapclient import IMAPClient

from agent.capture.imap import faults
from agent.capture.imap.account import Account
from agent.capture.imap.line import Line
from agent.capture.imap.session import FolderGone, Marks, Session
from agent.errors import SourceUnavailable

IDLE_AGAIN_S = 210.0
"""NetEase and Tencent forget about it after less than five minutes."""
_WATCHED = "INBOX"
_TOO_EARLY_S = 0.5


class Doorbell:
    def __init__(self, name: str, account: Account) -> None:
        self._line = Line(name, account, doubts=False)
        self._closed = threading.Event()
        self._is_mute = False
        """The server offers no IDLE."""
        self._idling: Session | None = None
        self._began = 0.0
        self._marks: Marks | None = None

    def wait(self, timeout_s: float) -> bool:
        """Until something changed (True), the time is over or ``close`` (False)."""
        end = monotonic() + timeout_s
        while not self._closed.is_set() and (left := end - monotonic()) > 0:
            try:
                if self._is_mute:
                    self._line.drop()
                    self._closed.wait(left)
                elif self._line.use(partial(self._listen, left=left)):
                    return True
            except SourceUnavailable as error:
                if error.code == "source_stopped":
                    return False
                raise
        return False

    def close(self) -> None:
        self._closed.set()
        self._line.close()

    def _listen(self, session: Session, *, left: float) -> bool:
        client = session.client
        if self._idling is not session:
            if not client.has_capability("IDLE"):
                self._is_mute = True
                return False
            if self._begin(session):
                return True
        age = monotonic() - self._began
        if age >= IDLE_AGAIN_S:
            with faults.translated():
                _, told = client.idle_done()
                client.idle()
            self._began = monotonic()
            return _is_news(told)
        return self._hear(client, min(left, IDLE_AGAIN_S - age))

    def _begin(self, session: Session) -> bool:
        """Start to listen. True when something came while nobody did."""
        try:
            marks = session.open(_WATCHED)
        except FolderGone:
            self._is_mute = True
            return False
        with faults.translated():
            session.client.idle()
        missed = self._marks is not None and marks != self._marks
        self._marks, self._idling, self._began = marks, session, monotonic()
        return missed

    def _hear(self, client: IMAPClient, seconds: float) -> bool:
        asked = monotonic()
        with faults.translated():
            told = client.idle_check(timeout=seconds)
        if not told and monotonic() - asked < seconds - _TOO_EARLY_S:
            # Something could be read and was no answer: the other side has hung up.
            raise SourceUnavailable("mailbox_connection_lost", retry_after=faults.CUT_S)
        if any(one[:1] == (b"BYE",) for one in told):
            raise SourceUnavailable("mailbox_connection_lost", retry_after=faults.CUT_S)
        return _is_news(told)


def _is_news(told: list[tuple[object, ...]]) -> bool:
    """A mail that came or went; not the server's saying that it is still there."""
    return any(
        b"VANISHED" in one[:1] or (len(one) > 1 and one[1] in (b"EXISTS", b"EXPUNGE"))
        for one in told
    )

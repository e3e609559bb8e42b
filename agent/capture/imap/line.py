"""A connection that is kept from poll to poll, and can be left within a second."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import TypeVar

from imapclient import IMAPClient

from agent.capture.calls import Calls
from agent.capture.imap import connecting
from agent.capture.imap.account import Account
from agent.capture.imap.session import Session
from agent.errors import SourceUnavailable

T = TypeVar("T")

SIGN_INS = 6
"""Of one pass, the first included: providers lock out who signs in time and again. With so many
one mail that ends the connection is found within a pass (see ``careful``)."""
_LONG_S = 300.0

_TRUSTED_S = 20.0
"""A connection that answered this recently is not asked whether it is still there."""


class SignedInOften(SourceUnavailable):
    """The connection broke off too often in one pass; the next one goes on."""


class Line:
    """Everything that is said on it is said in one thread; ``close`` from any other."""

    def __init__(self, name: str, account: Account, *, doubts: bool = True) -> None:
        """``doubts``: ask after a pause whether the connection is still there."""
        self._account = account
        self._doubts = doubts
        self._calls = Calls(name)
        self._session: Session | None = None
        self._socket: socket.socket | None = None
        self._busy = threading.Lock()
        self._heard = 0.0
        self._sign_ins_left: int | None = None

    def use(self, ask: Callable[[Session], T]) -> T:
        """What ``ask`` gives, over a connection that works; asked again over a new one when one
        that was kept turns out to be broken. After any failure the connection is given up, so
        that the next one begins afresh. Raises ``SourceError``."""
        return self.begin(ask)()

    def begin(self, ask: Callable[[Session], T], *, again: bool = True) -> Callable[[], T]:
        """The same in two steps: what comes back waits for the answer. ``again``: ask anew over a
        new connection when a kept one is broken."""
        return self._calls.begin(lambda: self._asked(ask, again=again))

    def ration(self) -> None:
        """From here on there are so many sign-ins; then ``SignedInOften``, until the next call."""
        self._sign_ins_left = SIGN_INS

    def close(self) -> None:
        self._calls.close()
        taken = self._socket
        if self._busy.acquire(blocking=False):
            self._hang_up()
            self._busy.release()
        elif taken is not None:  # wakes the thread that waits for an answer; it hangs up itself
            # Not by the method of a TLS socket: that takes the encryption off first, and what
            # the thread is just about to send would go out in the clear.
            with suppress(OSError):
                socket.socket.shutdown(taken, socket.SHUT_RDWR)

    @property
    def is_closed(self) -> bool:
        return self._calls.is_closed

    def drop(self) -> None:
        """Hang up; the next one who asks is connected anew."""
        self._calls.run(self._dropped)

    def _asked(self, ask: Callable[[Session], T], *, again: bool) -> T:
        try:
            with self._busy:
                try:
                    result = self._answered(ask, again=again)
                except BaseException:
                    self._hang_up()
                    raise
                self._heard = monotonic()
                return result
        finally:
            if self._calls.is_closed:  # closed meanwhile by somebody who could not hang up
                self._dropped()

    def _answered(self, ask: Callable[[Session], T], *, again: bool) -> T:
        kept = self._session if again else None
        try:
            return ask(self._ready())
        except SourceUnavailable as error:
            # Servers end connections that were quiet, and networks change under a laptop.
            if kept is None or error.code != "mailbox_connection_lost" or self._calls.is_closed:
                raise
            self._hang_up()
        return ask(self._ready())

    def _dropped(self) -> None:
        with self._busy:
            self._hang_up()

    def _ready(self) -> Session:
        session = self._session
        fresh = not self._doubts or monotonic() - self._heard < _TRUSTED_S
        if session is not None and not fresh and not session.alive():
            self._hang_up()
            session = None
        if session is None:
            if self._sign_ins_left is not None:
                if self._sign_ins_left <= 0:
                    raise SignedInOften("mailbox_connection_lost", retry_after=_LONG_S)
                self._sign_ins_left -= 1
            session = self._session = self._account.open(self._take)
        return session

    def _take(self, client: IMAPClient) -> None:
        if self._calls.is_closed:  # while it was being connected: nobody needs to sign in
            raise SourceUnavailable("source_stopped")
        self._socket = client.socket()

    def _hang_up(self) -> None:
        session, self._session, self._socket = self._session, None, None
        if session is not None:
            connecting.hang_up(session.client)

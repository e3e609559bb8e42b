"""How much is listened to: what a server says is held in memory, and it may say anything."""

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientAbortError

_LONGEST = 64 * 1024 * 1024
"""Bytes of a line or a literal. The library's own limit for lines is a megabyte; a mail of many
parts, which anybody can send, has a structure of more than that, and would keep all others from
being read."""
_MOST = 256 * 1024 * 1024
"""Of everything that answers one command."""
_LINE_COSTS = 100
"""Bytes that the shortest line takes up."""


class Ears:
    """Takes the place of the library's own reading, which offers no way to say so."""

    def __init__(self, client: IMAPClient) -> None:
        self._imap = client._imap  # noqa: SLF001 - see above
        self._read = self._imap.read
        self._heard = 0

    def put_on(self) -> None:
        self._imap.readline = self._line
        self._imap.read = self._literal

    def _line(self) -> bytes:
        line: bytes = self._imap.file.readline(_LONGEST + 1)
        if line.startswith(self._imap.tagpre):  # the end of an answer
            self._heard = 0
        self._hear(len(line))
        return line

    def _literal(self, size: int) -> bytes:
        self._hear(size)  # before room is made for what may never come
        literal: bytes = self._read(size)
        return literal

    def _hear(self, size: int) -> None:
        self._heard += size + _LINE_COSTS
        if size > _LONGEST or self._heard > _MOST:
            raise IMAPClientAbortError("more than can be held")

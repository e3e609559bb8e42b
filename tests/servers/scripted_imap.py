"""An IMAP server that says what it is told to say, which need not be what a server should say."""

import contextlib
import re
import socket
import ssl
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import trustme

HOST = "127.0.0.1"
_PATIENCE_S = 20.0
_DONE = b"%s OK done\r\n"


class ScriptedImap:
    """``answers``: beginning of a command → what is said before it is done, the longest beginning
    first. What is not complete, or a BYE, ends the connection instead."""

    def __init__(
        self,
        answers: Mapping[str, str],
        *,
        capabilities: str = "IMAP4rev1",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.answers = {
            "CAPABILITY": f"* CAPABILITY {capabilities}\r\n",
            "LIST": '* LIST () "/" INBOX\r\n',
            "EXAMINE": self.folder(exists=2, next_uid=3),
            "UID SEARCH": "* SEARCH 1 2\r\n",
            **answers,
        }
        self.commands: list[str] = []
        self._tls = tls
        self._listener = socket.create_server((HOST, 0))
        self.port = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    @staticmethod
    def folder(*, exists: int, next_uid: int) -> str:
        return f"* {exists} EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT {next_uid}] x\r\n"

    @staticmethod
    def write_ca(authority: trustme.CA) -> Path:
        file = Path(tempfile.mkdtemp(prefix="genjin-test-")) / "ca.pem"
        authority.cert_pem.write_to_path(str(file))
        return file

    def count(self, command: str) -> int:
        return sum(one.startswith(command) for one in self.commands)

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(_PATIENCE_S)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(client,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, plain: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), contextlib.ExitStack() as ends:
            ends.enter_context(plain)
            plain.settimeout(_PATIENCE_S)
            client = self._tls.wrap_socket(plain, server_side=True) if self._tls else plain
            ends.enter_context(client)
            client.sendall(b"* OK hello\r\n")
            for line in ends.enter_context(client.makefile("rb")):
                tag, _, command = line.strip().partition(b" ")
                self.commands.append(command.decode("utf-8", "replace").upper())
                said = self._answer(self.commands[-1])
                client.sendall(said)
                if b"* BYE" in said or not (said == b"" or said.endswith(b"\r\n")):
                    return
                client.sendall(_DONE % tag)

    def _answer(self, command: str) -> bytes:
        for start in sorted(self.answers, key=len, reverse=True):
            if re.match(rf"{re.escape(start)}\b", command):
                return self.answers[start].encode()
        return b""

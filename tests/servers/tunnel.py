"""A proxy as companies have them: it is asked for a place by CONNECT and passes everything on."""

import contextlib
import select
import socket
import threading
from types import TracebackType
from typing import Self

HOST = "127.0.0.1"
_PATIENCE_S = 20.0
_MOST = 64 * 1024


class Tunnel:
    """Whatever place is asked for, on this very computer. ``asked``: which ones were."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._listener = socket.create_server((HOST, 0))
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(_PATIENCE_S)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError, ValueError, IndexError):
            client.settimeout(_PATIENCE_S)
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(1) or b"\r\n\r\n"
            place = head.split()[1].decode()
            self.asked.append(place)
            port = int(place.rpartition(":")[2])
            with socket.create_connection((HOST, port), _PATIENCE_S) as server:
                client.sendall(b"HTTP/1.1 200 go ahead\r\n\r\n")
                _carry(client, server)


def _carry(client: socket.socket, server: socket.socket) -> None:
    ends = {client: server, server: client}
    while ready := select.select(list(ends), [], [], _PATIENCE_S)[0]:
        for end in ready:
            data = end.recv(_MOST)
            if not data:
                return
            ends[end].sendall(data)

"""A wire between a client and an IMAP server, that can be cut, stalled, slowed down and refused.

It may end the client's TLS itself, and so sees the commands: counts them, and lets the n-th fail.
"""

import contextlib
import re
import select
import socket
import ssl
import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, Self

HOST = "127.0.0.1"
Fault = Literal["cut", "busy", "reset"]

_COMMAND = re.compile(rb"^([A-Z0-9.+]+) (?:UID )?([A-Z]+)", re.IGNORECASE)
_SIGN_INS = (b"LOGIN", b"AUTHENTICATE")
_CHUNK = 64 * 1024
_PATIENCE_S = 10.0
_RESET = struct.pack("ii", 1, 0)


@dataclass(slots=True)
class _Connection:
    client: socket.socket
    server: socket.socket
    line: bytes = b""
    """What the client sent since the last end of a line."""
    answers_left: int | None = None
    """Bytes that may still pass to the client before the wire is cut."""
    in_flight: deque[tuple[float, socket.socket, bytes]] = field(default_factory=deque)


class Wire:
    """``rtt_s``: how long a byte and its answer travel. ``tls``: the server side of TLS towards
    the client; the wire then speaks plainly with the server. ``edit_…`` make another server of
    it; they see what arrives at once, which for short answers is the whole of it."""

    def __init__(
        self,
        port: int,
        *,
        tls: ssl.SSLContext | None = None,
        rtt_s: float = 0.0,
        edit_command: Callable[[bytes], bytes] = bytes,
        edit_answer: Callable[[bytes], bytes] = bytes,
    ) -> None:
        self._target = port
        self._tls = tls
        self._half_s = rtt_s / 2
        self._edit_command = edit_command
        self._edit_answer = edit_answer
        self.commands: list[bytes] = []
        """Names of the commands seen, in capitals."""
        self.sign_ins = 0
        self.bytes_down = 0
        self._fails_at: tuple[int, Fault, int] | None = None
        self._moving = threading.Event()
        self._moving.set()
        self._stopped = False
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener: socket.socket | None = None
        self.port = 0

    def start(self) -> Self:
        listener = socket.create_server((HOST, self.port))
        self.port = listener.getsockname()[1]
        self._listener = listener
        self._begin(self._accept, listener)
        return self

    def stop(self) -> None:
        self._stopped = True
        self.refuse()
        self._moving.set()
        for thread in list(self._threads):
            thread.join(_PATIENCE_S)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def fail_at(self, command: int, fault: Fault, *, after_bytes: int = 40) -> None:
        """Once: the ``command``-th from now on (1: the next)."""
        with self._lock:
            self._fails_at = (len(self.commands) + command, fault, after_bytes)

    def stall(self) -> None:
        """From now on nothing moves in either direction."""
        self._moving.clear()

    def recover(self) -> None:
        with self._lock:
            self._fails_at = None
        if not self._moving.is_set():
            self.hang_up()  # what was held back is lost
            self._moving.set()

    def refuse(self) -> None:
        """Nobody listens any more, and who is connected is cut off."""
        listener, self._listener = self._listener, None
        if listener is not None:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self.hang_up()

    def accept_again(self) -> None:
        self.start()

    def hang_up(self) -> None:
        with self._lock:
            ends = list(self._open)
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _begin(self, work, *args) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            self._begin(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        server: socket.socket | None = None
        self._keep(client)
        try:
            self._moving.wait()
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.settimeout(_PATIENCE_S)
            if self._tls is not None:
                plain, client = (
                    client,
                    self._tls.wrap_socket(client, server_side=True, do_handshake_on_connect=False),
                )
                self._keep(client)
                self._forget(plain)
                client.do_handshake()
            server = socket.create_connection((HOST, self._target), _PATIENCE_S)
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._keep(server)
            self._carry(_Connection(client, server))
        except (OSError, ValueError):
            pass
        finally:
            for end in filter(None, (client, server)):
                self._forget(end)
                end.close()

    def _carry(self, connection: _Connection) -> None:
        client, server = connection.client, connection.server
        while not self._stopped:
            if not self._moving.wait(0.05):
                continue
            pending = isinstance(client, ssl.SSLSocket) and client.pending() > 0
            ready = [client] if pending else self._readable(connection)
            if not self._moving.is_set():
                continue
            for end in ready:
                data = _received(end)
                if data is None:
                    continue
                if not data:
                    self._deliver_all(connection)
                    return
                if end is client and not self._heard(connection, data):
                    return
                if end is server:
                    answer = self._edit_answer(data)
                    self.bytes_down += len(answer)
                    connection.in_flight.append((time.monotonic() + self._half_s, client, answer))
            if not self._deliver(connection):
                return

    def _readable(self, connection: _Connection) -> list[socket.socket]:
        wait = 0.2
        if connection.in_flight:
            wait = max(0.0, connection.in_flight[0][0] - time.monotonic())
        ends = [connection.client, connection.server]
        return select.select(ends, [], [], wait)[0]

    def _heard(self, connection: _Connection, data: bytes) -> bool:
        """Look at what the client says and pass it on. False: the connection ends here."""
        connection.line += data
        *lines, connection.line = connection.line.split(b"\r\n")
        for line in lines:
            command = _COMMAND.match(line)
            if command is None:
                continue
            fault = self._count(command[2].upper())
            if fault is None:
                continue
            match fault[0]:
                case "reset":
                    connection.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                    return False
                case "busy":
                    answer = command[1] + b" NO [UNAVAILABLE] too many of you\r\n"
                    connection.in_flight.append((time.monotonic(), connection.client, answer))
                    return self._deliver(connection)
                case "cut":
                    connection.answers_left = fault[1]
        data = self._edit_command(data)
        connection.in_flight.append((time.monotonic() + self._half_s, connection.server, data))
        return True

    def _count(self, name: bytes) -> tuple[Fault, int] | None:
        with self._lock:
            self.commands.append(name)
            self.sign_ins += name in _SIGN_INS
            if self._fails_at is None or len(self.commands) < self._fails_at[0]:
                return None
            (_, fault, after), self._fails_at = self._fails_at, None
            return fault, after

    def _deliver(self, connection: _Connection) -> bool:
        while connection.in_flight and connection.in_flight[0][0] <= time.monotonic():
            _, to, data = connection.in_flight.popleft()
            if to is connection.client and connection.answers_left is not None:
                data, rest = data[: connection.answers_left], data[connection.answers_left :]
                connection.answers_left -= len(data)
                to.sendall(data)
                if rest or connection.answers_left == 0:
                    return False
            else:
                to.sendall(data)
        return True

    def _deliver_all(self, connection: _Connection) -> None:
        """One side has said its last; what is on its way still arrives."""
        while connection.in_flight and self._moving.is_set() and not self._stopped:
            time.sleep(max(0.0, connection.in_flight[0][0] - time.monotonic()))
            if not self._deliver(connection):
                return

    def _keep(self, end: socket.socket) -> None:
        with self._lock:
            self._open.add(end)

    def _forget(self, end: socket.socket) -> None:
        with self._lock:
            self._open.discard(end)


def _received(end: socket.socket) -> bytes | None:
    """None when it was only half a record of TLS."""
    end.setblocking(False)
    try:
        return end.recv(_CHUNK)
    except (ssl.SSLWantReadError, BlockingIOError):
        return None
    finally:
        end.settimeout(_PATIENCE_S)

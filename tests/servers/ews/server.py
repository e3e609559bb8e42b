"""The server on its socket, and everything that can go wrong there on command."""

import contextlib
import gzip
import socket
import ssl
import struct
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal, Self, get_args
from urllib.parse import parse_qs

import trustme

from tests.servers.ews import soap
from tests.servers.ews.operations import STATE, Operations
from tests.servers.ews.signin import Scheme, Users, Visitor
from tests.servers.ews.soap import Refused
from tests.servers.ews.store import Store

PATH = "/EWS/Exchange.asmx"
TOKEN_PATH = "/token"
DISCOVERY_PATH = "/autodiscover/autodiscover.xml"

Fault = Literal[
    "busy",
    "busy_message",
    "unavailable",
    "too_many",
    "error_page",
    "login_page",
    "redirect",
    "forbidden",
    "not_found",
    "cut",
    "dropped",
    "reset",
    "unauthorized",
]
FAULTS: tuple[Fault, ...] = get_args(Fault)
BACK_OFF_MS = 7_000
RETRY_AFTER_S = 11
_PAGE = b"<!DOCTYPE html><html><body><form action='/owa/auth.owa'>%s</form></body></html>"


@dataclass
class Script:
    """What goes wrong, and what was asked."""

    faults: dict[int, Fault | str] = field(default_factory=dict)
    """Number of the request → what happens to it; ``soap:CODE`` for any other fault."""
    number: int = 0
    seen: list[str] = field(default_factory=list)
    """The operations that were asked for by somebody signed in."""
    stalls: bool = False
    resumed: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next(self, operation: str) -> Fault | str | None:
        with self.lock:
            self.number += 1
            self.seen.append(operation)
            return self.faults.pop(self.number, None)

    def fail(self, request: int, fault: Fault | str) -> None:
        """The ``request``-th from now on."""
        with self.lock:
            self.faults[self.number + request] = fault


class EwsServer:
    """``with EwsServer() as server: …``; ``server.url`` is its endpoint."""

    authority = None

    def __init__(
        self,
        *,
        tls: bool = True,
        schemes: frozenset[Scheme] = frozenset({"basic"}),
        version: tuple[int, int] = (15, 1),
        compresses: bool = False,
    ) -> None:
        self.users = Users()
        self.stores: dict[str, Store] = {}
        self.operations = Operations(self.stores, version)
        self.script = Script()
        self.schemes = schemes
        self.compresses = compresses
        self.client_secrets: dict[str, tuple[str, str]] = {}
        """Application → its secret, and as whom it acts."""
        self.token_requests: list[dict[str, str]] = []
        self.discovery = b""
        self.discovery_moved_to = ""
        self.discovery_asked: list[bool] = []
        """Of each question for the endpoint: was a secret shown with it?"""
        self._tls = tls
        self.ca = trustme.CA()
        self._http: _Http | None = None
        self._thread: threading.Thread | None = None
        self.port = 0

    def add_user(self, name: str, password: str, address: str) -> Store:
        self.users.set(name, password)
        return self.add_mailbox(address, open_to={name.lower()})

    def add_mailbox(self, address: str, *, open_to: set[str]) -> Store:
        store = Store(address, open_to=open_to)
        self.stores[address.lower()] = store
        return store

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://localhost:{self.port}{PATH}"

    def at(self, path: str) -> str:
        return self.url.removesuffix(PATH) + path

    def write_ca(self, folder: Path) -> Path:
        file = folder / "company-ca.pem"
        self.ca.cert_pem.write_to_path(str(file))
        return file

    def start(self) -> Self:
        context = None
        if self._tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.ca.issue_cert("localhost", "127.0.0.1").configure_cert(context)
        self._http = _Http(("127.0.0.1", self.port), _Handler)
        self._http.ews = self
        self._http.context = context
        self.port = self._http.server_address[1]
        self.script.resumed = threading.Event()
        self.script.stalls = False
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Nobody answers at the port any more; what was kept stays."""
        if self._http is None:
            return
        self.script.resumed.set()
        self._http.shutdown()
        self._http.hang_up()
        self._http.server_close()
        if self._thread is not None:
            self._thread.join()
        self._http = None

    def stall(self) -> None:
        self.script.stalls = True

    def resume(self) -> None:
        self.script.stalls = False
        self.script.resumed.set()
        self.script.resumed = threading.Event()

    def close(self) -> None:
        self.stop()
        self.users.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64
    ews: EwsServer
    context: ssl.SSLContext | None = None

    def __init__(self, *args: Any) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(*args)

    def finish_request(self, request: Any, client_address: Any) -> None:
        with contextlib.suppress(OSError, ValueError):
            request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            request.settimeout(30)
            if self.context is not None:
                request = self.context.wrap_socket(request, server_side=True)
            self._open.add(request)
            try:
                _Handler(request, client_address, self)
            finally:
                self._open.discard(request)
                request.close()

    def hang_up(self) -> None:
        for one in list(self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def handle_error(self, *_: object) -> None:
        """A client that went away."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Http

    def setup(self) -> None:
        super().setup()
        self._visitor = Visitor(self.server.ews.users, self.server.ews.schemes)

    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        ews = self.server.ews
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0]
        if path == TOKEN_PATH:
            self._token(raw)
            return
        if path not in (PATH, DISCOVERY_PATH):
            self._send(404, b"not here", kind="text/plain")
            return
        if path == DISCOVERY_PATH:
            ews.discovery_asked.append("Authorization" in self.headers)
            if ews.discovery_moved_to:
                self._send(302, b"", also=[("Location", ews.discovery_moved_to)])
                return
        # Taken out here: whoever changes the schemes changes them for open connections too.
        user, wanted = self._visitor.check(dict(self.headers.items()))
        if user is None:
            self._send(401, b"", also=[("WWW-Authenticate", one) for one in wanted])
            return
        if path == DISCOVERY_PATH:
            self._send(200, ews.discovery)
            return
        start = raw.find(b"<s:Body><m:") + len(b"<s:Body><m:")
        operation = raw[start : start + 40].split(b" ")[0].split(b">")[0].decode("ascii", "replace")
        fault = ews.script.next(operation)
        if ews.script.stalls:
            ews.script.resumed.wait(60)
            self.close_connection = True
            return
        if fault is not None and fault not in ("cut", "dropped"):
            self._fail(fault)
            return
        try:
            status, answer = 200, ews.operations.answer(raw, user)
        except Refused as refused:
            status, answer = 500, soap.fault(refused)
        if fault == "cut":
            # As a gateway does that stops at a limit and corrects the length. Before the cut
            # stands a sync state, behind it were items.
            self._send(status, answer[: len(answer) * 6 // 10])
        elif fault == "dropped":
            self._send(status, answer, of=len(answer) // 2)
        else:
            self._send(status, answer)

    def _fail(self, fault: str) -> None:
        match fault:
            case "busy":
                refused = Refused("ErrorServerBusy", "The server cannot.", back_off_ms=BACK_OFF_MS)
                self._send(500, soap.fault(refused))
            case "busy_message":
                inner = (
                    '<m:MessageXml><t:Value Name="BackOffMilliseconds">'
                    f"{BACK_OFF_MS}</t:Value></m:MessageXml>"
                )
                operation = self.server.ews.script.seen[-1]
                message = (
                    f'<m:{operation}ResponseMessage ResponseClass="Error"><m:MessageText>busy'
                    f"</m:MessageText><m:ResponseCode>ErrorServerBusy</m:ResponseCode>{inner}"
                    f"{'' if self.server.ews.operations.leaves_out else STATE}"
                    f"</m:{operation}ResponseMessage>"
                )
                self._send(200, soap.reply(operation, message, self.server.ews.operations.server))
            case "unavailable" | "too_many":
                status = 503 if fault == "unavailable" else 429
                self._send(status, b"later", also=[("Retry-After", str(RETRY_AFTER_S))])
            case "error_page":
                self._send(500, _PAGE % b"oops", kind="text/html")
            case "login_page":
                self._send(200, _PAGE % b"sign in", kind="text/html")
            case "redirect":
                self._send(302, b"", also=[("Location", "https://localhost/owa/auth/logon.aspx")])
            case "forbidden":
                self._send(403, b"no", kind="text/plain")
            case "not_found":
                self._send(404, b"no", kind="text/plain")
            case "unauthorized":
                self._send(401, b"", also=[("WWW-Authenticate", 'Basic realm="x"')])
            case "reset":
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.close_connection = True
            case _:
                self._send(500, soap.fault(Refused(fault.removeprefix("soap:"))))

    def _token(self, raw: bytes) -> None:
        ews = self.server.ews
        form = {name: values[0] for name, values in parse_qs(raw.decode()).items()}
        ews.token_requests.append(form)
        secret, user = ews.client_secrets.get(form.get("client_id", ""), ("", ""))
        if form.get("grant_type") != "client_credentials":
            self._send(400, b'{"error": "unsupported_grant_type"}', kind="application/json")
        elif not secret or form.get("client_secret") != secret:
            ews.users.attempts += 1
            self._send(401, b'{"error": "invalid_client"}', kind="application/json")
        else:
            token = f"token-{len(ews.token_requests)}"
            ews.users.tokens[token] = user
            answer = f'{{"access_token": "{token}", "token_type": "Bearer", "expires_in": 3600}}'
            self._send(200, answer.encode(), kind="application/json")

    def _send(
        self,
        status: int,
        content: bytes,
        *,
        kind: str = "text/xml; charset=utf-8",
        also: list[tuple[str, str]] | None = None,
        of: int | None = None,
    ) -> None:
        """``of``: how much of it is really sent before the line goes dead."""
        headers: list[tuple[str, str]] = [("Content-Type", kind), *(also or [])]
        if self.server.ews.compresses and "gzip" in (self.headers.get("Accept-Encoding") or ""):
            content = gzip.compress(content, 1)
            headers.append(("Content-Encoding", "gzip"))
        headers.append(("Content-Length", str(len(content))))
        head = f"HTTP/1.1 {status} X\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers) + "\r\n"
        self.wfile.write(head.encode() + content[: len(content) if of is None else of])
        if of is not None:
            self.close_connection = True


def settings(server: EwsServer, ca_file: Path, **more: object) -> Mapping[str, Any]:
    """Of a source that reads the server."""
    return {
        "type": "exchange",
        "endpoint": server.url,
        "username": "EXAMPLE\\li",
        "email": "li@example.com",
        "auth": "basic",
        "ca_file": str(ca_file),
        **more,
    }

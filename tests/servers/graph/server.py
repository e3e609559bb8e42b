"""Graph and its sign-in service on one TLS port of loopback; told to fail, it fails as networks do."""

import contextlib
import html
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import trustme

from agent.clock import Clock
from tests.servers.graph.api import Api, Asked, Refusal
from tests.servers.graph.authority import TENANT, Authority, Refused, form_of, refusal
from tests.servers.graph.mailbox import Mailbox

Fault = Callable[["Handler", bytes], bool]
"""Given the answer that was to be sent; False: send it all the same."""


@cache
def certificates() -> tuple[Path, Path]:
    """(the authority's certificate, the server's key and chain), made once for a run."""
    folder = Path(mkdtemp(prefix="genjin-test-ca-"))
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    server = authority.issue_cert("localhost", "127.0.0.1")
    server.private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
    return folder / "ca.pem", folder / "server.pem"


class GraphServer:
    def __init__(self) -> None:
        self.mailbox = Mailbox()
        self.authority = Authority()
        self.api = Api(self.mailbox, self.authority)
        self.requests = 0
        self.faults: dict[int, Fault] = {}
        """By the number of the request, counted from the first of all."""
        self.graph_fault: tuple[Callable[[Asked], bool], Fault] | None = None
        """Every request to Graph of that kind."""
        self.clock: Clock | None = None
        """Without one the answers have no date."""
        self.let_go = threading.Event()
        self.let_go.set()
        self.stalled = 0
        self.lock = threading.RLock()
        self._live: set[socket.socket] = set()
        self._http: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None
        self.port = 0
        self.start()
        self.authority.base = self.url
        self.api.base = f"{self.url}/v1.0"

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    def start(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates()[1])
        graph = self

        class Bound(Handler):
            server_state = graph
            tls = context

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False
            allow_reuse_address = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                """Clients that break off are what the tests are about."""

        self._http = Quiet(("127.0.0.1", self.port), Bound)
        self.port = self._http.server_port
        self._thread = threading.Thread(
            target=self._http.serve_forever, args=(0.02,), daemon=True, name="graph-server"
        )
        self._thread.start()

    def stop(self) -> None:
        if self._http is not None:
            self._http.shutdown()
            self._http.server_close()
            self._http = None
        with self.lock:
            live = list(self._live)
        for one in live:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.let_go.set()
        self.stop()

    def fail(self, request: int, fault: Fault) -> None:
        """Once: the ``request``-th from now on (1: the next)."""
        with self.lock:
            self.faults[self.requests + request] = fault

    def stall(self) -> None:
        self.let_go.clear()

    def recover(self) -> None:
        with self.lock:
            self.faults.clear()
            self.graph_fault = None
        self.let_go.set()

    def joined(self, live: socket.socket) -> None:
        with self.lock:
            self._live.add(live)

    def left(self, live: socket.socket) -> None:
        with self.lock:
            self._live.discard(live)


class Handler(BaseHTTPRequestHandler):
    server_state: GraphServer
    tls: ssl.SSLContext
    protocol_version = "HTTP/1.1"
    timeout = 60

    def setup(self) -> None:
        self.server_state.joined(self.request)
        plain = self.request
        plain.settimeout(20)
        self.request = self.tls.wrap_socket(plain, server_side=True)
        self.server_state.joined(self.request)
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def finish(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            super().finish()
        self.server_state.left(self.request)
        with contextlib.suppress(OSError):
            self.request.close()

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        self._serve(self.rfile.read(int(self.headers.get("content-length", 0))))

    def _serve(self, body: bytes) -> None:
        state = self.server_state
        with state.lock:
            state.requests += 1
            fault = state.faults.pop(state.requests, None)
        if not state.let_go.is_set():
            with state.lock:
                state.stalled += 1
            state.let_go.wait(30)
            self.close_connection = True
            return
        split = urlsplit(self.path)
        with state.lock:
            if split.path.startswith("/v1.0/"):
                url = self.path.removeprefix("/v1.0/")
                asked = Asked(self.command, url, {k.lower(): v for k, v in self.headers.items()})
                if body:
                    asked.body = json.loads(body)
                if fault is None and state.graph_fault and state.graph_fault[0](asked):
                    fault = state.graph_fault[1]
                status, headers, answer = self._graph(asked)
            else:
                status, headers, answer = self._sign_in(
                    split.path, dict(parse_qsl(split.query)), body
                )
        payload = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        if fault is not None and fault(self, payload):
            return
        self.reply(status, payload, headers)

    def reply(
        self,
        status: int,
        payload: bytes,
        headers: dict[str, str] | None = None,
        *,
        kind: str = "application/json; odata.metadata=minimal; charset=utf-8",
        length: int | None = None,
    ) -> None:
        self.send_response_only(status)
        if (clock := self.server_state.clock) is not None:
            self.send_header("date", self.date_time_string(clock.now().timestamp()))
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(payload) if length is None else length))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(payload)

    def _graph(self, asked: Asked) -> tuple[int, dict[str, str], Any]:
        state = self.server_state
        bearer = asked.headers.get("authorization", "").removeprefix("Bearer ")
        scopes = state.authority.scopes_of(bearer)
        if scopes is None:
            code = "InvalidAuthenticationToken"
            return 401, {"WWW-Authenticate": "Bearer"}, {"error": {"code": code}}
        try:
            return 200, {}, state.api.answer(asked, scopes)
        except Refusal as refused:
            wait = {"Retry-After": str(refused.retry_after)} if refused.retry_after else {}
            return refused.status, wait, {"error": {"code": refused.code, "message": "no"}}

    def _sign_in(
        self, path: str, query: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], Any]:
        authority = self.server_state.authority
        tenant, _, rest = path.strip("/").partition("/")
        if tenant not in (TENANT, "ours.example", "organizations"):
            return 400, {}, refusal(Refused("invalid_tenant", 90002))
        try:
            match rest:
                case "v2.0/.well-known/openid-configuration":
                    return 200, {}, authority.configuration()
                case "oauth2/v2.0/authorize":
                    return _sent_back(*authority.authorize(query))
                case "oauth2/v2.0/devicecode":
                    return 200, {}, authority.start_device(form_of(body))
                case "oauth2/v2.0/token":
                    return 200, {}, authority.token(form_of(body))
                case _:
                    return 404, {}, {"error": "not_found"}
        except Refused as refused:
            return refused.status, {}, refusal(refused)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's
        """Quiet."""


def _sent_back(
    url: str, answer: dict[str, str], as_form: bool
) -> tuple[int, dict[str, str], bytes]:
    if not as_form:
        return 302, {"Location": f"{url}?{urlencode(answer)}"}, b""
    fields = "".join(
        f'<input type="hidden" name="{name}" value="{html.escape(value)}">'
        for name, value in answer.items()
    )
    page = f'<form method="POST" action="{url}">{fields}</form><script>submit()</script>'
    return 200, {}, page.encode()


# How networks and proxies fail.


def cut_body(handler: Handler, payload: bytes) -> bool:
    """Cut, and the length says that it is whole."""
    handler.reply(200, payload[: len(payload) * 2 // 3])
    return True


def cut_connection(handler: Handler, payload: bytes) -> bool:
    handler.reply(200, payload[: len(payload) // 2], length=len(payload) + 10)
    handler.close_connection = True
    return True


def reset(handler: Handler, _payload: bytes) -> bool:
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True
    with contextlib.suppress(OSError):
        handler.connection.close()
    return True


def status(code: int, error: str = "generalException", **headers: str) -> Fault:
    def fault(handler: Handler, _payload: bytes) -> bool:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        handler.reply(code, json.dumps({"error": {"code": error}}).encode(), named)
        return True

    return fault


def portal(handler: Handler, _payload: bytes) -> bool:
    """A hotel's sign-in page."""
    handler.reply(200, b"<html><body>Welcome! Room number?</body></html>", kind="text/html")
    return True


def portal_with(code: int) -> Fault:
    def fault(handler: Handler, _payload: bytes) -> bool:
        handler.reply(code, b"<html>blocked</html>", kind="text/html")
        return True

    return fault


def redirected(handler: Handler, _payload: bytes) -> bool:
    handler.reply(302, b"", {"Location": "https://portal.example/"})
    return True


def wrong_type(handler: Handler, payload: bytes) -> bool:
    handler.reply(200, payload, kind="text/plain")
    return True


def no_link(handler: Handler, payload: bytes) -> bool:
    """Whole JSON, but a gateway has dropped what comes last."""
    answer = json.loads(payload)
    kept = {name: value for name, value in answer.items() if not name.startswith("@odata.")}
    handler.reply(200, json.dumps(kept).encode())
    return True

"""Where the browser comes back to after signing in: a page on this computer, for one visit."""

import html
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlsplit

from agent import messages

_MOST = 64 * 1024
_PATIENCE_S = 10.0


class Redirect:
    """Listens on loopback only, on whatever port is free; Entra accepts any for ``localhost``."""

    def __init__(self) -> None:
        self._came = threading.Event()
        self._state = ""
        self._answer: dict[str, str] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.1,), name="graph-redirect", daemon=True
        )

    @property
    def url(self) -> str:
        return f"http://localhost:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(_PATIENCE_S)

    def expect(self, state: str) -> None:
        """Visits that do not carry it were not sent by the sign-in service."""
        self._state = state

    def wait(self, seconds: float) -> dict[str, str] | None:
        """What the sign-in service sent along; None when nobody came."""
        return self._answer if self._came.wait(seconds) else None

    def _take(self, query: str) -> bool:
        answer = dict(parse_qsl(query))
        if not self._state or answer.get("state") != self._state or self._came.is_set():
            return False
        if "code" not in answer and "error" not in answer:
            return False
        self._answer = answer
        self._came.set()
        return True

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        redirect = self

        class Handler(BaseHTTPRequestHandler):
            timeout = _PATIENCE_S

            def do_GET(self) -> None:
                self._answer(urlsplit(self.path).query)

            def do_POST(self) -> None:
                length = self.headers.get("content-length", "")
                size = min(int(length), _MOST) if length.isdigit() else 0
                self._answer(self.rfile.read(size).decode("ascii", "replace"))

            def _answer(self, query: str) -> None:
                taken = redirect._take(query)
                words = messages.text("graph_page_done" if taken else "graph_page_odd")
                page = f'<!doctype html><meta charset="utf-8"><p>{html.escape(words)}</p>'.encode()
                self.send_response(200 if taken else 400)
                self.send_header("content-type", "text/html; charset=utf-8")
                self.send_header("content-length", str(len(page)))
                self.send_header("cache-control", "no-store")
                self.send_header("connection", "close")
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's
                """Nothing: the address of the visit holds the code."""

        return Handler

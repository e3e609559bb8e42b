"""A small server for the extension's tests: real sockets, real state, able to fail.

``Team`` speaks the part of ``/api/v1`` that the extension uses. ``Web`` is the rest of the world: a
proxy that answers for every host name with the pages it was given, and writes down every request
that the browser makes, whoever made it.
"""

import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from wsgiref.types import StartResponse, WSGIEnvironment

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response


@dataclass(frozen=True)
class Seen:
    method: str
    host: str
    path: str
    headers: dict[str, str]
    body: bytes = b""


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 (the base's name)
        """Nothing: the tests read ``seen``."""


class Served:
    """A WSGI app on a loopback port, in a thread, that can go down and come back there."""

    def __init__(self, answer: Callable[[Request], Response]) -> None:
        self._answer = answer
        self.seen: list[Seen] = []
        self.port = 0
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None
        self.start()

    def start(self) -> None:
        self._server = make_server(
            "127.0.0.1", self.port, self._app, threaded=True, request_handler=_Quiet
        )
        self._server.daemon_threads = True  # type: ignore[attr-defined] # the threaded server has it
        self.port = self._server.port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def stop(self) -> None:
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server = self._thread = None

    def _app(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        path = request.full_path.rstrip("?")
        body = request.get_data()
        self.seen.append(Seen(request.method, request.host, path, dict(request.headers), body))
        return self._answer(request)(environ, start)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


@dataclass
class Page:
    html: str
    headers: dict[str, str] = field(default_factory=dict)


class Web(Served):
    """Every host of the world, over a proxy; ``pages`` maps ``host/path`` to what stands there."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        super().__init__(self._page)

    def put(self, address: str, html: str, **headers: str) -> str:
        self.pages[address] = Page(html, {k.replace("_", "-"): v for k, v in headers.items()})
        return f"http://{address}"

    def _page(self, request: Request) -> Response:
        page = self.pages.get(f"{request.host}{request.path}")
        if page is None:
            return Response("", 404)
        return Response(page.html, headers=page.headers, content_type="text/html; charset=utf-8")


class Team(Served):
    """One team's Genjin: ``customers``, ``cards`` and ``reminders`` are what the tests put there."""

    def __init__(self) -> None:
        self.codes: dict[str, str] = {"K7P4-2MQX": "good", "OLD0-0000": "expired"}
        self.tokens: set[str] = set()
        self.fail_with: int | None = None
        self.locale = "zh-CN"
        self.revision = 1
        self.customers: dict[int, dict[str, Any]] = {}
        self.removed: list[int] = []
        self.cards: dict[int, dict[str, Any]] = {}
        self.reminders: list[dict[str, Any]] = []
        super().__init__(self._route)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def asked(self, part: str) -> list[Seen]:
        return [seen for seen in self.seen if part in seen.path]

    def _route(self, request: Request) -> Response:
        if self.fail_with is not None:
            return _error(self.fail_with, "internal")
        if request.path == "/api/v1/devices/pair" and request.method == "POST":
            return self._pair(json.loads(request.get_data()))
        if not request.path.startswith("/api/v1/"):
            return Response("<!doctype html><title>Genjin</title>", content_type="text/html")
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.tokens:
            return _error(401, "unauthorized")
        match request.path.removeprefix("/api/v1/").split("/"):
            case ["directory"]:
                return self._directory(int(request.args["since"]))
            case ["reminders"]:
                return _json({"items": self.reminders, "cursor": None})
            case ["customers", number] if int(number) in self.cards:
                return _json(self.cards[int(number)])
            case _:
                return _error(404, "not_found")

    def _pair(self, body: dict[str, str]) -> Response:
        state = self.codes.get(body["code"])
        if state != "good":
            return _error(400, "code_expired" if state else "code_unknown")
        self.codes[body["code"]] = "expired"
        token = f"token-{len(self.tokens) + 1}"
        self.tokens.add(token)
        person = {"user": "张磊", "email": "zhanglei@genjin.example", "role": "rep"}
        return _json({"token": token, **person, "locale": self.locale})

    def _directory(self, since: int) -> Response:
        changed = list(self.customers.values()) if since < self.revision else []
        return _json(
            {
                "revision": self.revision,
                "customers": changed,
                "removed": self.removed if since < self.revision else [],
                "more": False,
                "reset": False,
            }
        )


def _json(body: object, status: int = 200) -> Response:
    return Response(
        json.dumps(body, ensure_ascii=False), status, content_type="application/json; charset=utf-8"
    )


def _error(status: int, code: str) -> Response:
    return _json({"error": {"code": code, "message": code, "fields": {}}}, status)

"""A small server of our API on a loopback port, with state, that misbehaves when told to.

What it holds and how it judges is ``agent.testing.MemoryServer``; this adds HTTP and its mishaps.
"""

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Self

from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from agent.contract.device import Heartbeat
from agent.contract.directory import NewCustomer
from agent.contract.forget import ForgetRequest
from agent.contract.reminder import ReminderPage
from agent.errors import DeliveryRefused
from agent.testing import MemoryServer

TOKEN = "token-1"

Mishap = Callable[["StandIn", Request], Response | None]
"""Answers in place of the server, or None to let it answer."""


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002
        pass


class StandIn:
    """``with StandIn() as server``: ``server.url``, ``server.state``, ``server.next(mishap)``."""

    def __init__(self, state: MemoryServer | None = None) -> None:
        self.state = state or MemoryServer()
        self.always: Mishap | None = None
        self._next: list[Mishap] = []
        self.seen: list[str] = []
        """Method and path of every request."""
        self.release = threading.Event()
        """Set it to end the requests that hang."""
        self._server = make_server(
            "127.0.0.1", 0, self._application, threaded=True, request_handler=_Quiet
        )
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.release.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def next(self, *mishaps: Mishap) -> None:
        """Each spoils one of the coming requests, in order."""
        self._next.extend(mishaps)

    def _application(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        self.seen.append(f"{request.method} {request.path}")
        mishap = self._next.pop(0) if self._next else self.always
        response = mishap(self, request) if mishap is not None else None
        if response is None:
            response = self.answer(request)
        return response(environ, start_response)

    def answer(self, request: Request) -> Response:
        if request.path == "/healthz":
            return _json({"status": "ok"})
        if request.path == "/api/v1/devices/pair":
            return self._pair(request)
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return error(401)
        return self._to_paired(request)

    def _pair(self, request: Request) -> Response:
        try:
            body = request.get_json()
            return _json(self.state.pair(body["code"], body["name"]).model_dump())
        except DeliveryRefused:
            return error(401)

    def _to_paired(self, request: Request) -> Response:
        match request.method, request.path:
            case "POST", "/api/v1/activities":
                items = [json.dumps(item) for item in request.get_json()["activities"]]
                try:
                    return _json(self.state.send(items).model_dump(mode="json"))
                except DeliveryRefused as refused:
                    return error(int(refused.code.removeprefix("http_")))
            case "GET", "/api/v1/directory":
                delta = self.state.directory(int(request.args.get("since", "0")))
                return _json(delta.model_dump(mode="json"))
            case "GET", "/api/v1/policy":
                fresh = self.state.policy(request.headers.get("if-none-match"))
                if fresh is None:
                    return Response(status=304)
                answer = _json(fresh[0].model_dump(mode="json"))
                answer.headers["etag"] = fresh[1]
                return answer
            case "POST", "/api/v1/devices/heartbeat":
                beat = Heartbeat.model_validate_json(request.get_data())
                return _json(self.state.heartbeat(beat).model_dump())
            case "POST", "/api/v1/forget":
                wanted = ForgetRequest.model_validate_json(request.get_data())
                return _json(self.state.forget(wanted).model_dump())
            case "POST", "/api/v1/customers/adopt":
                opened = NewCustomer.model_validate_json(request.get_data())
                return _json({"id": self.state.adopt(opened), "name": opened.name})
            case "GET", "/api/v1/reminders":
                page = ReminderPage(items=self.state.reminders())
                return _json(page.model_dump(mode="json"))
            case _:
                return error(404)


def _json(value: object) -> Response:
    return Response(json.dumps(value), content_type="application/json")


def error(code: int) -> Response:
    body = {"error": {"code": "oops", "message": "oops", "fields": {}}}
    return Response(json.dumps(body), status=code, content_type="application/json")


@dataclass(frozen=True)
class Status:
    """Answer with this status, having done nothing."""

    code: int
    retry_after: str | None = None

    def __call__(self, _server: StandIn, request: Request) -> Response:
        request.get_data()
        answer = error(self.code)
        if self.retry_after is not None:
            answer.headers["retry-after"] = self.retry_after
        return answer


@dataclass(frozen=True)
class Body:
    """Status 200 with a body of one's own."""

    body: str
    content_type: str = "application/json"

    def __call__(self, _server: StandIn, request: Request) -> Response:
        request.get_data()
        return Response(self.body, content_type=self.content_type)


def hang(server: StandIn, request: Request) -> Response:
    """No answer until the test lets go."""
    request.get_data()
    server.release.wait(60)
    return error(500)


def commit_then_hang(server: StandIn, request: Request) -> Response:
    server.answer(request)
    return hang(server, request)


def reset(_server: StandIn, request: Request) -> Response:
    """Half a head and half a body, then a reset."""
    request.get_data()
    _break(request, b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"results":[')
    return Response(b"")


def commit_then_reset(server: StandIn, request: Request) -> Response:
    """Everything was done, and nobody hears of it."""
    server.answer(request)
    return reset(server, request)


def drop_first_result(server: StandIn, request: Request) -> Response:
    """Commits, and answers with one result too few."""
    reply = json.loads(server.answer(request).get_data())
    return _json({"results": reply["results"][1:]})


def swap_ids(server: StandIn, request: Request) -> Response:
    """Commits, and answers with results of other items."""
    reply = json.loads(server.answer(request).get_data())
    for result in reply["results"]:
        result["id"] = "00000000-0000-0000-0000-000000000000"
    return _json(reply)


def _break(request: Request, sent: bytes) -> None:
    connection: socket.socket = request.environ["werkzeug.socket"]
    connection.sendall(sent)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def closed_port() -> int:
    """A port nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

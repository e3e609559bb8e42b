"""A real OpenID provider (oidc-provider-mock) on this machine, whose requests can be looked at."""

import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs

from werkzeug.serving import make_server

with warnings.catch_warnings():
    # The provider's own import of a module that Authlib is about to drop.
    warnings.filterwarnings("ignore", message="authlib.jose module is deprecated")
    import oidc_provider_mock

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass
class OpenId:
    url: str = ""
    asked: list[dict[str, list[str]]] = field(default_factory=list)
    """The queries of the authorization endpoint."""
    traded: list[dict[str, list[str]]] = field(default_factory=list)
    """The forms sent to the token endpoint."""
    spoil: Callable[[str, bytes], bytes] | None = None
    """Changes answers on their way, as somebody in between would: (path, body) to body."""

    def watch(self, app: Wsgi) -> Wsgi:
        def watched(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
            path = environ["PATH_INFO"]
            if path == "/oauth2/authorize" and environ["REQUEST_METHOD"] == "GET":
                self.asked.append(parse_qs(environ["QUERY_STRING"]))
            if path == "/oauth2/token":
                body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
                environ["wsgi.input"] = BytesIO(body)
                self.traded.append(parse_qs(body.decode()))
            if self.spoil is None:
                return app(environ, start)
            told: list[Any] = []
            body = b"".join(app(environ, lambda *answer: told.append(answer)))
            body = self.spoil(path, body)
            status, headers = told[0][0], told[0][1]
            kept = [(name, value) for name, value in headers if name.lower() != "content-length"]
            start(status, [*kept, ("Content-Length", str(len(body)))])
            return [body]

        return watched


@contextmanager
def openid_provider(
    users: dict[str, dict[str, object]], lasts: timedelta = timedelta(hours=1)
) -> Iterator[OpenId]:
    """``users``: claims by subject. ``lasts``: how long its answers are good."""
    found = OpenId()
    claims = [oidc_provider_mock.User(sub=sub, claims=told) for sub, told in users.items()]
    app = oidc_provider_mock.app(user_claims=claims, require_nonce=True, access_token_max_age=lasts)
    server = make_server("localhost", 0, found.watch(app), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    found.url = f"http://localhost:{server.server_port}"
    yield found
    server.shutdown()
    thread.join(timeout=10)
    server.server_close()

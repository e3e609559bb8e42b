"""HTTPS to Microsoft: one answer to one request, whole, or a ``SourceError``. No retries here."""

import json
import os
import ssl
import threading
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import certifi
import httpx

from agent.capture.graph.settings import is_loopback
from agent.capture.graph.unpacking import ACCEPTED, Bomb, Unknown, unpacked
from agent.errors import SourceMisconfigured, SourceUnavailable

TIMEOUT = httpx.Timeout(30.0, connect=10.0)
RETRY_S = 30.0
"""When to come back where the server does not say."""
MAX_ANSWER = 128 * 1024 * 1024
_CA_BUNDLES = ("REQUESTS_CA_BUNDLE",)
"""Beside ``SSL_CERT_FILE``, which the computer's own store follows."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: httpx.Headers
    body: bytes = field(repr=False)

    def json(self) -> dict[str, Any]:
        """The object in the body. Raises ``SourceUnavailable``: what is no such object came from
        a proxy, a hotel's sign-in page, or was cut."""
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json" and not kind.endswith("+json"):
            raise SourceUnavailable("graph_answer_foreign", retry_after=RETRY_S)
        try:
            parsed = json.loads(self.body)
        except (ValueError, RecursionError):  # hostile nesting recurses
            parsed = None
        if not isinstance(parsed, dict):
            # Not chained: the original holds the answer, which may be private.
            raise SourceUnavailable("graph_answer_cut", retry_after=RETRY_S) from None
        return parsed


class Wire:
    """Keeps its connections. Used from one thread at a time; closed from any."""

    def __init__(self, host: str, ca_file: str | None) -> None:
        """``host``: on loopback no proxy of the company is asked."""
        self._host = host
        self._ca_file = ca_file
        self._lock = threading.Lock()
        self._client: httpx.Client | None = None
        self._is_closed = False

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: dict[str, str] | None = None,
        params: dict[str, str] | None = None,
        content: bytes | None = None,
    ) -> Answer:
        client = self._connected()
        body = bytearray()
        try:
            request = client.build_request(
                method, url, headers=headers, params=params or None, content=content
            )
            response = client.send(request, stream=True)
            try:
                packed = response.headers.get("content-encoding", "")
                for piece in unpacked(response.iter_raw(), packed, MAX_ANSWER):
                    body += piece
            except Bomb:
                raise SourceUnavailable("graph_answer_too_large", retry_after=RETRY_S) from None
            except Unknown:
                raise SourceUnavailable("graph_answer_foreign", retry_after=RETRY_S) from None
            finally:
                response.close()
        except httpx.TimeoutException:
            raise SourceUnavailable("graph_timeout", retry_after=RETRY_S) from None
        except httpx.ConnectError as error:
            if _is_untrusted(error):
                raise SourceUnavailable("graph_untrusted", retry_after=RETRY_S) from None
            raise SourceUnavailable("graph_unreachable", retry_after=RETRY_S) from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError, RuntimeError):
            # RuntimeError: the client was closed meanwhile.
            raise SourceUnavailable("graph_connection_broken", retry_after=RETRY_S) from None
        finally:
            if self._is_closed:  # a connection that was being made meanwhile
                client.close()
        return Answer(response.status_code, response.headers, bytes(body))

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def _connected(self) -> httpx.Client:
        with self._lock:
            if self._is_closed:
                raise SourceUnavailable("source_stopped")
            if self._client is None:
                self._client = httpx.Client(
                    timeout=TIMEOUT,
                    verify=_trust(self._ca_file),
                    trust_env=not is_loopback(self._host),
                    headers={
                        "accept": "application/json",
                        "accept-encoding": ACCEPTED,
                        "user-agent": "genjin",
                    },
                )
            return self._client


def _trust(ca_file: str | None) -> ssl.SSLContext:
    files = dict.fromkeys((ca_file, *(os.environ.get(name) for name in _CA_BUNDLES)))
    stamps: list[tuple[str, int]] = []
    for file in filter(None, files):
        try:
            stamps.append((file, Path(file).stat().st_mtime_ns))
        except OSError:
            if file == ca_file:
                raise SourceMisconfigured("graph_ca_unreadable") from None
    return _context(ca_file, tuple(stamps))


@lru_cache(maxsize=4)
def _context(ca_file: str | None, stamps: tuple[tuple[str, int], ...]) -> ssl.SSLContext:
    """Reading the certificates of the world takes a quarter of a second: not once for each source."""
    context = ssl.create_default_context()  # the computer's own store: where companies put theirs
    if not context.cert_store_stats()["x509_ca"]:
        context.load_verify_locations(cafile=certifi.where())
    for file, _ in stamps:
        try:
            context.load_verify_locations(cafile=file)
        except (OSError, ssl.SSLError):
            if file == ca_file:
                raise SourceMisconfigured("graph_ca_unreadable") from None
    return context


def _is_untrusted(error: BaseException) -> bool:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLCertVerificationError):
            return True
        seen = seen.__cause__ or seen.__context__
    return "CERTIFICATE_VERIFY_FAILED" in str(error)

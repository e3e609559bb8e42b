"""msal's requests over our own wire: same certificates, same time-outs, same errors.

msal would log an answer that is no JSON, tokens and all; here such an answer never reaches it.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from agent.capture.graph.settings import is_loopback, origin
from agent.capture.graph.wire import RETRY_S, Answer, Wire
from agent.errors import SourceMisconfigured, SourceUnavailable

_MICROSOFT = frozenset(
    {
        "login.live.com",
        "login.microsoft.com",
        "login.microsoftonline.com",
        "login.microsoftonline.us",
        "login.partner.microsoftonline.cn",
        "login.windows.net",
    }
)
"""Hosts that a discovery document may name beside its own."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What msal asks of an HTTP library's response."""

    status_code: int
    text: str
    headers: dict[str, str]

    def raise_for_status(self) -> None:
        if self.status_code >= 400:
            raise SourceUnavailable("graph_busy", retry_after=RETRY_S)


class MsalWire:
    def __init__(self, wire: Wire, authority: str) -> None:
        self._wire = wire
        self._origin = origin(authority)

    def get(
        self,
        url: str,
        params: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        **_: Any,
    ) -> Reply:
        return self._send("GET", url, params, headers, None)

    def post(
        self,
        url: str,
        params: dict[str, str] | None = None,
        data: dict[str, str] | str | None = None,
        headers: dict[str, str] | None = None,
        **_: Any,
    ) -> Reply:
        body = urlencode(data) if isinstance(data, dict) else data or ""
        form = {"content-type": "application/x-www-form-urlencoded"}
        return self._send("POST", url, params, {**form, **(headers or {})}, body.encode())

    def close(self) -> None:
        """The wire is its owner's."""

    def _is_trusted(self, url: str) -> bool:
        """A discovery document may name other hosts; refresh tokens are not sent to any of them."""
        there = origin(url)
        if there == self._origin:
            return True
        scheme, host, _ = there
        if is_loopback(self._origin[1]):
            return scheme == "https" and is_loopback(host)
        return scheme == "https" and host in _MICROSOFT

    def _send(
        self,
        method: str,
        url: str,
        params: dict[str, str] | None,
        headers: dict[str, str] | None,
        content: bytes | None,
    ) -> Reply:
        if not self._is_trusted(url):
            raise SourceMisconfigured("graph_authority_foreign")
        answer = self._wire.send(method, url, params=params, headers=headers, content=content)
        return _reply(answer)


def _reply(answer: Answer) -> Reply:
    if answer.status >= 500 or answer.status == 429:
        wait = answer.headers.get("retry-after", "")
        seconds = float(wait) if wait.isdigit() else RETRY_S
        raise SourceUnavailable("graph_busy", retry_after=min(seconds, 3600.0))
    if 300 <= answer.status < 400:
        raise SourceUnavailable("graph_answer_foreign", retry_after=RETRY_S)
    answer.json()
    return Reply(answer.status, answer.body.decode("utf-8", "replace"), dict(answer.headers))

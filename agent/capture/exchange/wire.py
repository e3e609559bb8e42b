"""The wire to the server: an answer is whole and of bearable size, or it is none.

The library parses what it gets as well as it can, and takes an answer that was cut off by a proxy
for the whole truth: a page of mails would be lost in silence. So what does not end as it must is
refused here, before anybody reads it.
"""

import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import certifi
import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import NameResolutionError, NewConnectionError

from agent.clock import Clock

CONNECT_TIMEOUT_S = 20
ANSWER_TIMEOUT_S = 90
"""Between two parcels of an answer; a large folder takes the server long to sort."""
MAX_ANSWER = 128 * 1024 * 1024
"""Bytes of one answer, unpacked."""
_PIECE = 64 * 1024
_ENDS = re.compile(
    rb"</(?:[A-Za-z0-9_.-]+:)?(?:Envelope|Autodiscover)\s*>\s*(?:<!--[^<>]*-->\s*)*\Z"
)
_TAIL = 512
_BACK_OFF = re.compile(rb"""Name=["']BackOffMilliseconds["'][^<>]{0,40}>\s*(\d{1,9})\s*<""")
_PAGE = re.compile(rb"\A\s*(?:\xef\xbb\xbf)?\s*(?:<!doctype\s+html|<html)", re.IGNORECASE)
_HALF = re.compile(rb"&#(?:x(d[89a-f][0-9a-f]{2})|(5[5-7][0-9]{3}));", re.IGNORECASE)
"""Half of a character beyond the first plane, as some servers write them: no legal XML."""


@dataclass(slots=True)
class Trouble:
    """What happened on the wire last, where the library keeps only a part of it."""

    code: str = ""
    """Of a message; empty when the last answer was fine."""
    status: int = 0
    retry_after: float | None = None


class NotWhole(requests.exceptions.ConnectionError):
    """The library takes it for a broken connection, which it is."""


class TooLarge(requests.exceptions.ConnectionError):
    pass


class Answer(requests.Response):
    """Handed out in large pieces: the library asks for single bytes, and is slow with them."""

    def iter_content(
        self,
        chunk_size: int | None = 1,  # noqa: ARG002 - see above
        decode_unicode: bool = False,
    ) -> Iterator[Any]:
        size = 0
        for piece in super().iter_content(_PIECE, decode_unicode):
            size += len(piece)
            if size > MAX_ANSWER:
                self.close()
                raise TooLarge
            yield piece


class Wire(HTTPAdapter):
    def __init__(self, trouble: Trouble, ca_file: Path | None, clock: Clock) -> None:
        self._trouble = trouble
        self._ca_file = ca_file
        self._clock = clock
        # One connection: NTLM signs in a connection, not a request.
        super().__init__(pool_connections=1, pool_maxsize=1, pool_block=True, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._trust(), **kwargs)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        # Behind a proxy of the company stands the same server with the same certificate.
        if proxy not in self.proxy_manager:  # asked for at each request, and slow to make
            kwargs["ssl_context"] = self._trust()
        return super().proxy_manager_for(proxy, **kwargs)

    def _trust(self) -> ssl.SSLContext:
        """What the computer trusts (a company's certificates come with its Windows), what the
        library brings along, and what the settings name."""
        context = ssl.create_default_context()
        context.load_verify_locations(certifi.where())
        if self._ca_file is not None:
            context.load_verify_locations(self._ca_file)
        return context

    def build_response(self, req: Any, resp: Any) -> requests.Response:
        response = super().build_response(req, resp)
        response.__class__ = Answer
        return response

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,  # noqa: ARG002 - ours
        verify: bool | str = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        trouble = self._trouble
        trouble.code, trouble.status, trouble.retry_after = "", 0, None
        try:
            response = super().send(
                request,
                stream=True,
                timeout=(CONNECT_TIMEOUT_S, ANSWER_TIMEOUT_S),
                verify=verify,
                cert=cert,
                proxies=proxies,
            )
            trouble.status = response.status_code
            if response.status_code == requests.codes.unauthorized or stream:
                return response  # the sign-in looks at the connection it came over
            self._judge(response)
        except requests.exceptions.RequestException as error:
            trouble.code = trouble.code or _code(error)
            raise
        except OSError as error:  # a file of certificates that the environment names is not there
            trouble.code = "mailbox_certificate"
            raise requests.exceptions.SSLError from error
        return response

    def _judge(self, response: requests.Response) -> None:
        content = response.content
        status, trouble = response.status_code, self._trouble
        kind = response.headers.get("Content-Type", "").lower()
        trouble.retry_after = seconds(response.headers.get("Retry-After", ""), self._clock.now())
        is_page = "html" in kind or _PAGE.match(content) is not None
        if status == requests.codes.ok and is_page:
            trouble.code = "mailbox_login_page"
            raise NotWhole
        if status == requests.codes.ok and "json" not in kind:
            if not _ENDS.search(content[-_TAIL:]):
                trouble.code = "mailbox_answer_cut"
                raise NotWhole
        elif status in (requests.codes.too_many_requests, requests.codes.service_unavailable):
            trouble.code = "mailbox_busy"
        elif status in (301, 302, 303, 307, 308):
            trouble.code = "mailbox_login_page"
        elif status == requests.codes.forbidden:
            trouble.code = "mailbox_forbidden"
        elif status == requests.codes.not_found:
            trouble.code = "mailbox_not_there"
        elif status >= requests.codes.server_error and is_page:
            trouble.code = "mailbox_server_error"
        if len(content) <= _PIECE and (back_off := _BACK_OFF.search(content)):
            trouble.retry_after = int(back_off[1]) / 1000 or None
        if b"&#" in content and _HALF.search(content):
            response._content = joined(content)  # noqa: SLF001 - there is no other way in


def joined(content: bytes) -> bytes:
    """Halves of characters put together again; a half without its other is left out."""
    waiting: list[int] = []

    def whole(found: "re.Match[bytes]") -> bytes:
        value = int(found[1], 16) if found[1] else int(found[2])
        if not 0xD800 <= value <= 0xDFFF:
            return found[0]
        if value < 0xDC00:
            waiting[:] = [value, found.end()]
            return b""
        if waiting and waiting[1] == found.start():
            code = 0x10000 + ((waiting[0] - 0xD800) << 10) + (value - 0xDC00)
            waiting.clear()
            return b"&#%d;" % code
        return b""

    return _HALF.sub(whole, content)


def seconds(retry_after: str, now: datetime) -> float | None:
    """Of a Retry-After field: seconds, or a date."""
    retry_after = retry_after.strip()
    if retry_after.isdecimal() and len(retry_after) < 8:
        return float(retry_after) or None
    try:
        until = parsedate_to_datetime(retry_after)
    except (ValueError, TypeError):
        return None
    left = (until.replace(tzinfo=until.tzinfo or UTC) - now).total_seconds()
    return left if left > 0 else None


def _code(error: requests.exceptions.RequestException) -> str:
    if isinstance(error, requests.exceptions.SSLError):
        return "mailbox_certificate"
    if isinstance(error, requests.exceptions.Timeout):
        return "mailbox_silent"
    if isinstance(error, TooLarge):
        return "mailbox_answer_too_large"
    causes = list(_causes(error))
    if any(isinstance(one, NameResolutionError) for one in causes):
        return "mailbox_name_unknown"
    if any(isinstance(one, NewConnectionError | ConnectionRefusedError) for one in causes):
        return "mailbox_refused"
    return "mailbox_connection_lost"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it was raised from, and the reasons that requests and urllib3 carry."""
    todo: list[object] = [error]
    seen: set[int] = set()
    while todo and len(seen) < 20:
        one = todo.pop()
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        todo += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]

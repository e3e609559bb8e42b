"""The server over HTTP."""

from collections.abc import Callable, Sequence
from datetime import datetime
from ipaddress import ip_address
from typing import TypeVar
from urllib.parse import urlsplit

import httpx
from pydantic import ValidationError

from agent.clock import Clock
from agent.contract.base import Wire
from agent.contract.device import Heartbeat, HeartbeatReply, PairReply, PairRequest
from agent.contract.directory import DirectoryDelta, NewCustomer, OpenedCustomer
from agent.contract.forget import ForgetReply, ForgetRequest
from agent.contract.ingest import BatchReply
from agent.contract.policy import Policy
from agent.contract.reminder import ReminderOut, ReminderPage
from agent.contract.tagger import TaggerData
from agent.errors import DeliveryRetryable, DeliveryUnauthorized
from agent.remote.outcome import error_of, parse_date

TIMEOUT = httpx.Timeout(30.0, connect=5.0)
_NOT_MODIFIED = 304
_MAX_PAGES = 20

Answer = TypeVar("Answer", bound=Wire)


class HttpRemote:
    """``token`` is asked for at every call: pairing anew needs no restart."""

    def __init__(
        self,
        url: str,
        token: Callable[[], str | None],
        *,
        clock: Clock,
        timeout: httpx.Timeout = TIMEOUT,
    ) -> None:
        self._token = token
        self._clock = clock
        self._client = httpx.Client(
            base_url=f"{url.rstrip('/')}/",
            timeout=timeout,
            headers={"accept": "application/json"},
            # A company proxy cannot lead back to this very machine.
            trust_env=not _is_loopback(url),
        )

    def close(self) -> None:
        self._client.close()

    def pair(self, code: str, name: str) -> PairReply:
        request = PairRequest(code=code, kind="agent", name=name)
        response = self._request(
            "POST", "api/v1/devices/pair", body=request.model_dump_json(), signed=False
        )
        return self._understood(response, PairReply)

    def send(self, activities: Sequence[str]) -> BatchReply:
        # Already JSON, each of them: joined, not parsed and written again.
        body = f'{{"activities":[{",".join(activities)}]}}'
        reply = self._understood(self._request("POST", "api/v1/activities", body=body), BatchReply)
        if len(reply.results) != len(activities):
            raise DeliveryRetryable("answer_wrong_count")
        return reply

    def directory(self, since: int) -> DirectoryDelta:
        response = self._request("GET", "api/v1/directory", query={"since": str(since)})
        return self._understood(response, DirectoryDelta)

    def policy(self, etag: str | None) -> tuple[Policy, str] | None:
        headers = {"if-none-match": etag} if etag is not None else {}
        response = self._request("GET", "api/v1/policy", headers=headers, or_status=_NOT_MODIFIED)
        if response.status_code == _NOT_MODIFIED:
            return None
        return self._understood(response, Policy), response.headers.get("etag", "")

    def tagger(self, etag: str | None) -> tuple[TaggerData, str] | None:
        headers = {"if-none-match": etag} if etag is not None else {}
        response = self._request("GET", "api/v1/tagger", headers=headers, or_status=_NOT_MODIFIED)
        if response.status_code == _NOT_MODIFIED:
            return None
        return self._understood(response, TaggerData), response.headers.get("etag", "")

    def heartbeat(self, beat: Heartbeat) -> HeartbeatReply:
        response = self._request("POST", "api/v1/devices/heartbeat", body=beat.model_dump_json())
        return self._understood(response, HeartbeatReply)

    def reminders(self) -> tuple[ReminderOut, ...]:
        found: list[ReminderOut] = []
        query = {"state": "open"}
        for _ in range(_MAX_PAGES):
            page = self._understood(
                self._request("GET", "api/v1/reminders", query=query), ReminderPage
            )
            found.extend(page.items)
            if page.cursor is None:
                break
            query = {"state": "open", "cursor": page.cursor}
        return tuple(found)

    def forget(self, request: ForgetRequest) -> ForgetReply:
        response = self._request("POST", "api/v1/forget", body=request.model_dump_json())
        return self._understood(response, ForgetReply)

    def adopt(self, customer: NewCustomer) -> int:
        response = self._request("POST", "api/v1/customers/adopt", body=customer.model_dump_json())
        return self._understood(response, OpenedCustomer).id

    def server_time(self) -> datetime | None:
        response = self._request("GET", "healthz", signed=False)
        return parse_date(response.headers.get("date", ""))

    def _request(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        body: str | None = None,
        signed: bool = True,
        or_status: int | None = None,
    ) -> httpx.Response:
        """A complete answer of status 200 (or ``or_status``), or a ``DeliveryError``.

        Statuses are compared as numbers: the truth of a response object says nothing of use.
        """
        sent = dict(headers or {})
        if body is not None:
            sent["content-type"] = "application/json"
        if signed:
            token = self._token()
            if token is None:
                raise DeliveryUnauthorized("not_paired")
            sent["authorization"] = f"Bearer {token}"
        try:
            response = self._client.request(method, path, params=query, headers=sent, content=body)
        except httpx.TimeoutException as error:
            raise DeliveryRetryable("server_timeout") from error
        except httpx.ConnectError as error:
            raise DeliveryRetryable("server_unreachable") from error
        except (httpx.RequestError, httpx.InvalidURL) as error:
            raise DeliveryRetryable("connection_broken") from error
        if response.status_code == or_status:
            return response
        fault = error_of(
            response.status_code, response.headers.get("retry-after"), now=self._clock.now()
        )
        if fault is not None:
            raise fault
        return response

    def _understood(self, response: httpx.Response, model: type[Answer]) -> Answer:
        try:
            return model.model_validate_json(response.content)
        except ValidationError as error:
            # The original holds the answer's text, which may be private: not chained.
            raise DeliveryRetryable("answer_malformed", faults=error.error_count()) from None


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False

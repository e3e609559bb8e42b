"""Questions to Graph: with a token, with the headers it wants on every request, one at a time."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from agent.capture.calls import Calls
from agent.capture.graph import faults
from agent.capture.graph.settings import GraphSettings, origin
from agent.capture.graph.tokens import Tokens
from agent.capture.graph.wire import RETRY_S, Answer, Wire
from agent.capture.mailhead import parse_date
from agent.clock import Clock
from agent.errors import SourceAuthFailed, SourceUnavailable

BATCH_MOST = 20
"""So many requests one ``$batch`` may hold."""
_UNAUTHORIZED = 401
_GRAPHS_OWN = frozenset({400, 403, 404, 405, 410, 501})
"""Refusals that mean something only where Graph itself, not a proxy on the way, gives them."""

_CLOCK_MAY_ERR = timedelta(hours=1)
_EARLIEST = datetime(2020, 1, 1, tzinfo=UTC)
"""No server of today is behind this; one that says so does not know the time."""

Row = dict[str, Any]


class Client:
    def __init__(
        self,
        name: str,
        settings: GraphSettings,
        *,
        wire: Wire,
        tokens: Tokens,
        calls: Calls,
        clock: Clock,
        page: int,
    ) -> None:
        self._name = name
        self._base = settings.api_url
        self._owner = settings.owner_path
        self._wire = wire
        self._tokens = tokens
        self._calls = calls
        self._clock = clock
        self._ahead = timedelta()
        # Forgotten on one request, ids change with the folder and pages shrink to ten rows.
        self._prefer = ", ".join(
            (
                'IdType="ImmutableId"',
                f"odata.maxpagesize={page}",
                # Our own cleaning knows quotes and signatures by their markup.
                'outlook.body-content-type="html"',
                'outlook.timezone="UTC"',
            )
        )

    def now(self) -> datetime:
        """Never much later than it was by the server's clock when it last answered: with this
        computer's far ahead, mail that arrives would seem too old to be told."""
        return self._clock.now() - self._ahead

    def path(self, *steps: str) -> str:
        """Below the mailbox, each step escaped."""
        return "/".join((self._owner, *(quote(step, safe="") for step in steps)))

    def get(self, path: str, **query: str) -> Row:
        """``path`` as ``path()`` makes it; ``query`` without the dollar signs."""
        url = f"{self._base}/{path}"
        return self._ask("GET", url, {f"${name}": value for name, value in query.items()})

    def get_with(self, path: str, query: Mapping[str, str]) -> Row:
        return self._ask("GET", f"{self._base}/{path}", dict(query))

    def follow(self, link: str) -> Row:
        """A nextLink or deltaLink, exactly as it was given."""
        if not self.is_ours(link):
            raise SourceUnavailable("graph_link_foreign", retry_after=RETRY_S)
        answer = self._ask("GET", link, {})
        if answer.get("@odata.nextLink") == link:  # it would go on for ever
            raise SourceUnavailable("graph_server_error", retry_after=RETRY_S)
        return answer

    def link(self, answer: Row, name: str) -> str | None:
        """``nextLink`` or ``deltaLink``. Refused when it leads elsewhere: the token would go
        there."""
        link = answer.get(f"@odata.{name}")
        if not isinstance(link, str) or not link:
            return None
        if not self.is_ours(link):
            raise SourceUnavailable("graph_link_foreign", retry_after=RETRY_S)
        return link

    def delta_link(self, answer: Row) -> str:
        """Of a page that has no nextLink. One without any link was cut."""
        link = self.link(answer, "deltaLink")
        if link is None:
            raise SourceUnavailable("graph_answer_cut", retry_after=RETRY_S)
        return link

    def is_ours(self, link: str) -> bool:
        try:
            return origin(link) == origin(self._base)
        except ValueError:
            return False

    def rows(self, path: str, query: Mapping[str, str]) -> Iterable[list[Row]]:
        """The pages of a list."""
        answer = self.get_with(path, query)
        followed: set[str] = set()
        while True:
            yield rows_of(answer)
            link = self.link(answer, "nextLink")
            if link is None:
                return
            if link in followed:
                raise SourceUnavailable("graph_server_error", retry_after=RETRY_S)
            followed.add(link)
            answer = self.follow(link)

    def each(self, paths: Sequence[str]) -> list[Row | int]:
        """The answers to many small questions, in order: the object, or the status of a refusal.

        Of a batch single questions may be put off (Exchange answers four at a time): as long as
        some are answered, the rest is asked again at once.
        """
        try:
            return self._each(paths)
        except (faults.Missing, faults.Unsupported):
            return [self._one(path) for path in paths]  # a server that knows no batches

    def _one(self, path: str) -> Row | int:
        try:
            return self._ask("GET", f"{self._base}/{path}", {})
        except faults.Missing:
            return 404
        except faults.Unsupported:
            return 400

    def _each(self, paths: Sequence[str]) -> list[Row | int]:
        answers: dict[int, Row | int] = {}
        waiting = list(range(len(paths)))
        while waiting:
            part, later = waiting[:BATCH_MOST], waiting[BATCH_MOST:]
            put_off, error = self._batch(paths, part, answers)
            if len(put_off) == len(part) and error is not None:
                raise error
            waiting = put_off + later
        return [answers[index] for index in range(len(paths))]

    def _batch(
        self, paths: Sequence[str], part: Sequence[int], answers: dict[int, Row | int]
    ) -> tuple[list[int], SourceUnavailable | None]:
        requests = [
            {
                "id": str(index),
                "method": "GET",
                "url": f"/{paths[index]}",
                "headers": {"Prefer": self._prefer},
            }
            for index in part
        ]
        body = json.dumps({"requests": requests}).encode()
        answer = self._ask("POST", f"{self._base}/$batch", {}, body)
        responses = answer.get("responses")
        if not isinstance(responses, list):
            raise SourceUnavailable("graph_answer_cut", retry_after=RETRY_S)
        by_id = {str(one.get("id")): one for one in responses if isinstance(one, dict)}
        put_off: list[int] = []
        error: SourceUnavailable | None = None
        for index in part:
            one = by_id.get(str(index))
            if one is None or not isinstance(one.get("status"), int):
                raise SourceUnavailable("graph_answer_cut", retry_after=RETRY_S)
            try:
                answers[index] = self._single(one)
            except SourceUnavailable as busy:
                put_off.append(index)
                error = busy
        return put_off, error

    def _single(self, one: Row) -> Row | int:
        """Raises ``SourceUnavailable`` where a later question may find an answer."""
        status, body = int(one["status"]), one.get("body")
        if 200 <= status < 300:
            if not isinstance(body, dict):
                raise SourceUnavailable("graph_answer_cut", retry_after=RETRY_S)
            return body
        if status in (429, 503, 504, _UNAUTHORIZED):
            headers = one.get("headers")
            named = headers.items() if isinstance(headers, dict) else ()
            wait = next((str(v) for k, v in named if str(k).lower() == "retry-after"), None)
            faults.raise_for(
                503 if status == _UNAUTHORIZED else status,
                {},
                retry_after=wait,
                now=self._clock.now(),
                source=self._name,
            )
        return status

    def _ask(self, method: str, url: str, query: dict[str, str], body: bytes | None = None) -> Row:
        return self._calls.run(lambda: self._asked(method, url, query, body))

    def _asked(self, method: str, url: str, query: dict[str, str], body: bytes | None) -> Row:
        """In the thread of the calls: with it nothing of the wire meets two threads."""
        token = self._tokens.get()
        answer = self._send(method, url, query, body, token)
        if answer.status == _UNAUTHORIZED:
            token = self._tokens.get(instead_of=token)
            answer = self._send(method, url, query, body, token)
        if answer.status == _UNAUTHORIZED:
            raise SourceAuthFailed("graph_sign_in_expired", source=self._name, reason="")
        if not 200 <= answer.status < 300:
            error = _error_of(answer)
            if not error and answer.status in _GRAPHS_OWN:
                raise SourceUnavailable("graph_answer_foreign", retry_after=RETRY_S)
            faults.raise_for(
                answer.status,
                error,
                retry_after=answer.headers.get("retry-after"),
                now=self._clock.now(),
                source=self._name,
            )
        row = answer.json()
        self._ahead = _ahead(self._clock.now(), answer.headers.get("date", ""))
        return row

    def _send(
        self, method: str, url: str, query: dict[str, str], body: bytes | None, token: str
    ) -> Answer:
        headers = {"authorization": f"Bearer {token}", "prefer": self._prefer}
        if body is not None:
            headers["content-type"] = "application/json"
        return self._wire.send(method, url, headers=headers, params=query, content=body)


def rows_of(answer: Row) -> list[Row]:
    """The rows of a page, each with an id."""
    rows = answer.get("value")
    if not isinstance(rows, list) or not all(
        isinstance(row, dict) and isinstance(row.get("id"), str) and row["id"] for row in rows
    ):
        raise SourceUnavailable("graph_answer_cut", retry_after=RETRY_S)
    return rows


def _ahead(ours: datetime, date: str) -> timedelta:
    """How far our clock is ahead of the server's; none where that is little, or unknown."""
    theirs = parse_date(date)
    if theirs is None or theirs < _EARLIEST or ours - theirs < _CLOCK_MAY_ERR:
        return timedelta()
    return ours - theirs


def _error_of(answer: Answer) -> dict[str, Any]:
    try:
        error = answer.json().get("error")
    except SourceUnavailable:
        return {}
    return error if isinstance(error, dict) else {}

"""The company's server, the real one, with ears at its door and bad days.

Everything that arrives is kept as it came, to be searched afterwards. Every third delivery goes
wrong: refused by one who has no time, broken off before or after it was booked.
"""

import itertools
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from sqlalchemy import select

from server.app import create_app
from server.cli import serve
from server.customers import models
from server.customers import service as customers
from server.identity import service as identity
from server.kernel.context import Kernel
from server.kernel.policy import Policy, change_policy
from server.kernel.settings import load
from server.migrate import upgrade
from tests.flow.completeness.company import CUSTOMERS, OWN_DOMAIN, REP

_BAD_DAY_EVERY = 3


@dataclass(frozen=True)
class Recorded:
    """One activity as the server has it."""

    id: str
    text: str
    """Subject and text."""
    occurred_at: datetime
    ended_at: datetime | None
    counts: bool
    customers: frozenset[str]


class Door:
    """Around the server's application."""

    def __init__(self, inside: Callable[..., Iterable[bytes]]) -> None:
        self._inside = inside
        self._turn = itertools.count(1)
        self._mishaps = itertools.cycle(("busy", "lost", "down", "lost"))
        self._lock = threading.Lock()
        self.is_calm = False
        self.faults = 0
        self.arrived: list[bytes] = []
        self.accepted: Counter[str] = Counter()
        """Activity → how often the server took it as new or changed."""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        raw = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(raw)
        with self._lock:
            self.arrived.append(raw)
        if environ["PATH_INFO"] != "/api/v1/activities":
            return self._inside(environ, start_response)
        mishap = self._mishap()
        if mishap in ("busy", "down"):
            return _refused(start_response, busy=mishap == "busy")
        answered: list[Any] = []
        body = b"".join(self._inside(environ, lambda *told, **_: answered.append(told)))
        if answered[0][0].startswith("200"):
            with self._lock:
                self.accepted.update(
                    one["id"] for one in json.loads(body)["results"] if one["result"] == "accepted"
                )
        if mishap == "lost":
            return _refused(start_response, busy=False)
        start_response(*answered[0])
        return [body]

    def items(self) -> Iterator[dict[str, Any]]:
        """Every activity that arrived, as often as it did."""
        for raw in self.arrived:
            yield from (json.loads(raw) if raw else {}).get("activities", ())

    def _mishap(self) -> str:
        with self._lock:
            if self.is_calm or next(self._turn) % _BAD_DAY_EVERY:
                return ""
            self.faults += 1
            return next(self._mishaps)


def _refused(start_response: Any, *, busy: bool) -> Iterable[bytes]:
    headers = [("Content-Type", "text/plain"), *([("Retry-After", "1")] if busy else [])]
    start_response("429 Too Many Requests" if busy else "502 Bad Gateway", headers)
    return [b"later"]


@dataclass
class Office:
    url: str
    kernel: Kernel
    door: Door
    token: str = ""
    ids: dict[int, str] = field(default_factory=dict)
    """Row of a customer → its domain."""

    def recorded(self) -> list[Recorded]:
        with self.kernel.db.reading() as session:
            whose: dict[str, set[str]] = {}
            for link in session.scalars(select(models.ActivityCustomer)):
                whose.setdefault(str(link.activity_id), set()).add(self.ids[link.customer_id])
            return [
                Recorded(
                    id=str(row.id),
                    text=f"{row.subject}\n{row.text}",
                    occurred_at=row.occurred_at,
                    ended_at=row.ended_at,
                    counts=row.counts,
                    customers=frozenset(whose.get(str(row.id), ())),
                )
                for row in session.scalars(select(models.Activity))
            ]

    def last_contacted(self) -> dict[str, datetime | None]:
        with self.kernel.db.reading() as session:
            return {
                self.ids[row.id]: row.last_contacted_at
                for row in session.scalars(select(models.Customer))
            }

    def everything_that_came(self) -> str:
        """As text: what JSON escapes is seen through."""
        seen: list[str] = []
        for raw in self.door.arrived:
            text = raw.decode("utf-8", "replace")
            seen += [text, json.dumps(json.loads(text), ensure_ascii=False) if text else ""]
        return "\n".join(seen)


@contextmanager
def opened(folder: Path) -> Iterator[Office]:
    settings = load(data_dir=folder, environ={}, host="127.0.0.1", port=0)
    app = create_app(settings)
    kernel: Kernel = app.extensions["genjin"]
    upgrade(kernel.db.engine)
    door = Door(app.wsgi_app)
    app.wsgi_app = door
    office = Office("", kernel, door)
    with kernel.db.unit_of_work() as uow:
        rep = identity.add_person(
            uow, name=REP[0], email=REP[1], role="rep", password="genjin-flow"
        )
        office.token = identity.issue_token(uow, rep.id)
        change_policy(uow, Policy(own_domains=(OWN_DOMAIN,)), by=None)
        for domain, (name, people) in CUSTOMERS.items():
            new = customers.NewCustomer(
                name=name,
                domains=[domain],
                contacts=[
                    customers.NewContact(name=shown, emails=[address]) for shown, address in people
                ],
                created_at=datetime.now(UTC) - timedelta(days=900),
            )
            office.ids[customers.create_customer(uow, new, owner_id=rep.id).id] = domain
    stop, ready = threading.Event(), threading.Event()

    def started(url: str) -> None:
        office.url = url
        ready.set()

    thread = threading.Thread(
        target=serve, args=(settings, app), kwargs={"ready": started, "stop": stop}
    )
    thread.start()
    try:
        assert ready.wait(30)
        yield office
    finally:
        stop.set()
        thread.join(30)

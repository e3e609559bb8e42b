"""A mailbox on a running server, and a hand to read it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from agent.capture import registry
from agent.capture.base import Batch, Capture, Source
from agent.errors import SourceUnavailable
from agent.testing import DictSecrets
from tests.conformance.moving_clock import MovingClock
from tests.conformance.surroundings import alone
from tests.servers.ews.mail import item_of
from tests.servers.ews.server import EwsServer, settings
from tests.servers.ews.signin import Scheme
from tests.servers.ews.store import Store

PASSWORD = "R1ght-密码"


@dataclass
class Taken:
    batches: list[Batch] = field(default_factory=list)
    cursor: str | None = None
    failures: list[SourceUnavailable] = field(default_factory=list)

    @property
    def captures(self) -> list[Capture]:
        return [one for batch in self.batches for one in batch.captures]

    @property
    def mails(self) -> list[Capture]:
        return [one for one in self.captures if one.kind == "mail"]

    @property
    def meetings(self) -> list[Capture]:
        return [one for one in self.captures if one.kind == "meeting"]

    @property
    def removed(self) -> list[str]:
        return [one for batch in self.batches for one in batch.removed]

    @property
    def emptied(self) -> list[str]:
        return [one for batch in self.batches for one in batch.emptied]

    @property
    def broken(self) -> dict[str, str]:
        return {one.external_id: one.code for batch in self.batches for one in batch.broken}


class Box:
    """The server, the mailbox of ``li@example.com`` on it, and the laptop that reads it."""

    def __init__(
        self, root: Path, schemes: frozenset[Scheme] = frozenset({"basic"}), **server: Any
    ) -> None:
        self.clock = MovingClock()
        self.server = EwsServer(schemes=schemes, **server)
        self.store: Store = self.server.add_user("li", PASSWORD, "li@example.com")
        self.ca_file = self.server.write_ca(root)
        self.secrets = DictSecrets({"password@office": PASSWORD})
        self.cursor: str | None = None
        self.server.start()

    def settings(self, **more: object) -> dict[str, Any]:
        return {**settings(self.server, self.ca_file), **more}

    def build(self, **more: object) -> Source:
        chosen = {name: value for name, value in self.settings(**more).items() if value is not None}
        return registry.build("office", chosen, alone(self.clock, self.secrets))

    def read(self, cursor: str | None = None, *, pages: int | None = None, **more: object) -> Taken:
        """One pass by a new process, at most ``pages`` of it; remembers the cursor."""
        taken = Taken(cursor=cursor)
        source = self.build(**more)
        try:
            for batch in source.poll(cursor):
                taken.batches.append(batch)
                taken.cursor = batch.cursor
                if len(taken.batches) == pages:
                    break
        finally:
            source.close()
        self.cursor = taken.cursor
        return taken

    def read_on(self, **more: object) -> Taken:
        return self.read(self.cursor, **more)  # type: ignore[arg-type]

    def inventory(self, **more: object) -> list[str]:
        source = self.build(**more)
        try:
            return sorted(source.inventory())
        finally:
            source.close()

    def deliver(self, n: int, *, folder: str | None = None, ago_h: float | None = None) -> str:
        """The n-th mail; its id on the server."""
        received = self.clock.now() - timedelta(hours=n + 1 if ago_h is None else ago_h)
        return self.put(mail(n), folder=folder, received=received)

    def put(
        self, raw: bytes, *, folder: str | None = None, received: datetime | None = None
    ) -> str:
        folder = folder or self.store.inbox
        at = received or self.clock.now() - timedelta(hours=1)
        return self.store.add(
            folder, item_of(raw, received=at, keeps_headers=folder != self.store.sent)
        )


def mail(n: int, text: str = "您好，请报价。", **fields: str) -> bytes:
    named = {
        "From": f"王{n} <a{n}@customer.example>",
        "To": "li@example.com",
        "Subject": f"=?utf-8?q?=E7=AC=AC{n}?=",
        "Date": "Fri, 20 Nov 2026 10:00:00 +0800",
        "Message-ID": f"<{n}@customer.example>",
        "Content-Type": "text/plain; charset=utf-8",
        **{name.replace("_", "-"): value for name, value in fields.items()},
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in named.items() if value)
    return f"{head}\r\n{text}\r\n".encode()

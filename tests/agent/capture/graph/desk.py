"""A laptop with a Graph source, its server, and what the source has told so far."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from agent.capture.base import Batch, Capture, Source, Surroundings
from agent.capture.graph import Settings
from agent.capture.graph.cursor import MOST_KNOWN
from agent.capture.graph.source import GraphSource
from agent.errors import SourceUnavailable
from agent.testing import DictSecrets
from tests.conformance.moving_clock import MovingClock
from tests.servers.graph.authority import CLIENT, TENANT
from tests.servers.graph.server import GraphServer, certificates

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@dataclass
class Desk:
    server: GraphServer
    clock: MovingClock
    around: Surroundings
    page: int = 5
    most_known: int = MOST_KNOWN
    options: dict[str, Any] = field(default_factory=dict)
    cursor: str | None = None
    captures: list[Capture] = field(default_factory=list)
    broken: dict[str, str] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    """Told though the ledger held just that."""
    held: dict[str, Capture] = field(default_factory=dict)
    """What a ledger would hold after all batches, in their order."""

    def settings(self, **more: Any) -> Settings:
        return Settings.model_validate(
            {
                "type": "graph",
                "tenant": TENANT,
                "client_id": CLIENT,
                "graph_url": self.server.url,
                "authority": self.server.url,
                "ca_file": str(certificates()[0]),
                **self.options,
                **more,
            }
        )

    @contextmanager
    def source(self) -> Iterator[Source]:
        source = GraphSource(
            "it", self.settings(), self.around, page=self.page, most_known=self.most_known
        )
        try:
            yield source
        finally:
            source.close()

    def poll(self) -> list[Capture]:
        """What one pass tells, by a new process."""
        before = len(self.captures)
        with self.source() as source:
            for batch in source.poll(self.cursor):
                self.take(batch)
        return self.captures[before:]

    def insist(self) -> list[Capture]:
        """Passes until one ends, as the agent does."""
        before = len(self.captures)
        for _ in range(30):
            try:
                self.poll()
            except SourceUnavailable:
                continue
            return self.captures[before:]
        raise AssertionError("it never ends")

    def poll_once(self) -> bool:
        """A pass that ends after its first batch; False when there was none."""
        with self.source() as source:
            batch = next(iter(source.poll(self.cursor)), None)
        if batch is not None:
            self.take(batch)
        return batch is not None

    def take(self, batch: Batch) -> None:
        self.cursor = batch.cursor
        for prefix in batch.emptied:
            for key in [key for key in self.held if key.startswith(prefix)]:
                del self.held[key]
                self.removed.append(key)
        for key in batch.removed:
            self.held.pop(key, None)
            self.removed.append(key)
        for capture in batch.captures:
            self.captures.append(capture)
            before = self.held.get(capture.external_id)
            if before is not None and before.version == capture.version:
                self.repeated.append(capture.external_id)
            self.held[capture.external_id] = capture
        self.broken |= {seen.external_id: seen.code for seen in batch.broken}

    def inventory(self) -> list[str]:
        with self.source() as source:
            return sorted(source.inventory())

    def id(self, key: str) -> str:
        return self.server.mailbox.messages[key].id(immutable=True)

    def deliver(self, count: int = 1, **fields: Any) -> list[str]:
        """Mails, the first the newest: today's, and then one a day."""
        return [
            self.server.mailbox.deliver(
                **{
                    "at": self.clock.now() - timedelta(hours=1 + 20 * n),
                    "subject": f"第{n}封",
                    **fields,
                }
            )
            for n in range(count)
        ]


def desk(state_dir: Path) -> Desk:
    server, clock = GraphServer(), MovingClock()
    secrets = DictSecrets({"password@it": server.authority.new_refresh_token()})
    server.clock = clock
    return Desk(server, clock, Surroundings(clock=clock, secrets=secrets, state_dir=state_dir))

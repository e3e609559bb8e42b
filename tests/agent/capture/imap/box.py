"""A mailbox on the test server, and the source that reads it."""

import imaplib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from imapclient.imap_utf7 import encode as encode_utf7

from agent.capture import registry
from agent.capture.base import Batch, Capture, Source
from agent.testing import DictSecrets
from tests.agent.capture.mails import raw_mail
from tests.conformance.moving_clock import MovingClock
from tests.conformance.surroundings import alone
from tests.servers import dovecot


@dataclass
class Taken:
    cursor: str | None = None
    batches: list[Batch] = field(default_factory=list)

    def take(self, batches: Iterable[Batch]) -> None:
        for batch in batches:
            self.batches.append(batch)
            self.cursor = batch.cursor

    @property
    def captures(self) -> list[Capture]:
        return [one for batch in self.batches for one in batch.captures]

    @property
    def subjects(self) -> list[str]:
        return [one.subject for one in self.captures]

    @property
    def broken(self) -> list[str]:
        return [one.external_id for batch in self.batches for one in batch.broken]

    @property
    def removed(self) -> list[str]:
        return [one for batch in self.batches for one in batch.removed]

    @property
    def emptied(self) -> list[str]:
        return [one for batch in self.batches for one in batch.emptied]


class Box:
    def __init__(self, server: dovecot.Dovecot, **settings: Any) -> None:
        self.clock = MovingClock()
        self.server = server
        self.user = server.new_user()
        self.client = self.user.client()
        self.secrets = DictSecrets({"password@it": self.user.password})
        self.options: dict[str, Any] = {
            "type": "imap",
            "host": dovecot.HOST,
            "port": server.port,
            "tls": "none",
            "username": self.user.name,
            **settings,
        }
        self.sources: list[Source] = []
        self.create("已发送")

    def close(self) -> None:
        for source in self.sources:
            source.close()
        self.client.logout()

    def source(self, **settings: Any) -> Source:
        surroundings = alone(self.clock, self.secrets)
        source = registry.build("it", {**self.options, **settings}, surroundings)
        self.sources.append(source)
        return source

    def take(
        self, cursor: str | None = None, source: Source | None = None, **settings: Any
    ) -> Taken:
        taken = Taken(cursor)
        taken.take((source or self.source(**settings)).poll(cursor))
        return taken

    def add(
        self, subject: str = "报价", *, folder: str = "INBOX", days: float = 1, flags: str = ""
    ) -> str:
        raw = raw_mail(f"正文 {subject}", Subject=subject, Message_ID=f"<{subject}@x.example>")
        return self.put(raw, folder=folder, days=days, flags=flags)

    def put(self, raw: bytes, *, folder: str = "INBOX", days: float = 1, flags: str = "") -> str:
        """The UID it got."""
        when = (self.clock.now() - timedelta(days=days)).timestamp()
        typ, data = self.client.append(
            encoded(folder), f"({flags})", imaplib.Time2Internaldate(when), raw
        )
        assert typ == "OK", data
        return data[0].decode().partition("APPENDUID ")[2].partition("]")[0].split()[1]

    def create(self, *folders: str) -> None:
        for folder in folders:
            typ, data = self.client.create(encoded(folder))
            assert typ == "OK", data

    def delete(self, folder: str) -> None:
        typ, data = self.client.delete(encoded(folder))
        assert typ == "OK", data

    def store(self, uids: str | Iterable[str], change: str, *, folder: str = "INBOX") -> None:
        """``change``: e.g. ``+FLAGS (\\Deleted)``."""
        what, _, flags = change.partition(" ")
        numbers = uids if isinstance(uids, str) else ",".join(uids)
        self.client.select(encoded(folder))
        typ, data = self.client.uid("STORE", numbers, what, flags)
        assert typ == "OK", data
        self.client.unselect()

    def expunge(self, uids: str | Iterable[str], *, folder: str = "INBOX") -> None:
        self.store(uids, "+FLAGS (\\Deleted)", folder=folder)
        self.client.select(encoded(folder))
        self.client.expunge()
        self.client.unselect()


def encoded(folder: str) -> str:
    return '"' + encode_utf7(folder).decode() + '"'


def uid_of(external_id: str) -> str:
    return external_id.rpartition("/")[2]

"""How fast an Exchange mailbox is read, beside the library alone in the same minutes.

    nice python benchmarks/exchange.py [--mails 2000] [--runs 5]

The server runs in a process of its own on this computer. Each run does, one after the other:

    headers      SyncFolderItems with eight fields, page by page to the end
    bodies       the mails with bodies, people and header fields, 50 at a time; ours: to captures
    backfill     a whole first pass of the source, from nothing to captures
    empty delta  one folder that has not changed

The library alone asks the same questions with its own objects and its own way over the wire.
Medians are told, and how they compare.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from exchangelib import DELEGATE, UTC, Account, Configuration, Credentials, FailFast
from exchangelib.items import ID_ONLY, Message
from exchangelib.properties import FolderId
from exchangelib.protocol import Protocol
from exchangelib.services import GetItem, SyncFolderItems
from exchangelib.version import Build, Version

from agent.capture import registry
from agent.capture.base import Surroundings
from agent.capture.exchange import services
from agent.capture.exchange.connection import Connection
from agent.capture.exchange.elements import Fields
from agent.capture.exchange.letter import read
from agent.capture.exchange.mailbox import Mailbox
from agent.capture.exchange.settings import Settings
from agent.errors import SourceAuthFailed, SourceError
from agent.testing import DictSecrets, FrozenClock

PASSWORD = "right"  # noqa: S105 - of a server that lives for a minute
HEADERS = services.paths(
    Message,
    "item_class",
    "subject",
    "author",
    "message_id",
    "datetime_sent",
    "datetime_received",
    "sensitivity",
    "categories",
)
CLOCK = FrozenClock()


def serve(mails: int) -> None:
    """In the server's own process: says port and folder, then waits for its end."""
    from tests.servers.ews.mail import item_of  # noqa: PLC0415 - only there
    from tests.servers.ews.server import EwsServer  # noqa: PLC0415

    with EwsServer(tls=False) as server:
        store = server.add_user("li", PASSWORD, "li@example.com")
        for n in range(mails):
            received = CLOCK.now() - timedelta(minutes=n)
            store.add(store.inbox, item_of(_mail(n), received=received))
        print(server.url, store.inbox, flush=True)
        sys.stdin.read()


def _mail(n: int) -> bytes:
    line = f"<p>第{n}封：关于报价与交期，<b>请确认</b>附件中的合同条款。</p>"
    return (
        f"From: =?utf-8?b?546L?= <a{n}@customer.example>\r\nTo: li@example.com, b@example.com\r\n"
        f"Cc: c@example.com\r\nSubject: offer {n}\r\nDate: Fri, 20 Nov 2026 10:00:00 +0800\r\n"
        f"Message-ID: <{n}@customer.example>\r\nReceived: from a by b; Fri, 20 Nov 2026 02:00:00 +0000\r\n"
        f"References: <{n - 1}@customer.example>\r\nMIME-Version: 1.0\r\nX-Mailer: Outlook\r\n"
        "Content-Type: text/html; charset=utf-8\r\n\r\n"
        f"<html><body>{line * 20}</body></html>\r\n"
    ).encode()


@contextmanager
def running(mails: int) -> Iterator[tuple[str, str]]:
    command = [sys.executable, __file__, "--serve", "--mails", str(mails)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url, inbox = process.stdout.readline().split()
        yield url, inbox
    finally:
        process.communicate()


class Ours:
    def __init__(self, url: str, inbox: str) -> None:
        self._inbox = inbox
        self._settings = {
            "type": "exchange",
            "endpoint": url,
            "username": "li",
            "email": "li@example.com",
            "auth": "basic",
            "folders": ["inbox"],
            "calendar": False,
        }
        checked = Settings.model_validate(self._settings)
        self._connection = Connection("benchmark", checked, CLOCK, _refused)
        self._connection.begin(PASSWORD)
        self._mailbox = Mailbox(self._connection)
        self._source = self._build()
        self._cursor: str | None = None

    def _build(self) -> Any:
        secrets = DictSecrets({"password@benchmark": PASSWORD})
        around = Surroundings(clock=CLOCK, secrets=secrets, state_dir=Path(tempfile.gettempdir()))
        return registry.build("benchmark", self._settings, around)

    def headers(self) -> int:
        def page(state: str | None) -> tuple[list[Fields], str, bool]:
            def ask(account: Account) -> tuple[list[Fields], str, bool]:
                service = services.Changes(account=account)
                found = service.call(
                    FolderId(id=self._inbox), ID_ONLY, HEADERS, state, None, 512, "NormalItems"
                )
                fields = [Fields(next(iter(one))) for one in found]
                return fields, service.sync_state, service.includes_last_item_in_range

            return self._connection.ask(ask)

        state, count, is_last = None, 0, False
        while not is_last:
            found, state, is_last = page(state)
            count += sum(bool(one.text("Subject") and one.moment("DateTimeSent")) for one in found)
        return count

    def bodies(self, ids: list[str]) -> int:
        answers = self._mailbox.mails(ids)
        captures = [
            read(one, external_id="x", folder="x", fallback=CLOCK.now())
            for one in answers
            if isinstance(one, Fields)
        ]
        return sum(bool(one.text) for one in captures)

    def backfill(self) -> int:
        source, count = self._build(), 0
        for batch in source.poll(None):
            count += len(batch.captures)
            self._cursor = batch.cursor
        source.close()
        return count

    def empty_delta(self) -> int:
        return len(list(self._source.poll(self._cursor)))


class Alone:
    """The library as it comes."""

    def __init__(self, url: str, inbox: str) -> None:
        self._inbox = inbox
        config = Configuration(
            service_endpoint=url,
            credentials=Credentials("li", PASSWORD),
            auth_type="basic",
            version=Version(build=Build(15, 1)),
            retry_policy=FailFast(),
        )
        Protocol.clear_cache()
        self._account = Account(
            "li@example.com", config=config, access_type=DELEGATE, default_timezone=UTC
        )
        self._state: str | None = None

    def headers(self) -> int:
        state, count, is_last = None, 0, False
        while not is_last:
            service = SyncFolderItems(account=self._account)
            found = service.call(
                FolderId(id=self._inbox), ID_ONLY, HEADERS, state, None, 512, "NormalItems"
            )
            count += sum(bool(item.subject and item.datetime_sent) for _, item in found)
            state, is_last = service.sync_state, service.includes_last_item_in_range
        self._state = state
        return count

    def bodies(self, ids: list[str]) -> int:
        service = GetItem(account=self._account, chunk_size=50)
        found = service.call([(one, None) for one in ids], services.MAIL, ID_ONLY)
        return sum(bool(one.body) for one in found)

    def empty_delta(self) -> int:
        service = SyncFolderItems(account=self._account)
        return len(
            list(
                service.call(
                    FolderId(id=self._inbox),
                    ID_ONLY,
                    HEADERS,
                    self._state,
                    None,
                    512,
                    "NormalItems",
                )
            )
        )

    def ids(self) -> list[str]:
        service = SyncFolderItems(account=self._account)
        ids: list[str] = []
        state, is_last = None, False
        while not is_last:
            found = service.call(
                FolderId(id=self._inbox), ID_ONLY, None, state, None, 512, "NormalItems"
            )
            ids += [item.id for _, item in found]
            state, is_last = service.sync_state, service.includes_last_item_in_range
        return ids


def _refused(_: str) -> SourceError:
    return SourceAuthFailed()


def seconds(work: Callable[[], int], expected: int) -> tuple[float, float]:
    """On the clock, and of this process."""
    begin, begin_cpu = time.perf_counter(), time.process_time()
    done = work()
    took = time.perf_counter() - begin, time.process_time() - begin_cpu
    if done != expected:
        raise SystemExit(f"{done} instead of {expected}")
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=2000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.serve:
        serve(chosen.mails)
        return
    mails = chosen.mails
    took: dict[tuple[str, str], list[tuple[float, float]]] = {}
    with running(mails) as (url, inbox):
        ours, alone = Ours(url, inbox), Alone(url, inbox)
        ids = alone.ids()
        for n in range(chosen.runs + 1):
            pairs: list[tuple[str, str, Callable[[], int], int]] = [
                ("headers", "ours", ours.headers, mails),
                ("headers", "alone", alone.headers, mails),
                ("bodies", "ours", lambda: ours.bodies(ids), mails),
                ("bodies", "alone", lambda: alone.bodies(ids), mails),
                ("backfill", "ours", ours.backfill, mails),
            ]
            pairs += [
                ("empty delta", who, work, 0)
                for _ in range(20)
                for who, work in (("ours", ours.empty_delta), ("alone", alone.empty_delta))
            ]
            for what, who, work, expected in pairs:
                spent = seconds(work, expected)
                if n:  # the first run warms up
                    took.setdefault((what, who), []).append(spent)
    print(f"{mails} mails, medians of {chosen.runs} runs; in brackets: by processor time alone")
    for what in ("headers", "bodies", "backfill", "empty delta"):
        line = [f"{what:12}"]
        clocks: dict[str, float] = {}
        for who in ("ours", "alone"):
            if (what, who) not in took:
                continue
            clock, cpu = (statistics.median(one) for one in zip(*took[what, who], strict=True))
            clocks[who] = clock
            if what == "empty delta":
                line.append(f"{who} {1000 * clock:6.1f} ms ({1000 * cpu:.1f})")
            else:
                line.append(f"{who} {mails / clock:6.0f}/s ({mails / cpu:.0f})")
        if len(clocks) > 1:
            line.append(f"{clocks['alone'] / clocks['ours']:.2f} x")
        print("  ".join(line))


if __name__ == "__main__":
    main()

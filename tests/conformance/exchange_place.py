"""A mailbox on an Exchange server that keeps state and fails when told to."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from agent.capture.exchange.cursor import item_id
from tests.conformance.moving_clock import MovingClock
from tests.servers.ews.mail import item_of
from tests.servers.ews.server import EwsServer, Fault, settings

_PASSWORD = "right"
_FAULTS: tuple[Fault, ...] = ("cut", "busy", "reset", "dropped", "unavailable")


class ExchangePlace:
    type = "exchange"

    def __init__(self, root: Path, clock: MovingClock) -> None:
        self._clock = clock
        self.server = EwsServer()
        self.store = self.server.add_user("li", _PASSWORD, "li@example.com")
        self._customers = self.store.add_folder(self.store.inbox, "客户")
        self._ca_file = self.server.write_ca(root)
        self._changes = 0
        self.server.start()

    def settings(self) -> Mapping[str, Any]:
        return settings(self.server, self._ca_file)

    def secrets(self) -> Mapping[str, str]:
        return {"password@it": _PASSWORD}

    def add(self, n: int) -> str:
        folder = (self.store.inbox, self._customers, self.store.sent)[n % 3]
        received = self._clock.now() - timedelta(hours=n + 1, milliseconds=n)
        item = item_of(_mail(n), received=received, keeps_headers=folder != self.store.sent)
        return item_id(folder, self.store.add(folder, item))

    def change(self, external_id: str) -> str:
        """As somebody does who edits a mail in Outlook."""
        self._changes += 1
        self.store.change(_bare(external_id), body=f"您好，第{self._changes}次修改")
        return external_id

    def remove(self, external_id: str) -> None:
        self.store.remove(_bare(external_id))

    def break_one(self) -> str:
        item = item_of(_mail(9_999), received=self._clock.now() - timedelta(hours=3))
        item.error = "ErrorItemCorrupt"
        return item_id(self.store.inbox, self.store.add(self.store.inbox, item))

    def move(self, external_id: str) -> str:
        id_ = _bare(external_id)
        inbox = self.store.inbox
        there = self._customers if self.store.items[id_].folder == inbox else inbox
        return item_id(there, self.store.move(id_, there))

    def vanish(self) -> None:
        self.server.stop()

    def come_back(self) -> None:
        self.server.start()

    def fail(self, request: int) -> None:
        self.server.script.fail(request, _FAULTS[request % len(_FAULTS)])

    def stall(self) -> None:
        self.server.stall()

    def recover(self) -> None:
        self.server.script.faults.clear()
        self.server.resume()
        self.server.users.set("li", _PASSWORD)

    def refuse_sign_in(self) -> None:
        self.server.users.set("li", "changed by now")

    def sign_ins(self) -> int:
        return self.server.users.attempts

    def close(self) -> None:
        self.server.close()


def _bare(external_id: str) -> str:
    return external_id.partition("/")[2]


def _mail(n: int) -> bytes:
    return (
        f"From: a{n}@customer.example\r\nTo: li@example.com\r\nSubject: 第{n}封\r\n"
        f"Date: Fri, 20 Nov 2026 10:{n % 60:02}:00 +0800\r\n"
        f"Message-ID: <{n}@customer.example>\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n\r\n您好\r\n"
    ).encode()

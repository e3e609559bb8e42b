"""A mailbox on an Exchange server that keeps state and fails when told to."""

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from agent.capture.exchange.cursor import item_id
from tests.flow.completeness import account
from tests.flow.completeness.account import Thing
from tests.flow.completeness.company import EXCLUDED_FOLDER
from tests.servers.ews.mail import item_of
from tests.servers.ews.server import EwsServer, Fault, settings

_PROJECT = "项目A"
_FAULTS: tuple[Fault, ...] = (
    *("cut", "busy", "reset", "dropped", "unavailable", "too_many", "busy_message", "error_page"),
)
_WINDOW = timedelta(days=180)


class ExchangeBox:
    type = "exchange"
    has_window = True
    password = "right"

    def __init__(self, root: Path) -> None:
        self.server = EwsServer()
        self.store = self.server.add_user("li", self.password, "li@example.com")
        store = self.store
        self._folders = {
            account.INBOX: store.inbox,
            account.SENT: store.sent,
            account.DRAFTS: store.drafts,
            account.CUSTOMERS: store.add_folder(store.add_folder(store.root, "客户"), "苏州"),
            account.PROJECT: store.add_folder(store.inbox, _PROJECT),
            account.PASSING: store.add_folder(store.inbox, "临时"),
            EXCLUDED_FOLDER: store.add_folder(store.root, EXCLUDED_FOLDER),
            account.AWAY: store.add_folder(store.root, account.AWAY),
        }
        self._ids: dict[int, str] = {}
        self._ca_file = self.server.write_ca(root)
        self._ways = itertools.cycle(_FAULTS)
        self._armed_at: int | None = None
        self.faults = 0
        self.server.start()

    def settings(self) -> Mapping[str, Any]:
        folders = ["inbox", "sent", "草稿", account.CUSTOMERS, EXCLUDED_FOLDER]
        return settings(self.server, self._ca_file, folders=folders, calendar=False)

    def put(self, thing: Thing) -> None:
        letter = thing.letter
        assert letter is not None
        keeps = thing.folder not in (account.SENT, account.DRAFTS)
        item = item_of(letter.raw(), received=letter.at, keeps_headers=keeps)
        item.categories = [letter.category] if letter.category else []
        self._ids[thing.key] = self.store.add(self._folders[thing.folder], item)

    def put_broken(self, thing: Thing) -> str:
        received = datetime.now(UTC) - timedelta(hours=3)
        item = item_of(b"From: a@huarui.example\r\nSubject: x\r\n\r\nx\r\n", received=received)
        item.error = "ErrorItemCorrupt"
        self._ids[thing.key] = self.store.add(self._folders[thing.folder], item)
        return "item_damaged"

    def move(self, thing: Thing, folder: str) -> None:
        self._ids[thing.key] = self.store.move(self._ids[thing.key], self._folders[folder])

    def copy(self, thing: Thing, new: Thing) -> None:
        self._ids[new.key] = self.store.copy(self._ids[thing.key], self._folders[new.folder])

    def remove(self, thing: Thing) -> None:
        self.store.remove(self._ids.pop(thing.key))

    def rename(self, folder: str, to: str) -> None:
        id_ = self._folders[to] = self._folders.pop(folder)
        with self.store.lock:
            self.store.folders[id_].name = to.rpartition("/")[2]

    def delete_folder(self, folder: str) -> None:
        self.store.remove_folder(self._folders.pop(folder))
        self._ids = {key: id_ for key, id_ in self._ids.items() if id_ in self.store.items}

    def forget(self) -> None:
        """The mailbox was moved to another database: no sync state is known any longer."""
        self.server.operations.forget_states()

    def fail(self, request: int) -> None:
        self._armed_at = self.server.script.number + request
        self.server.script.fail(request, next(self._ways))

    def recover(self) -> None:
        if self._armed_at is not None and self.server.script.number >= self._armed_at:
            self.faults += 1
        self._armed_at = None
        self.server.script.faults.clear()

    def listing(self) -> Mapping[str, int]:
        away = self._folders[account.AWAY]
        begins = datetime.now(UTC) - _WINDOW
        keys = {id_: key for key, id_ in self._ids.items()}
        return {
            item_id(item.folder, item.id): keys[item.id]
            for item in self.store.items.values()
            if item.folder != away and item.received is not None and item.received >= begins
        }

    def close(self) -> None:
        self.server.close()

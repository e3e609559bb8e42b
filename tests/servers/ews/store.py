"""A mailbox: folders, items, and what changed in them, in the order in which it did."""

import base64
import itertools
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.servers.ews.calendar import Series

Person = tuple[str, str]
"""Name and address."""


@dataclass
class Item:
    id: str
    folder: str
    item_class: str = "IPM.Note"
    subject: str = ""
    body: str = ""
    is_html: bool = False
    sender: Person | None = None
    to: list[Person] = field(default_factory=list)
    cc: list[Person] = field(default_factory=list)
    bcc: list[Person] = field(default_factory=list)
    headers: list[tuple[str, str]] = field(default_factory=list)
    """As they came over the network; a mail that was sent from here has none."""
    message_id: str = ""
    in_reply_to: str = ""
    references: str = ""
    sent: datetime | None = None
    received: datetime | None = None
    """With fractions of a second, which answers do not show."""
    created: datetime = datetime(2026, 11, 20, tzinfo=UTC)
    sensitivity: str = "Normal"
    categories: list[str] = field(default_factory=list)
    attachments: list[tuple[str, int, bool]] = field(default_factory=list)
    """Name, size, whether it is a message."""
    is_draft: bool = False
    is_read: bool = False
    mime: bytes = b""
    series: Series | None = None
    """Items of a calendar."""
    error: str = ""
    """What GetItem says instead of giving it."""
    change_key: str = ""
    made_at: int = 0
    changed_at: int = 0
    read_at: int = 0
    rendered: dict[object, str] = field(default_factory=dict)

    @property
    def moved_at(self) -> int:
        return max(self.made_at, self.changed_at, self.read_at)


@dataclass
class Folder:
    id: str
    parent: str
    name: str
    kind: str = "IPF.Note"
    distinguished: str = ""
    buried: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Items that are gone: made when, gone when."""


class Store:
    """One mailbox. Everything is changed and read under ``lock``."""

    def __init__(self, address: str, *, open_to: set[str]) -> None:
        self.address = address
        self.open_to = open_to
        """User names that may open it."""
        self.lock = threading.RLock()
        self.folders: dict[str, Folder] = {}
        self.items: dict[str, Item] = {}
        self.by_folder: dict[str, dict[str, Item]] = {}
        self._count = itertools.count(1)
        self.root = self.add_folder("", "Top of Information Store", distinguished="msgfolderroot")
        self.inbox = self.add_folder(self.root, "收件箱", distinguished="inbox")
        self.sent = self.add_folder(self.root, "已发送邮件", distinguished="sentitems")
        self.drafts = self.add_folder(self.root, "草稿", distinguished="drafts")
        self.deleted = self.add_folder(self.root, "已删除邮件", distinguished="deleteditems")
        self.calendar = self.add_folder(
            self.root, "日历", kind="IPF.Appointment", distinguished="calendar"
        )
        self.add_folder(self.root, "联系人", kind="IPF.Contact", distinguished="contacts")

    def add_folder(
        self, parent: str, name: str, *, kind: str = "IPF.Note", distinguished: str = ""
    ) -> str:
        with self.lock:
            id_ = self._new_id("F")
            self.folders[id_] = Folder(id_, parent, name, kind, distinguished)
            self.by_folder[id_] = {}
            return id_

    def remove_folder(self, id_: str) -> None:
        with self.lock:
            for item in list(self.by_folder.pop(id_).values()):
                del self.items[item.id]
            del self.folders[id_]

    def add(self, folder: str, item: Item) -> str:
        with self.lock:
            item.id, item.folder = self._new_id("I"), folder
            item.made_at = item.changed_at = next(self._count)
            item.read_at = 0
            self._touched(item)
            self.items[item.id] = self.by_folder[folder][item.id] = item
            return item.id

    def change(self, id_: str, **values: object) -> None:
        with self.lock:
            item = self.items[id_]
            for name, value in values.items():
                if not hasattr(item, name):
                    raise AttributeError(name)
                setattr(item, name, value)
            item.changed_at = next(self._count)
            self._touched(item)

    def set_read(self, id_: str, *, is_read: bool = True) -> None:
        with self.lock:
            item = self.items[id_]
            item.is_read = is_read
            item.read_at = next(self._count)
            self._touched(item)

    def remove(self, id_: str) -> None:
        with self.lock:
            item = self.items.pop(id_)
            del self.by_folder[item.folder][id_]
            self.folders[item.folder].buried[id_] = (item.made_at, next(self._count))

    def move(self, id_: str, folder: str) -> str:
        """Exchange gives what was moved a new id."""
        with self.lock:
            item = self.items[id_]
            self.remove(id_)
            return self.add(folder, item)

    def copy(self, id_: str, folder: str) -> str:
        with self.lock:
            values = {**vars(self.items[id_]), "rendered": {}}
            return self.add(folder, Item(**values))

    def changes(self, folder: str, since: int) -> Iterator[tuple[int, str, Item | str]]:
        """(when, what, item or its id) of everything that is different from how it was then."""
        found: list[tuple[int, str, Item | str]] = []
        for item in self.by_folder[folder].values():
            if item.made_at > since:
                found.append((item.moved_at, "Create", item))
            elif item.changed_at > since:
                found.append((item.moved_at, "Update", item))
            elif item.read_at > since:
                found.append((item.moved_at, "ReadFlagChange", item))
        for id_, (made_at, gone_at) in self.folders[folder].buried.items():
            if made_at <= since < gone_at:
                found.append((gone_at, "Delete", id_))
        yield from sorted(found, key=lambda one: one[0])

    def newest(self, folder: str) -> list[Item]:
        oldest = datetime.min.replace(tzinfo=UTC)
        return sorted(
            self.by_folder[folder].values(),
            key=lambda one: (one.received or oldest, one.id),
            reverse=True,
        )

    def occurrence(self, id_: str) -> tuple[Item, datetime] | None:
        """The series and the original start that the id of an occurrence names."""
        master, _, number = id_.rpartition("~")
        item = self.items.get(master)
        if item is None or item.series is None or not number.isdecimal():
            return None
        starts = item.series.originals()
        at = int(number)
        return (item, starts[at]) if at < len(starts) else None

    def _touched(self, item: Item) -> None:
        item.change_key = base64.b64encode(f"CK{item.moved_at:010}".encode()).decode()
        item.rendered.clear()

    def _new_id(self, kind: str) -> str:
        raw = f"{self.address}:{kind}:{next(self._count):012}".encode()
        return base64.b64encode(raw.ljust(90, b"\x01")).decode()


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)

"""Which folders are read: ``inbox`` and ``sent`` under any name, others by their path."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from agent.capture.graph.client import Client, Row
from agent.capture.graph.faults import Missing
from agent.capture.mailbox import MailboxSettings

_WELL_KNOWN = {"inbox": "inbox", "sent": "sentitems"}
_SELECT = "id,displayName,childFolderCount"
_DEEPEST = 30
_MOST = 5_000
"""Folders that are looked at; a tree that has more, or that loops, ends there."""


@dataclass(frozen=True, slots=True)
class Folder:
    id: str
    path: str
    """As people see it: ``收件箱``, ``客户/苏州``."""
    is_sent: bool = False
    is_parent: bool = False
    """Others lie below it."""


@dataclass(frozen=True, slots=True)
class Folders:
    found: tuple[Folder, ...]
    missing: tuple[int, ...]
    """Which of the configured ones are not there, counted from 1: names are private."""

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(folder.id for folder in self.found)


def find(client: Client, settings: MailboxSettings) -> Folders:
    """The configured folders with what lies below them."""
    known = {
        name: folder for name in _WELL_KNOWN if (folder := _well_known(client, name)) is not None
    }
    tree: list[Folder] = []
    if any(_key(name) not in _WELL_KNOWN for name in settings.folders):
        tree = list(_below(client, client.path("mailFolders"), "", 0))
    found: dict[str, Folder] = {}
    missing: list[int] = []
    for number, name in enumerate(settings.folders, 1):
        top = _named(name, known, tree)
        if top is None:
            missing.append(number)
            continue
        for folder in (top, *_under(client, top, tree)):
            if not _is_excluded(folder, known, settings.exclude_folders):
                found.setdefault(folder.id, folder)
    return Folders(tuple(found.values()), tuple(missing))


def _well_known(client: Client, name: str) -> Folder | None:
    try:
        row = client.get(client.path("mailFolders", _WELL_KNOWN[name]), select=_SELECT)
    except Missing:
        return None
    return Folder(
        str(row.get("id", "")),
        _display(row) or name,
        is_sent=name == "sent",
        is_parent=bool(row.get("childFolderCount")),
    )


def _under(client: Client, top: Folder, tree: Sequence[Folder]) -> Iterator[Folder]:
    if not top.is_parent:
        return
    start = f"{top.path}/"
    below: Iterable[Folder] = tree
    if not tree:
        below = _below(client, client.path("mailFolders", top.id, "childFolders"), start, 1)
    for folder in below:
        if folder.path.startswith(start):
            yield replace(folder, is_sent=top.is_sent)


def _below(client: Client, path: str, prefix: str, depth: int) -> Iterator[Folder]:
    query = {"$select": _SELECT, "$top": "100"}
    count = 0
    for page in client.rows(path, query):
        for row in page:
            count += 1
            is_parent = bool(row.get("childFolderCount")) and depth < _DEEPEST
            folder = Folder(row["id"], f"{prefix}{_display(row)}", is_parent=is_parent)
            yield folder
            if is_parent:
                below = client.path("mailFolders", folder.id, "childFolders")
                try:
                    yield from _below(client, below, f"{folder.path}/", depth + 1)
                except Missing:
                    continue  # deleted between the two questions
        if count > _MOST:
            return


def _named(name: str, known: dict[str, Folder], tree: Sequence[Folder]) -> Folder | None:
    if _key(name) in _WELL_KNOWN:
        return known.get(_key(name))
    spellings = {_key(name)}
    first, slash, rest = _key(name).partition("/")
    if slash and first in known:  # inbox/客户, where the folder itself is called 收件箱
        spellings.add(_key(f"{known[first].path}/{rest}"))
    for folder in tree:
        if _key(folder.path) in spellings:
            same = (one for one in known.values() if one.id == folder.id)
            return next(same, folder)
    return None


def _is_excluded(folder: Folder, known: dict[str, Folder], excluded: Sequence[str]) -> bool:
    path = _key(folder.path)
    for name in excluded:
        first, slash, rest = _key(name).partition("/")
        above = _key(known[first].path) + slash + rest if first in known else _key(name)
        if path == above or path.startswith(f"{above}/"):
            return True
    return False


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip().strip("/").casefold()


def _display(row: Row) -> str:
    return str(row.get("displayName") or "").strip()

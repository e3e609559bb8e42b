"""Which folders of the mailbox are read, and what a person calls them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from exchangelib import Account
from exchangelib.items import ID_ONLY

from agent.capture.exchange import border
from agent.capture.exchange import services as svc
from agent.capture.exchange.connection import Connection
from agent.capture.exchange.cursor import mark
from agent.capture.exchange.elements import Element, Fields
from agent.capture.exchange.settings import Settings
from agent.errors import SourceUnavailable

_KNOWN = {"inbox": "inbox", "sent": "sentitems"}
_MAX_DEPTH = 300
"""The server's own limit of nested folders."""


@dataclass(frozen=True, slots=True)
class Folder:
    id: str
    path: str

    @property
    def key(self) -> str:
        return mark(self.id)


@dataclass(frozen=True, slots=True)
class Layout:
    mail: tuple[Folder, ...]
    calendar: Folder | None
    missing: tuple[int, ...] = ()
    """Numbers of the entries of ``folders`` that do not exist, from 1."""


@dataclass(frozen=True, slots=True)
class _Entry:
    id: str
    parent: str
    name: str
    holds_mail: bool


def greet(connection: Connection) -> None:
    """The smallest question that shows whether the sign-in works."""

    def ask(account: Account) -> None:
        root = svc.distinguished(account, "msgfolderroot")
        for one in svc.Folders(account=account).call([root], None, ID_ONLY):
            if isinstance(one, Exception):
                raise one

    connection.ask(ask)


def find(connection: Connection, settings: Settings) -> Layout:
    """Raises ``SourceError``; not over a folder of the settings that does not exist."""

    def ask(account: Account) -> tuple[list[_Entry], dict[str, _Entry]]:
        wanted = ["msgfolderroot", *_KNOWN.values(), *(["calendar"] if settings.calendar else [])]
        found = svc.Folders(account=account).call(
            folders=[svc.distinguished(account, name) for name in wanted],
            additional_fields=svc.FOLDER,
            shape=ID_ONLY,
        )
        known: dict[str, _Entry] = {}
        for name, one in zip(wanted, found, strict=True):
            if not isinstance(one, Exception):
                known[name] = _entry(one)
            elif name == "msgfolderroot" or not isinstance(one, border.FOLDER_GONE):
                raise one
        root = svc.distinguished(account, "msgfolderroot")
        below = svc.FoldersBelow(account=account, page_size=svc.MAX_PAGE).all(root)
        return [_entry(one) for one in below], known

    entries, known = connection.ask(ask)
    tree = _Tree(known["msgfolderroot"].id, [*entries, *known.values()])
    chosen: dict[str, Folder] = {}
    missing: list[int] = []
    for number, name in enumerate(settings.folders, start=1):
        one = known.get(_KNOWN.get(name.strip().lower(), "")) or tree.at(name)
        if one is None:
            missing.append(number)
            continue
        chosen.update((folder.id, folder) for folder in tree.below(one))
    left_out = {
        folder.id
        for name in settings.exclude_folders
        for one in [known.get(_KNOWN.get(name.strip().lower(), "")) or tree.at(name)]
        if one is not None
        for folder in tree.below(one)
    }
    calendar = known.get("calendar")
    return Layout(
        tuple(folder for folder in chosen.values() if folder.id not in left_out),
        None if calendar is None else Folder(calendar.id, tree.path(calendar)),
        tuple(missing),
    )


class _Tree:
    def __init__(self, root: str, entries: Iterable[_Entry]) -> None:
        self._root = root
        self._entries = {one.id: one for one in entries}
        self._children: dict[str, list[_Entry]] = {}
        for one in self._entries.values():
            self._children.setdefault(one.parent, []).append(one)

    def path(self, entry: _Entry) -> str:
        names = [entry.name]
        parent = self._entries.get(entry.parent)
        while parent is not None and parent.id != self._root and len(names) < _MAX_DEPTH:
            names.insert(0, parent.name)
            parent = self._entries.get(parent.parent)
        return "/".join(names)

    def at(self, path: str) -> _Entry | None:
        wanted = path.strip().strip("/").casefold()
        return next(
            (
                one
                for one in self._entries.values()
                if one.id != self._root and self.path(one).casefold() == wanted
            ),
            None,
        )

    def below(self, entry: _Entry) -> Sequence[Folder]:
        """It and what lies below it, as far as mail lies there."""
        found: list[Folder] = []
        todo, seen = [entry], {entry.id}
        while todo:
            one = todo.pop(0)
            if one.holds_mail:
                found.append(Folder(one.id, self.path(one)))
            for child in self._children.get(one.id, []):
                if child.id not in seen:
                    seen.add(child.id)
                    todo.append(child)
        return found


def _entry(element: Element) -> _Entry:
    fields = Fields(element)
    id_ = fields.attribute("FolderId", "Id")
    if not id_:
        raise SourceUnavailable("mailbox_answer_odd", retry_after=border.LATER_S, error="FolderId")
    kind = fields.text("FolderClass")
    return _Entry(
        id_,
        fields.attribute("ParentFolderId", "Id"),
        fields.text("DisplayName").strip(),
        # A search folder shows what lies elsewhere.
        fields.name == "Folder" and (not kind or kind.startswith(("IPF.Note", "IPF.Imap"))),
    )

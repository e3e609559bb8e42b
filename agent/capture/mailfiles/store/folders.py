"""Which folders of a mail store are read."""

import heapq
from collections.abc import Iterator
from typing import Any

from agent.capture.mailfiles.store.properties import CONTAINER_CLASS, SUBTREE, WASTEBASKET

_UNREAD = frozenset(
    {
        "deleted items", "deleted messages", "trash", "已删除邮件", "已删除项目", "已删除", "废件箱", "垃圾箱",
        "junk email", "junk e-mail", "spam", "bulk mail", "垃圾邮件", "垃圾电子邮件",
        "sync issues", "同步问题", "recoverable items", "conversation history", "对话历史记录",
    }
)  # fmt: skip
"""Thrown away, or written by Outlook itself."""
_PLUMBING = frozenset(
    {
        "search root", "finder", "shortcuts", "views", "common views", "ipm_views",
        "ipm_common_views", "root - public", "~mapisp(internal)", "drizzle", "shared data",
        "reminders", "non_ipm_subtree",
    }
)  # fmt: skip
_OTHER_KINDS = (
    "IPF.CONTACT", "IPF.TASK", "IPF.STICKYNOTE", "IPF.JOURNAL", "IPF.CONFIGURATION", "IPF.FILES",
    "IPF.NOTE.OUTLOOKHOMEPAGE", "IPF.NOTE.SOCIALCONNECTOR",
)  # fmt: skip
_TYPE = 0x1F
_NORMAL_FOLDER = 0x02
_MAX_DEPTH = 50


def messages(store: Any) -> tuple[int, Iterator[tuple[int, Any, str]]]:
    """How many items are read, and each of them, the newest first: (id, item, path for people).

    Ids are given in order: what came last is what matters most. An item is opened once, and no
    more of them are open at a time than there are folders."""
    top, wastebasket = _entry(store, SUBTREE), _entry(store, WASTEBASKET)
    folders = list(_walk(_subtree(store.root_folder, top), wastebasket))
    total = sum(folder.number_of_sub_messages for folder, _ in folders)
    each = [_from_the_last(folder, path) for folder, path in folders]
    return total, heapq.merge(*each, key=lambda one: -one[0])


def _from_the_last(folder: Any, path: str) -> Iterator[tuple[int, Any, str]]:
    for place in reversed(range(folder.number_of_sub_messages)):
        message = folder.get_sub_message(place)
        yield int(message.identifier), message, path


def _entry(store: Any, prop: int) -> int | None:
    """The id of a folder, from an entry id of the store ([MS-PST] 2.4.3.2)."""
    entry = value(store.message_store, prop)
    return int.from_bytes(entry[-4:], "little") if entry is not None and len(entry) == 24 else None


def value(item: Any, prop: int) -> bytes | None:
    for number in range(item.number_of_record_sets):
        entry = item.get_record_set(number).get_entry_by_type(prop)
        if entry is not None:
            found: bytes | None = entry.data
            return found
    return None


def _subtree(root: Any, top: int | None) -> Any:
    """The folder that people see as the whole; the root itself where none is named."""
    for depth in range(2):
        for folder in _below(root, depth):
            if top is not None and folder.identifier == top:
                return folder
    for folder in _below(root, 1):
        if (folder.name or "").upper() == "IPM_SUBTREE" and folder.number_of_sub_folders:
            return folder
    return root


def _below(folder: Any, depth: int) -> Iterator[Any]:
    for number in range(folder.number_of_sub_folders):
        child = folder.get_sub_folder(number)
        if depth == 0:
            yield child
        else:
            yield from _below(child, depth - 1)


def _walk(root: Any, wastebasket: int | None) -> Iterator[tuple[Any, str]]:
    stack: list[tuple[Any, str, int]] = [(root, "", 0)]
    while stack:
        folder, path, depth = stack.pop()
        yield folder, path
        if depth >= _MAX_DEPTH:
            continue
        for child in _below(folder, 0):
            name = (child.name or "").strip()
            hidden = name.lower() in _UNREAD or (depth == 0 and name.lower() in _PLUMBING)
            if (
                hidden
                or child.identifier == wastebasket
                or child.identifier & _TYPE != _NORMAL_FOLDER
                or _kind(child).startswith(_OTHER_KINDS)
            ):
                continue
            stack.append((child, f"{path}/{name}" if path else name, depth + 1))


def _kind(folder: Any) -> str:
    raw = value(folder, CONTAINER_CLASS) or b""
    return raw.decode("utf-16-le", "replace").rstrip("\x00").upper()

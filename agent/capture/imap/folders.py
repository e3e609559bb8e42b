"""Which folders of the server are meant by the settings."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from imapclient.imap_utf7 import decode as decode_utf7

from agent.capture.charset import guess
from agent.capture.imap.session import Mailbox

_SENT = (
    "sent",
    "sent messages",
    "sent items",
    "sent mail",
    "sent-mail",
    "已发送",
    "已发送邮件",
    "已发邮件",
    "已发送的邮件",
    "寄件备份",
    "寄件備份",
    "已傳送",
    "[gmail]/sent mail",
    "[gmail]/已发邮件",
    "[gmail]/已发送邮件",
    "[gmail]/寄件備份",
    "[google mail]/sent mail",
)
"""What the folder of sent mail is called where the server does not mark it."""
_NOT_MEANT = ("\\trash", "\\junk", "\\drafts", "\\all", "\\flagged", "\\important")
"""Marks of folders that are read only when they are named themselves."""
_NOT_MEANT_NAMES = frozenset(
    {
        *("trash", "deleted", "deleted items", "deleted messages", "junk", "junk e-mail"),
        *("junk mail", "spam", "bulk mail", "drafts", "draft", "垃圾邮件", "垃圾箱", "废件箱"),
        *("已删除", "已删除邮件", "已删除的邮件", "草稿", "草稿箱", "垃圾郵件", "刪除的郵件"),
    }
)
"""What those are called where the server does not mark them."""
_INBOX = "INBOX"


@dataclass(frozen=True, slots=True)
class Folder:
    name: str
    """As the server writes it."""
    path: str
    """For people: decoded, its steps parted by ``/``."""
    holds_drafts: bool = False


@dataclass(frozen=True, slots=True)
class Chosen:
    folders: tuple[Folder, ...]
    missing: tuple[int, ...]
    """Places in the settings, from 1, of those that are not there."""
    sent_missing: bool


def choose(listed: Iterable[Mailbox], wanted: Sequence[str], excluded: Sequence[str]) -> Chosen:
    there = [
        (one, path_of(one)) for one in listed if not one.flags & {"\\noselect", "\\nonexistent"}
    ]
    chosen: dict[str, Folder] = {}
    missing: list[int] = []
    sent_missing = False
    for place, name in enumerate(wanted, 1):
        found = _find(there, name)
        if not found and name == "sent":
            sent_missing = True
        elif not found:
            missing.append(place)
        for box, path in [*found, *_below(there, found)]:
            if not any(_is_within(path, one) for one in excluded):
                chosen[box.name] = Folder(box.name, path, "\\drafts" in box.flags)
    return Chosen(tuple(chosen.values()), tuple(missing), sent_missing)


def path_of(box: Mailbox) -> str:
    """Decoded, and whatever the server puts between the steps turned into ``/``."""
    first, *rest = (_decoded(step) for step in _steps(box))
    return "/".join(["Inbox" if first.upper() == _INBOX else first, *rest])


def _steps(box: Mailbox) -> list[str]:
    return box.name.split(box.delimiter) if box.delimiter else [box.name]


def _decoded(name: str) -> str:
    raw = name.encode("latin-1", "replace")
    try:
        # Some servers write names as they are instead of encoding them.
        return decode_utf7(raw) if raw.isascii() else guess(raw)
    except (ValueError, LookupError):
        return name


def _find(there: list[tuple[Mailbox, str]], name: str) -> list[tuple[Mailbox, str]]:
    if name == "inbox":
        return [(box, path) for box, path in there if box.name.upper() == _INBOX]
    if name == "sent":
        marked = [(box, path) for box, path in there if "\\sent" in box.flags]
        return marked or [(box, path) for box, path in there if _bare(path) in _SENT]
    exact = [(box, path) for box, path in there if _same(path) == _same(name)]
    return exact or [(box, path) for box, path in there if _bare(path) == _bare(name)]


def _below(
    there: list[tuple[Mailbox, str]], found: list[tuple[Mailbox, str]]
) -> Iterator[tuple[Mailbox, str]]:
    """What people, or their rules, put into the folders within; without the bins and drafts that
    some servers keep below the inbox with everything else."""
    for box, path in there:
        steps = [step.casefold() for step in path.split("/")]
        if box.flags.intersection(_NOT_MEANT) or _NOT_MEANT_NAMES.intersection(steps):
            continue
        if any(path.startswith(outer + "/") for _, outer in found):
            yield box, path


def _is_within(path: str, excluded: str) -> bool:
    inner, outer = _bare(path), _bare(excluded)
    return inner == outer or inner.startswith(outer + "/")


def _same(path: str) -> str:
    return unicodedata.normalize("NFC", path.strip().strip("/"))


def _bare(path: str) -> str:
    """Without what does not tell folders apart: case, and the inbox that some put all others in."""
    path = _same(path).casefold()
    return path.removeprefix("inbox/") or path

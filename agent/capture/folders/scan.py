"""What lies in a folder: every wanted file below it, named the same on every system."""

import os
import stat
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent.capture.charset import guess
from agent.errors import SourceMisconfigured, SourceUnavailable

_UNFINISHED = (".tmp", ".part", ".partial", ".crdownload", ".download", "~")
_SCRATCH = ("~$", "~wrd", ".")
"""Word's owner and scratch files; hidden files, among them vim's ``.name.swp``."""
_VIM_PROBE = "4913"
_JUNCTION = 0xA0000003
_RETRY_S = 30.0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Found:
    """A file, or something in its place that cannot be read as one."""

    external_id: str
    """POSIX path relative to the folder, in Unicode NFC."""
    path: str
    """As the file system spells it."""
    size: int
    mtime_ns: int
    ctime_ns: int
    problem: str = ""
    """Why it will not be read: ``link_outside``, ``item_unreadable`` or ``folder_unreadable``."""

    @property
    def modified(self) -> datetime:
        """Time of the last change; an impossible one is taken as 1970."""
        try:
            return _EPOCH + timedelta(microseconds=self.mtime_ns // 1000)
        except OverflowError:
            return _EPOCH

    @property
    def version(self) -> str:
        return f"{self.size}-{self.mtime_ns}"


@dataclass(frozen=True, slots=True)
class Scan:
    items: tuple[Found, ...]
    hidden_below: tuple[str, ...]
    """External ids of folders that could not be listed: what was known there is not gone."""

    def may_hide(self, external_id: str) -> bool:
        return any(external_id.startswith(f"{folder}/") for folder in self.hidden_below)


def ignored(name: str) -> bool:
    """Scratch, hidden and unfinished files, by their name."""
    lowered = name.lower()
    return lowered.startswith(_SCRATCH) or lowered.endswith(_UNFINISHED) or lowered == _VIM_PROBE


def require_folder(folder: Path) -> None:
    """Raise the ``SourceError`` that says why ``folder`` cannot be read now."""
    try:
        mode = folder.stat().st_mode
    except (FileNotFoundError, NotADirectoryError) as error:
        raise SourceUnavailable("folder_missing", retry_after=_RETRY_S) from error
    except OSError as error:
        raise SourceUnavailable("folder_unreadable", retry_after=_RETRY_S) from error
    if not stat.S_ISDIR(mode):
        raise SourceMisconfigured("folder_is_a_file")


def scan(folder: Path, suffixes: frozenset[str]) -> Scan:
    """Every file below ``folder`` whose lower-cased suffix is wanted.

    Links that lead out of the folder are listed but not followed, links within it are left out:
    what they lead to is found anyway.
    """
    require_folder(folder)
    root = os.path.realpath(folder)
    items: dict[str, Found] = {}
    hidden_below: list[str] = []
    stack = [(root, "")]
    while stack:
        place, prefix = stack.pop()
        try:
            entries = _entries(place)
        except FileNotFoundError:
            continue
        except OSError as error:
            if not prefix:
                raise SourceUnavailable("folder_unreadable", retry_after=_RETRY_S) from error
            name = prefix.rstrip("/")
            hidden_below.append(name)
            items[name] = Found(name, place, 0, 0, 0, "folder_unreadable")
            continue
        for entry in entries:
            external_id = prefix + _portable(entry.name)
            if external_id in items:  # two spellings of one name: NFC beside NFD
                external_id = prefix + ascii(entry.name)
            try:
                if _is_link(entry):
                    found = _link(entry, external_id, root, suffixes)
                elif entry.is_dir(follow_symlinks=False):
                    stack.append((entry.path, f"{external_id}/"))
                    continue
                else:
                    found = _file(entry, external_id, suffixes)
            except FileNotFoundError:
                continue
            except OSError:
                found = Found(external_id, entry.path, 0, 0, 0, "item_unreadable")
            if found is not None:
                items[external_id] = found
    require_folder(folder)  # gone meanwhile (a network drive): what was not found is not gone
    return Scan(tuple(items.values()), tuple(hidden_below))


def _entries(place: str) -> list[os.DirEntry[str]]:
    with os.scandir(place) as found:
        return sorted(
            (entry for entry in found if not ignored(entry.name)), key=lambda entry: entry.name
        )


def _portable(name: str) -> str:
    """NFC; a name that is not UTF-8 (unpacked from a Chinese archive) is guessed."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        name = guess(os.fsencode(name))
    return unicodedata.normalize("NFC", name)


def _is_link(entry: os.DirEntry[str]) -> bool:
    if entry.is_symlink():
        return True
    if os.name != "nt":
        return False
    return getattr(entry.stat(follow_symlinks=False), "st_reparse_tag", 0) == _JUNCTION


def _file(entry: os.DirEntry[str], external_id: str, suffixes: frozenset[str]) -> Found | None:
    if not _wanted(entry.name, suffixes):
        return None
    info = _fresh_stat(entry)
    if not stat.S_ISREG(info.st_mode):  # opening a pipe would wait for ever
        return None
    return Found(external_id, entry.path, info.st_size, info.st_mtime_ns, info.st_ctime_ns)


def _fresh_stat(entry: os.DirEntry[str]) -> os.stat_result:
    # Windows lists the size and time a growing file had when it was last closed.
    return os.stat(entry.path) if os.name == "nt" else entry.stat(follow_symlinks=False)  # noqa: PTH116


def _link(
    entry: os.DirEntry[str], external_id: str, root: str, suffixes: frozenset[str]
) -> Found | None:
    info = entry.stat(follow_symlinks=False)
    target = os.path.realpath(entry.path)
    as_found = (external_id, entry.path, info.st_size, info.st_mtime_ns, info.st_ctime_ns)
    if not os.path.exists(target):  # noqa: PTH110 - half a million Paths are slow to make
        return Found(*as_found, "item_unreadable") if _wanted(entry.name, suffixes) else None
    if target == root or target.startswith(root.rstrip(os.sep) + os.sep):
        return None
    if _wanted(entry.name, suffixes) or os.path.isdir(target):  # noqa: PTH112 - see above
        return Found(*as_found, "link_outside")
    return None


def _wanted(name: str, suffixes: frozenset[str]) -> bool:
    return os.path.splitext(name)[1].lower() in suffixes  # noqa: PTH122 - see above

"""Writes compound files (MS-CFB version 3): storages and streams in 512-byte sectors."""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

_SECTOR, _MINI_SECTOR, _MINI_LIMIT = 512, 64, 4096
_FREE, _END, _FAT_SECTOR, _NONE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF
_UNUSED, _STORAGE, _STREAM, _ROOT = 0, 1, 2, 5
_RED, _BLACK = 0, 1
_HEADER_FATS = 109
"""FAT sectors that the header itself can list: enough for 6.8 MB, more is refused."""


@dataclass(slots=True)
class Storage:
    """A folder: names → bytes, names → folders."""

    streams: dict[str, bytes] = field(default_factory=dict)
    storages: dict[str, "Storage"] = field(default_factory=dict)


@dataclass(slots=True)
class _Entry:
    name: str
    kind: int
    data: bytes = b""
    colour: int = _BLACK
    left: int = _NONE
    right: int = _NONE
    child: int = _NONE
    start: int = _END
    size: int = 0


def compound_file(root: Storage) -> bytes:
    """The file's bytes. Raises ValueError beyond 6.8 MB."""
    entries = [_Entry("Root Entry", _ROOT)]
    _add_children(entries, 0, root)
    sectors: list[bytes] = []
    fat: list[int] = []

    def store(data: bytes) -> int:
        """Put data into a chain of sectors, and say where it starts."""
        if not data:
            return _END
        start = len(sectors)
        pieces = _cut(data, _SECTOR)
        sectors.extend(pieces)
        fat.extend([*range(start + 1, start + len(pieces)), _END])
        return start

    mini, mini_fat = _place_streams(entries, store)
    entries[0].start, entries[0].size = store(mini), len(mini)
    mini_fat_bytes = _filled(_words(mini_fat), b"\xff")
    mini_fat_start = store(mini_fat_bytes)
    unused = [_Entry("", _UNUSED)] * (-len(entries) % 4)
    directory_start = store(b"".join(map(_directory_entry, [*entries, *unused])))

    fat_count = _fat_sectors(len(sectors))
    if fat_count > _HEADER_FATS:
        raise ValueError(f"{len(sectors)} sectors do not fit a header-only allocation table")
    fat_start = len(sectors)
    fat.extend([_FAT_SECTOR] * fat_count)
    table = _filled(_words(fat), b"\xff")
    header = _header(
        directory_start,
        mini_fat_start,
        len(mini_fat_bytes) // _SECTOR,
        range(fat_start, fat_start + fat_count),
    )
    return header + b"".join(sectors) + table


def _place_streams(
    entries: Sequence[_Entry], store: Callable[[bytes], int]
) -> tuple[bytes, list[int]]:
    """Big streams go into sectors, small ones into the mini stream; returns it and its chains."""
    mini = bytearray()
    mini_fat: list[int] = []
    for entry in entries:
        if entry.kind != _STREAM:
            continue
        entry.size = len(entry.data)
        if entry.size >= _MINI_LIMIT:
            entry.start = store(entry.data)
        elif entry.data:
            entry.start = len(mini_fat)
            pieces = _cut(entry.data, _MINI_SECTOR)
            mini += b"".join(pieces)
            mini_fat.extend([*range(entry.start + 1, entry.start + len(pieces)), _END])
    return bytes(mini), mini_fat


def _add_children(entries: list[_Entry], parent: int, storage: Storage) -> None:
    """The storage's members as a balanced red-black tree in the order the format demands."""
    members = [_Entry(name, _STREAM, data) for name, data in storage.streams.items()]
    members += [_Entry(name, _STORAGE) for name in storage.storages]
    members.sort(key=lambda entry: (len(entry.name), entry.name.upper()))
    first = len(entries)
    entries.extend(members)
    # All levels of the tree but the last are full: painting only that one red keeps the rules.
    depth = len(members).bit_length()

    def tree(low: int, high: int, level: int) -> int:
        if low >= high:
            return _NONE
        middle = (low + high) // 2
        entry = entries[middle]
        entry.colour = _RED if level == depth and level > 1 else _BLACK
        entry.left = tree(low, middle, level + 1)
        entry.right = tree(middle + 1, high, level + 1)
        return middle

    entries[parent].child = tree(first, first + len(members), 1)
    for place, member in enumerate(members, first):
        if member.kind == _STORAGE:
            _add_children(entries, place, storage.storages[member.name])


def _directory_entry(entry: _Entry) -> bytes:
    name = entry.name.encode("utf-16-le")
    return struct.pack(
        "<64sHBBIII16sIQQIQ",
        name,
        len(name) + 2 if name else 0,
        entry.kind,
        entry.colour,
        entry.left,
        entry.right,
        entry.child,
        bytes(16),
        0,
        0,
        0,
        0 if entry.kind in (_STORAGE, _UNUSED) else entry.start,
        entry.size,
    )


def _header(directory: int, mini_fat: int, mini_fat_count: int, fats: range) -> bytes:
    start = struct.pack(
        "<8s16sHHHHH6xIIIIIIIIII",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        bytes(16),
        0x003E,
        3,
        0xFFFE,
        9,
        6,
        0,
        len(fats),
        directory,
        0,
        _MINI_LIMIT,
        mini_fat,
        mini_fat_count,
        _END,
        0,
        fats.start if fats else _FREE,
    )
    return start + _words([*fats[1:]]).ljust(_SECTOR - len(start), b"\xff")


def _fat_sectors(used: int) -> int:
    """How many FAT sectors hold the chains of ``used`` sectors and of themselves."""
    per_sector = _SECTOR // 4
    count = 0
    while count * per_sector < used + count:
        count += 1
    return count


def _filled(data: bytes, filler: bytes) -> bytes:
    return data + filler * (-len(data) % _SECTOR)


def _cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size].ljust(size, b"\0") for at in range(0, len(data), size)]


def _words(values: Sequence[int]) -> bytes:
    return struct.pack(f"<{len(values)}I", *values)

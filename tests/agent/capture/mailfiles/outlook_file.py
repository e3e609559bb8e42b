"""Writes just enough of a compound file for an Outlook message: every stream below 4 KB."""

import struct
from datetime import UTC, datetime

_END, _FREE, _FAT, _NONE = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD, 0xFFFFFFFF
_STORAGE, _STREAM, _ROOT = 1, 2, 5

Tree = dict[str, "bytes | Tree"]


def compound_file(tree: Tree) -> bytes:
    entries: list[list[object]] = [["Root Entry", _ROOT, _NONE, _NONE, _END, 0]]
    mini, mini_fat = bytearray(), []

    def add(parent: int, children: Tree) -> None:
        """Siblings are a chain to the right, which is a tree too."""
        last = None
        for name in sorted(children, key=lambda one: (len(one), one.upper())):
            value, at = children[name], len(entries)
            entries.append([name, _STORAGE, _NONE, _NONE, 0, 0])
            entries[parent if last is None else last][3 if last is None else 2] = at
            last = at
            if isinstance(value, dict):
                add(at, value)
                continue
            entries[at][1], entries[at][4], entries[at][5] = _STREAM, _END, len(value)
            if value:
                first, count = len(mini) // 64, -(-len(value) // 64)
                entries[at][4] = first
                mini_fat.extend([*range(first + 1, first + count), _END])
                mini.extend(value.ljust(count * 64, b"\x00"))

    add(0, tree)
    chains = [
        bytes(mini),
        struct.pack(f"<{len(mini_fat)}I", *mini_fat),
        b"",
    ]
    starts, sectors, fat = [], bytearray(), []
    entries[0][5] = len(mini)
    for n, chain in enumerate(chains):
        data = chain
        if n == 2:
            entries[0][4] = starts[0]
            data = b"".join(_entry(*entry) for entry in entries)
        count = -(-len(data) // 512)
        starts.append(len(fat) if count else _END)
        fat.extend([*range(len(fat) + 1, len(fat) + count), _END] if count else [])
        fill = b"\xff" if n == 1 else b"\x00"
        sectors += data.ljust(count * 512, fill)
    fat_sectors = 1
    while (len(fat) + fat_sectors) > fat_sectors * 128:
        fat_sectors += 1
    fat_start = len(fat)
    fat += [_FAT] * fat_sectors
    table = struct.pack(f"<{len(fat)}I", *fat).ljust(fat_sectors * 512, b"\xff")
    header = struct.pack(
        "<8s16xHHHHH6x9I",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        0x3E, 3, 0xFFFE, 9, 6, 0, fat_sectors, starts[2], 0, 4096, starts[1],
        -(-len(mini_fat) // 128), _END, 0,
    )  # fmt: skip
    listed = [*range(fat_start, fat_start + fat_sectors)]
    difat = struct.pack("<109I", *listed, *[_FREE] * (109 - fat_sectors))
    return header + difat + bytes(sectors) + table


def _entry(name: str, kind: int, right: int, child: int, start: int, size: int) -> bytes:
    label = name.encode("utf-16-le") + b"\x00\x00"
    return struct.pack(
        "<64sHBBIII16xI16xIQ", label, len(label), kind, 1, _NONE, right, child, 0, start, size
    )


def _properties(values: dict[int, object], header: int, codec: str | None) -> Tree:
    """Property id → str, bytes, int or datetime; strings as UTF-16 or in an 8-bit code page."""
    tree: Tree = {}
    segments = bytearray(header)
    for pid, value in values.items():
        match value:
            case str():
                kind, raw = (
                    (0x1E, value.encode(codec)) if codec else (0x1F, value.encode("utf-16-le"))
                )
                tree[f"__substg1.0_{pid:04X}{kind:04X}"] = raw
                segments += struct.pack("<HHIII", kind, pid, 6, len(raw), 0)
            case bytes():
                tree[f"__substg1.0_{pid:04X}0102"] = value
                segments += struct.pack("<HHIII", 0x102, pid, 6, len(value), 0)
            case int():
                segments += struct.pack("<HHIII", 3, pid, 6, value, 0)
            case datetime():
                ticks = int((value - datetime(1601, 1, 1, tzinfo=UTC)).total_seconds()) * 10**7
                segments += struct.pack("<HHIQ", 0x40, pid, 6, ticks)
    tree["__properties_version1.0"] = bytes(segments)
    return tree


def outlook_file(
    properties: dict[int, object],
    *,
    recipients: list[dict[int, object]] | None = None,
    attachments: list[dict[int, object]] | None = None,
    codec: str | None = None,
) -> bytes:
    """``codec``: write strings in that 8-bit encoding, as Outlook did before Unicode."""
    tree = _properties(properties, 32, codec)
    for n, one in enumerate(recipients or []):
        tree[f"__recip_version1.0_#{n:08X}"] = _properties(one, 8, codec)
    for n, one in enumerate(attachments or []):
        tree[f"__attach_version1.0_#{n:08X}"] = _properties(one, 8, codec)
    return compound_file(tree)

"""Writes a small Outlook data file ([MS-PST], Unicode, not encoded): what a test needs of it.

Every heap fits one block, so that a folder holds some 400 items at most; longer values have a
node of their own, as Outlook does it.
"""

import struct
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime

Value = str | bytes | bool | int | datetime | tuple[int, bytes]
"""The last: a property type and its bytes."""
Props = dict[int, Value]

ROOT, STORE, NAMES = 0x122, 0x21, 0x61
_RECIPIENTS, _ATTACHMENTS = 0x692, 0x671
_BLOCK = 8176
_IN_HEAP = 600
APPOINTMENT = bytes.fromhex("0220060000000000c000000000000046")
MEETING = bytes.fromhex("90dad86e0b451b1098da00aa003f1305")


def _crc(raw: bytes) -> int:
    return zlib.crc32(raw, 0xFFFFFFFF) ^ 0xFFFFFFFF


def _sig(place: int, bid: int) -> int:
    both = place ^ bid
    return (both >> 16 ^ both) & 0xFFFF


def _typed(value: Value) -> tuple[int, bytes]:
    match value:
        case bool():
            return 0x0B, struct.pack("<I", value)
        case int():
            return 0x03, struct.pack("<i", value)
        case str():
            return 0x1F, value.encode("utf-16-le")
        case bytes():
            return 0x102, value
        case datetime():
            ticks = (value - datetime(1601, 1, 1, tzinfo=UTC)) // (datetime.resolution)
            return 0x40, struct.pack("<Q", ticks * 10)
        case _:
            return value


@dataclass
class _Heap:
    """A heap on one block; what is too long for it becomes a subnode."""

    client: int
    subnodes: dict[int, tuple[int, int]]
    store: "StoreFile"
    allocations: list[bytes] = field(default_factory=list)

    def put(self, raw: bytes) -> int:
        if not raw:
            return 0
        if len(raw) > _IN_HEAP:
            nid = (len(self.subnodes) + 0x400) << 5 | 0x1F
            self.subnodes[nid] = (self.store.data(raw), 0)
            return nid
        return self.keep(raw)

    def keep(self, raw: bytes) -> int:
        self.allocations.append(raw)
        return len(self.allocations) << 5

    def block(self, root: int) -> bytes:
        places = [12]
        for one in self.allocations:
            places.append(places[-1] + len(one))
        body = b"".join(self.allocations)
        body += bytes(len(body) % 2)
        table = struct.pack(f"<HH{len(places)}H", len(self.allocations), 0, *places)
        head = struct.pack("<HBBII", 12 + len(body), 0xEC, self.client, root, 0)
        assert len(head + body + table) <= _BLOCK
        return head + body + table


class StoreFile:
    def __init__(self, *, password: int = 0) -> None:
        self._nodes: list[tuple[int, int, int, int]] = []
        self._blocks: list[tuple[int, bytes]] = []
        self._bid = 4
        self._count = 0x100
        self._named: list[tuple[int, int]] = []
        self._password = password
        self._add(ROOT, ROOT, {0x3001: ""})
        self.top = self.folder("Top of Personal Folders", ROOT)

    def folder(self, name: str, parent: int | None = None, kind: str = "IPF.Note") -> int:
        nid = self._next(0x02)
        return self._add(nid, parent or self.top, {0x3001: name, 0x3602: 1, 0x3613: kind})

    def message(
        self,
        folder: int,
        props: Props,
        *,
        people: list[Props] | None = None,
        files: list[Props] | None = None,
    ) -> int:
        nid = self._next(0x04)
        subnodes: dict[int, tuple[int, int]] = {}
        if people:
            subnodes[_RECIPIENTS] = self._table(list(enumerate(people)))
        if files:
            rows = []
            for number, one in enumerate(files, 1):
                at = number << 5 | 0x05
                rows.append((at, one))
                subnodes[at] = self._properties(one, {})
            subnodes[_ATTACHMENTS] = self._table(rows)
        return self._add(nid, folder, props, subnodes)

    def named(self, guid: bytes, lid: int) -> int:
        which = {APPOINTMENT: 3, MEETING: 4}[guid]
        if (lid, which) not in self._named:
            self._named.append((lid, which))
        return 0x8000 + self._named.index((lid, which))

    def raw(self) -> bytes:
        self.named(APPOINTMENT, 0x820D)  # no store is without names
        entries = b"".join(
            struct.pack("<IHH", lid, which << 1, at) for at, (lid, which) in enumerate(self._named)
        )
        self._add(NAMES, 0, {1: 1, 2: APPOINTMENT + MEETING, 3: entries, 4: bytes(4)})
        entry_id = bytes(20)
        store: Props = {0x3001: "Personal", 0x35E0: entry_id + struct.pack("<I", self.top)}
        self._add(STORE, 0, {**store, 0x67FF: self._password})
        for folder in [nid for nid, _, _, _ in self._nodes if nid & 0x1F == 2]:
            self._contents(folder)
        return self._laid_out()

    def data(self, raw: bytes) -> int:
        """The id of the block, or of the tree of blocks, that holds ``raw``."""
        pieces = [raw[at : at + _BLOCK] for at in range(0, len(raw), _BLOCK)] or [b""]
        bids = [self._block(piece) for piece in pieces]
        if len(bids) == 1:
            return bids[0]
        head = struct.pack("<BBHI", 1, 1, len(bids), len(raw))
        return self._block(head + struct.pack(f"<{len(bids)}Q", *bids), internal=True)

    def _contents(self, folder: int) -> None:
        """The tables of a folder: folders in it, items in it."""
        for kind, table in ((0x02, 0x0D), (0x04, 0x0E)):
            inside = [
                (nid, {})
                for nid, _, _, parent in self._nodes
                if parent == folder and nid != folder and nid & 0x1F == kind
            ]
            if inside:
                data, sub = self._table(inside)
                self._nodes.append((folder & ~0x1F | table, data, sub, folder))

    def _next(self, kind: int) -> int:
        self._count += 1
        return self._count << 5 | kind

    def _add(
        self,
        nid: int,
        parent: int,
        props: Props,
        subnodes: dict[int, tuple[int, int]] | None = None,
    ) -> int:
        data, sub = self._properties(props, dict(subnodes or {}))
        self._nodes.append((nid, data, sub, parent))
        return nid

    def _properties(self, props: Props, subnodes: dict[int, tuple[int, int]]) -> tuple[int, int]:
        heap = _Heap(0xBC, subnodes, self)
        root = heap.keep(b"")  # filled in below, once the records have their place
        records = b""
        for prop, value in sorted(props.items()):
            kind, raw = _typed(value)
            inline = kind in {0x02, 0x03, 0x0B}
            held = int.from_bytes(raw[:4], "little") if inline else heap.put(raw)
            records += struct.pack("<HHI", prop, kind, held)
        heap.allocations[0] = struct.pack("<BBBBI", 0xB5, 2, 6, 0, heap.keep(records))
        return self.data(heap.block(root)), self._subnodes(subnodes)

    def _table(self, rows: list[tuple[int, Props]]) -> tuple[int, int]:
        """Columns of four bytes each: numbers, and places of texts in the heap."""
        subnodes: dict[int, tuple[int, int]] = {}
        heap = _Heap(0x7C, subnodes, self)
        root = heap.keep(b"")
        kinds = {prop: _typed(value)[0] for _, row in rows for prop, value in row.items()}
        columns = [(0x67F2, 3), (0x67F3, 3), *sorted(kinds.items())]
        bitmap = -(-len(columns) // 8)
        size = 4 * len(columns)
        body = b""
        for number, row in rows:
            cells, has = [number, 1], 0xC0 << (bitmap * 8 - 8)
            for at, (prop, kind) in enumerate(columns[2:], 2):
                if prop not in row:
                    cells.append(0)
                    continue
                raw = _typed(row[prop])[1]
                number_in = kind == 3
                cells.append(int.from_bytes(raw, "little") if number_in else heap.put(raw))
                has |= 1 << (bitmap * 8 - 1 - at)
            body += struct.pack(f"<{len(cells)}I", *cells) + has.to_bytes(bitmap, "big")
        index = b"".join(struct.pack("<II", number, at) for at, (number, _) in enumerate(rows))
        index_root = heap.keep(struct.pack("<BBBBI", 0xB5, 4, 4, 0, heap.keep(index)))
        described = b"".join(
            struct.pack("<HHHBB", kind, prop, at * 4, 4, at)
            for at, (prop, kind) in enumerate(columns)
        )
        ends = (size, size, size, size + bitmap)
        heap.allocations[0] = (
            struct.pack("<BB4HIII", 0x7C, len(columns), *ends, index_root, heap.keep(body), 0)
            + described
        )
        return self.data(heap.block(root)), self._subnodes(subnodes)

    def _subnodes(self, subnodes: dict[int, tuple[int, int]]) -> int:
        if not subnodes:
            return 0
        entries = b"".join(
            struct.pack("<QQQ", nid, data, sub) for nid, (data, sub) in sorted(subnodes.items())
        )
        head = struct.pack("<BBHI", 2, 0, len(subnodes), 0)
        return self._block(head + entries, internal=True)

    def _block(self, raw: bytes, *, internal: bool = False) -> int:
        bid = self._bid | (2 if internal else 0)
        self._bid += 4
        self._blocks.append((bid, raw))
        return bid

    def _laid_out(self) -> bytes:
        out = bytearray(b"\x00" * 0x4600)
        places: list[tuple[int, int, int]] = []
        for bid, raw in sorted(self._blocks):
            place = len(out)
            places.append((bid, place, len(raw)))
            out += raw.ljust(-(-(len(raw) + 16) // 64) * 64 - 16, b"\x00")
            out += struct.pack("<HHIQ", len(raw), _sig(place, bid), _crc(raw), bid)
        out += bytes(-len(out) % 512)
        by_node = [
            (nid, struct.pack("<QQQII", nid, data, sub, parent, 0))
            for nid, data, sub, parent in sorted(self._nodes)
        ]
        by_block = [
            (bid, struct.pack("<QQHHI", bid, place, size, 2, 0)) for bid, place, size in places
        ]
        nodes = self._tree(out, 0x81, by_node, 32)
        blocks = self._tree(out, 0x80, by_block, 24)
        full = b"\xff" * 496
        out[0x4400:0x4600] = full + struct.pack("<BBHIQ", 0x84, 0x84, 0, _crc(full), 0x4400)
        out[:564] = self._header(len(out), nodes, blocks)
        return bytes(out)

    def _tree(
        self, out: bytearray, kind: int, entries: list[tuple[int, bytes]], size: int
    ) -> tuple[int, int]:
        """Pages of a B-tree, leaves first; the root's id and place."""
        level = 0
        while True:
            room = 488 // size
            above: list[tuple[int, bytes]] = []
            for at in range(0, len(entries), room):
                some = entries[at : at + room]
                bid, place = self._bid, len(out)
                self._bid += 4
                body = b"".join(raw for _, raw in some).ljust(488, b"\x00")
                body += struct.pack("<BBBBI", len(some), room, size, level, 0)
                out += body + struct.pack("<BBHIQ", kind, kind, _sig(place, bid), _crc(body), bid)
                above.append((some[0][0], struct.pack("<QQQ", some[0][0], bid, place)))
            if len(above) == 1:
                return struct.unpack_from("<QQ", above[0][1], 8)  # type: ignore[return-value]
            entries, size, level = above, 24, level + 1

    def _header(self, size: int, nodes: tuple[int, int], blocks: tuple[int, int]) -> bytes:
        root = struct.pack("<IQQQQQQQQBBH", 0, size, 0x4400, 0, 0, *nodes, *blocks, 2, 0, 0)
        body = struct.pack("<HHHBBII", 0x4D53, 23, 19, 1, 1, 0, 0)
        body += struct.pack("<QQI", 0, self._bid, 1) + bytes(128) + bytes(8) + root + bytes(4)
        body += b"\xff" * 256 + struct.pack("<BBH", 0x80, 0, 0)
        partial = _crc(body[:471])
        body += struct.pack("<Q", self._bid)
        return (
            b"!BDN" + struct.pack("<I", partial) + body + struct.pack("<I", _crc(body)) + bytes(36)
        )

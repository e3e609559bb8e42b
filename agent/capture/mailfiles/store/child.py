"""The process that reads a mail store: whatever the library does with a damaged file, it does here.

Gets one line of JSON, ``{"path", "held": {key: version}, "skip": [key], "keys_only"}``, and writes
frames: a line of JSON, and behind it as many bytes as its ``size`` says.

    {"total": N}                            items to come
    {"at": KEY}                             this one is looked at now: should nothing follow, it did it
    {"key", "version", "size", …}           an item; without ``size`` it is held in this version
    {"key", "version", "code"}              an item that cannot be read
    {"fail": CODE}  or  {"end": true}       the last one
"""

import base64
import hashlib
import json
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pypff

from agent.capture.mailfiles import outlook
from agent.capture.mailfiles.store import properties as props
from agent.capture.mailfiles.store.folders import messages, value

_MEMORY = 3 * 1024**3
_OFFLINE = ord("o")
_MAX_VALUE = 8 * 1024 * 1024
_MAX_PEOPLE, _MAX_ATTACHMENTS = 500, 200
_DAMAGE = (OSError, ValueError, TypeError, AttributeError, OverflowError, MemoryError)
Value = tuple[int, int, bytes]
"""Property, type, bytes."""


def main() -> None:
    _limit_memory()
    order = json.loads(sys.stdin.buffer.readline())
    store = pypff.file()
    try:
        store.open(order["path"])
        if _is_protected(store):
            _say({"fail": "item_protected"})
            return
        names = _names(store)
        total, listed = messages(store)
        _say({"total": total})
        _tell(order, listed, names)
    except _DAMAGE:
        _say({"fail": "item_store_damaged"})
    else:
        _say({"end": True})


def _tell(
    order: dict[str, Any], listed: Iterator[tuple[int, Any, str]], names: dict[int, int]
) -> None:
    held, skip = order["held"], frozenset(order["skip"])
    for number, message, path in listed:
        key = str(number)
        if key in skip:
            continue
        if order["keys_only"]:
            _say({"key": key, "version": ""})
            continue
        _say({"at": key})
        try:
            head, blob = _item(message, path, names)
        except _DAMAGE:
            if held.get(key) == "damaged":
                _say({"key": key, "version": "damaged"})
            else:
                _say({"key": key, "version": "damaged", "code": "item_damaged"})
            continue
        version = _version(head, blob)
        if held.get(key) == version:
            _say({"key": key, "version": version})
        else:
            _say({"key": key, "version": version, "size": len(blob), **head}, blob)


def _item(message: Any, path: str, names: dict[int, int]) -> tuple[dict[str, Any], bytes]:
    values = _values(message.get_record_set(0), props.OF_ITEM, names)
    people: list[list[Value]] = []
    with suppress(*_DAMAGE):
        table = message.recipients
        if table is not None:
            people += [
                _values(table.get_record_set(number), props.OF_PERSON, {})
                for number in range(min(table.number_of_record_sets, _MAX_PEOPLE))
            ]
    files: list[list[Value]] = []
    with suppress(*_DAMAGE):
        files += [
            _values(message.get_attachment(number).get_record_set(0), props.OF_ATTACHMENT, {})
            for number in range(min(message.number_of_attachments, _MAX_ATTACHMENTS))
        ]
    blob = b"".join(raw for group in (values, *people, *files) for _, _, raw in group)
    head = {
        "folder": path,
        "values": _shape(values),
        "people": [_shape(one) for one in people],
        "files": [_shape(one) for one in files],
    }
    return head, blob


def _values(record: Any, wanted: frozenset[int], names: dict[int, int]) -> list[Value]:
    found: list[Value] = []
    for entry in record.entries:
        prop = names.get(entry.entry_type, entry.entry_type)
        if prop in wanted:
            raw = entry.data or b""
            if prop == outlook.FLAGS:  # read or not makes no other mail of it
                raw = bytes((raw[0] & outlook.UNSENT,)) if raw else b""
            found.append((prop, entry.value_type or 0, raw[:_MAX_VALUE]))
    return found


def _shape(values: list[Value]) -> list[tuple[int, int, int]]:
    return [(prop, kind, len(raw)) for prop, kind, raw in values]


def _version(head: dict[str, Any], blob: bytes) -> str:
    digest = hashlib.sha256(json.dumps(head, sort_keys=True).encode())
    digest.update(blob)
    return base64.urlsafe_b64encode(digest.digest()[:9]).decode()


def _is_protected(store: Any) -> bool:
    """A password on a data file is a wish, not a cipher; it is respected."""
    if store.content_type == _OFFLINE:
        return False
    check = value(store.message_store, props.PASSWORD)
    return bool(check) and any(check or b"")


def _names(store: Any) -> dict[int, int]:
    with suppress(*_DAMAGE):
        table = store.name_to_id_map
        sets, entries, strings = (value(table, prop) or b"" for prop in (2, 3, 4))
        return dict(props.names(sets, entries, strings))
    return {}


def _say(frame: dict[str, Any], blob: bytes = b"") -> None:
    sys.stdout.buffer.write(json.dumps(frame).encode() + b"\n" + blob)
    sys.stdout.buffer.flush()


def _limit_memory() -> None:
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - not there on Windows

    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, resource.RLIM_INFINITY))


if __name__ == "__main__":
    main()

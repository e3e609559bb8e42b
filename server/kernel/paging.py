"""Cursors: opaque, stable while rows are added, cheap at any depth (keyset, never OFFSET)."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from server.kernel.errors import Invalid
from server.kernel.wire import storable

DEFAULT_LIMIT = 50
MAX_LIMIT = 200


def encode_cursor(*key: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None, *parsers: Callable[[Any], Any]) -> tuple[Any, ...] | None:
    """The key in a cursor, each part read by its parser, or None for the first page.

    Invalid when it is not one of ours.
    """
    if not cursor:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return tuple(parse(part) for parse, part in zip(parsers, key, strict=True))
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        raise Invalid("bad_cursor", fields={"cursor": "bad_cursor"}) from None


def moment(part: Any) -> datetime:
    found = datetime.fromisoformat(part)
    if found.tzinfo is None:
        raise ValueError("naive datetime")
    return found.astimezone(UTC)


def row_id(part: Any) -> int:
    if not isinstance(part, int) or not 0 <= part < 2**63:
        raise ValueError("no id")
    return part


def words(part: Any) -> str:
    if not isinstance(part, str):
        raise TypeError("no text")
    return str(storable(part))

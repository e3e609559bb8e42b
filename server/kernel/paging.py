"""Cursors: opaque, stable while rows are added, cheap at any depth (keyset, never OFFSET)."""

import base64
import binascii
import json
from typing import Any

from server.kernel.errors import Invalid

DEFAULT_LIMIT = 50
MAX_LIMIT = 200


def encode_cursor(*key: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None, length: int) -> tuple[Any, ...] | None:
    """The key in a cursor, or None for the first page; Invalid when it is not one of ours."""
    if not cursor:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error):
        key = None
    if not isinstance(key, list) or len(key) != length:
        raise Invalid("bad_cursor", fields={"cursor": "bad_cursor"})
    return tuple(key)

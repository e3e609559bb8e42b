"""Two people change one thing: who saved second is told, and nobody's words are lost.

The version of a thing is a digest of what can be changed of it, so that it differs exactly when
somebody changed something, by whatever way. It is the ``ETag`` of the API and a hidden field of
the forms.
"""

import hashlib
import json
from http import HTTPStatus
from typing import Any

from server.kernel.errors import ServerError


class Stale(ServerError):
    """412: what the caller saw is no longer what is there; look again."""

    status = HTTPStatus.PRECONDITION_FAILED
    code = "stale"


def version_of(content: dict[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:20]


def check(wanted: str | None, content: dict[str, Any]) -> None:
    """Raises Stale when ``wanted`` (``If-Match``; None and ``*`` ask nothing) is another version."""
    if not wanted or wanted.strip() == "*":
        return
    now = version_of(content)
    named = [tag.strip().removeprefix("W/").strip('"') for tag in wanted.split(",")]
    if now not in named:
        raise Stale

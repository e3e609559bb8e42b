"""The one write door: ``POST /api/v1/activities``."""

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from agent.contract.base import Wire

MAX_BATCH = 200


class ActivityBatch(Wire):
    """Items stay raw here: each is parsed alone, so that one bad item refuses itself only."""

    activities: tuple[dict[str, Any], ...] = Field(max_length=MAX_BATCH)


RefusalCode = Literal["invalid", "unknown_customer", "not_your_customer", "too_large"]


class ItemResult(Wire):
    id: UUID | None
    """None when the item had no readable id; results stand in the order of the items."""
    result: Literal["accepted", "duplicate", "refused"]
    code: RefusalCode | None = None
    message: str = ""


class BatchReply(Wire):
    results: tuple[ItemResult, ...]


class ErrorBody(Wire):
    code: str
    message: str
    fields: dict[str, str] = Field(default_factory=dict)


class ErrorReply(Wire):
    error: ErrorBody

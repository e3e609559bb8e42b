"""What the status of an answer demands. Pure: numbers and header texts in, errors out."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from agent.errors import (
    DeliveryError,
    DeliveryRefused,
    DeliveryRetryable,
    DeliveryUnauthorized,
)

_OK = 200
_UNAUTHORIZED = frozenset({401, 403})
_LATER = frozenset({408, 425, 429})
_CLIENT_ERRORS = range(400, 500)


def error_of(status: int, retry_after: str | None, *, now: datetime) -> DeliveryError | None:
    """The error that ``status`` stands for; None for a plain success.

    Redirects and success of an unknown kind are retryable: no server of ours answers so, a proxy
    or a hotel's sign-in page does.
    """
    code = f"http_{status}"
    if status == _OK:
        return None
    if status in _UNAUTHORIZED:
        return DeliveryUnauthorized(code)
    if status in _CLIENT_ERRORS and status not in _LATER:
        return DeliveryRefused(code)
    return DeliveryRetryable(code, retry_after=parse_retry_after(retry_after, now=now))


def parse_retry_after(value: str | None, *, now: datetime) -> float | None:
    """Seconds of a Retry-After header (RFC 9110: seconds or a date); None when it says nothing."""
    if value is None:
        return None
    value = value.strip()
    if re.fullmatch(r"\d{1,9}", value):
        return float(value)
    moment = parse_date(value)
    return max(0.0, (moment - now).total_seconds()) if moment is not None else None


def parse_date(value: str) -> datetime | None:
    """An HTTP date, aware, or None."""
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)

"""When to try again, as data. Pure: the clock is an argument, the jitter a hash."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

BASE_S = 2.0
CAP_S = 300.0
"""After days of silence a server that comes back waits five minutes at most."""
LONGEST_HINT_S = 3600.0
"""A server's Retry-After is honoured up to here; beyond, it is more likely a mistake."""


LONGEST_ASKED_S = 86_400.0
"""A mailbox's server is left alone for as long as it asks, up to a day."""
_SHORTEST_ASKED_S = 1.0


@dataclass(frozen=True, slots=True)
class RetryDecision:
    at: datetime
    wait_s: float


def decide(
    failures: int,
    *,
    key: str,
    now: datetime,
    retry_after: float | None = None,
    cap_s: float = CAP_S,
) -> RetryDecision:
    """The ``failures``-th failure in a row (from 1) of ``key``: when is the next attempt?

    Doubles from ``BASE_S`` to ``cap_s``; half of it is jitter, so that a hundred laptops do not
    come back in the same second. Never earlier than the server asked for.
    """
    doubled: float = min(cap_s, BASE_S * 2.0 ** min(max(failures, 1) - 1, 16))
    wait_s = doubled * (0.5 + 0.5 * _fraction(key, failures))
    if retry_after is not None:
        wait_s = max(wait_s, min(max(retry_after, 0.0), LONGEST_HINT_S))
    return RetryDecision(now + timedelta(seconds=wait_s), wait_s)


def of_source(
    failures: int, *, key: str, now: datetime, retry_after: float | None = None
) -> RetryDecision:
    """The same for a source: what its server asks for is obeyed to the second."""
    if retry_after is None or not is_asked(retry_after):
        return decide(failures, key=key, now=now)
    wait_s = min(retry_after, LONGEST_ASKED_S)
    return RetryDecision(now + timedelta(seconds=wait_s), wait_s)


def is_asked(retry_after: float | None) -> bool:
    """Did the server name a time, and not merely say "later"?"""
    return retry_after is not None and retry_after >= _SHORTEST_ASKED_S


def _fraction(key: str, failures: int) -> float:
    digest = blake2b(f"{key}:{failures}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64

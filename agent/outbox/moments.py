"""Times as the store keeps them: UTC, ISO 8601, always to the microsecond, so that text sorts."""

from datetime import UTC, datetime


def to_text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def from_text(text: str) -> datetime:
    return datetime.fromisoformat(text)


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""Long ago: due at once."""

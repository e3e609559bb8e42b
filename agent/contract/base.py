"""The base of every wire type, and the two scalar types they share."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict


def _to_utc(value: datetime) -> datetime:
    return value.astimezone(UTC)


Utc = Annotated[AwareDatetime, AfterValidator(_to_utc)]
"""An aware datetime, normalised to UTC. A naive one is refused."""


class Wire(BaseModel):
    """Frozen; unknown fields are ignored, so that an older peer understands a newer one."""

    model_config = ConfigDict(frozen=True, extra="ignore")

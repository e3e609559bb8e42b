"""The base of every wire type, and the scalar types they share."""

from datetime import MAXYEAR, MINYEAR, UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field


def _to_utc(value: datetime) -> datetime:
    if not MINYEAR < value.year < MAXYEAR:
        raise ValueError("year out of range")
    return value.astimezone(UTC)


Utc = Annotated[AwareDatetime, AfterValidator(_to_utc)]
"""An aware datetime, normalised to UTC. A naive one is refused, and one of the first or the last
year, which another zone could not express."""

RowId = Annotated[int, Field(ge=1, lt=2**63)]
Count = Annotated[int, Field(ge=0, lt=2**31)]
"""Counts and offsets, as every database keeps them."""


class Wire(BaseModel):
    """Frozen; unknown fields are ignored, so that an older peer understands a newer one. Numbers
    are finite: JSON has no others."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

"""Settings of every folder source."""

from datetime import datetime, tzinfo
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from agent.capture.settings import SourceOptions


def _absolute(path: Path) -> Path:
    try:
        path = path.expanduser()
    except RuntimeError as error:
        raise PydanticCustomError("setting_no_home", "no home folder") from error
    if not path.is_absolute():
        # The agent starts at sign-in, in whatever folder the system chooses.
        raise PydanticCustomError("setting_path_relative", "relative path")
    return path


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise PydanticCustomError("setting_timezone_unknown", "unknown time zone") from error
    return name


FolderPath = Annotated[Path, AfterValidator(_absolute)]
ZoneName = Annotated[str, AfterValidator(_zone)]


class FolderSettings(SourceOptions):
    path: FolderPath
    """``~`` is the person's home; need not exist yet."""


def local_time(naive: datetime, zone_name: str | None) -> datetime:
    """A wall-clock time as an aware one, in the named zone or, by default, this computer's."""
    zone: tzinfo | None = ZoneInfo(zone_name) if zone_name else None
    return naive.replace(tzinfo=zone) if zone else naive.astimezone()

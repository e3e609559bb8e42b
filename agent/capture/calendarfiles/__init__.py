"""Calendars as files: ``.ics`` (and ``.vcs``), exported or dropped into a folder as invitations."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from agent.capture.base import Source, Surroundings
from agent.capture.calendarfiles.reader import CalendarReader
from agent.capture.folders.settings import FolderSettings, ZoneName
from agent.capture.folders.source import FolderSource


def _several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class Settings(FolderSettings):
    type: Literal["calendarfiles"]
    since_days: int = Field(default=180, ge=1, le=3650)
    """How far back meetings are looked at; forward it is always 60 days."""
    timezone: ZoneName | None = None
    """Of times that name none, where the file names none either. Default: this computer's."""
    owner: Annotated[tuple[str, ...], BeforeValidator(_several)] = ()
    """Addresses of the person whose calendars these are: what they declined was not held. Without
    it a calendar's own name is taken, where that is an address."""


def build(name: str, settings: Settings, around: Surroundings) -> Source:  # noqa: ARG001 - same for all
    reader = CalendarReader(
        settings.type,
        clock=around.clock,
        since_days=settings.since_days,
        timezone=settings.timezone,
        owner=settings.owner,
    )
    return FolderSource(settings.type, settings.path, reader, clock=around.clock)

"""Call recordings in a folder: a telephone system's, a softphone's or a telephone's export."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from agent.capture.base import Source, Surroundings
from agent.capture.folders.settings import FolderSettings, ZoneName
from agent.capture.folders.source import FolderSource
from agent.capture.recordings.patterns import checked_pattern
from agent.capture.recordings.reader import RecordingReader


class Settings(FolderSettings):
    type: Literal["recordings"]
    pattern: Annotated[str, AfterValidator(checked_pattern)] = "auto"
    """A name of ``patterns.PATTERNS``, ``auto`` for all of them, or a regular expression with
    named groups (``patterns.GROUPS``)."""
    rep_channel: Literal["left", "right"] | None = None
    """Which side of a two-channel recording is ours."""
    timezone: ZoneName | None = None
    """Of the times in the file names; this computer's when not given."""
    region: Annotated[str, Field(pattern="^[A-Z]{2}$")] = "CN"
    """Country (ISO 3166) of numbers without a country code."""


def build(name: str, settings: Settings, around: Surroundings) -> Source:  # noqa: ARG001 - same for all
    reader = RecordingReader(
        settings.type,
        pattern=settings.pattern,
        rep_channel=settings.rep_channel,
        timezone=settings.timezone,
        region=settings.region,
    )
    return FolderSource(settings.type, settings.path, reader, clock=around.clock)

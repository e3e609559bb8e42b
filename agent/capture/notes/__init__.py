"""Notes in a folder: Obsidian, OneNote and WeChat exports, Word documents, plain text."""

from typing import Literal

from agent.capture.base import Source, Surroundings
from agent.capture.folders.settings import FolderSettings, ZoneName
from agent.capture.folders.source import FolderSource
from agent.capture.notes.reader import NoteReader


class Settings(FolderSettings):
    type: Literal["notes"]
    timezone: ZoneName | None = None
    """Of the dates in notes and their names; this computer's when not given."""


def build(name: str, settings: Settings, around: Surroundings) -> Source:  # noqa: ARG001 - same for all
    reader = NoteReader(settings.type, settings.path, timezone=settings.timezone)
    return FolderSource(settings.type, settings.path, reader, clock=around.clock)

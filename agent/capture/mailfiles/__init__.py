"""Mails as files: ``.eml`` and Outlook's ``.msg``, dropped or exported into a folder."""

from typing import Literal

from agent.capture.base import Source, Surroundings
from agent.capture.folders.settings import FolderSettings
from agent.capture.folders.source import FolderSource
from agent.capture.mailfiles.reader import MailReader


class Settings(FolderSettings):
    type: Literal["mailfiles"]


def build(name: str, settings: Settings, around: Surroundings) -> Source:  # noqa: ARG001 - same for all
    return FolderSource(settings.type, settings.path, MailReader(settings.type), clock=around.clock)

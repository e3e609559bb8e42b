"""Mails as files: ``.eml`` and Outlook's ``.msg``, dropped or exported into a folder."""

from typing import Literal

from agent.capture.base import Source
from agent.capture.folders.settings import FolderSettings
from agent.capture.folders.source import FolderSource
from agent.capture.mailfiles.reader import MailReader
from agent.clock import Clock


class Settings(FolderSettings):
    type: Literal["mailfiles"]


def build(name: str, settings: Settings, *, clock: Clock) -> Source:  # noqa: ARG001 - same for all
    return FolderSource(settings.type, settings.path, MailReader(settings.type), clock=clock)

"""Mails as files: ``.eml``, Outlook's ``.msg`` and data files (``.pst``, ``.ost``) in a folder."""

from typing import Literal

from agent.capture.base import Source, Surroundings
from agent.capture.folders.settings import FolderSettings
from agent.capture.folders.source import FolderSource
from agent.capture.mailfiles.reader import MailReader
from agent.capture.mailfiles.store.reader import StoreReader


class Settings(FolderSettings):
    type: Literal["mailfiles"]


def build(name: str, settings: Settings, around: Surroundings) -> Source:  # noqa: ARG001 - same for all
    mails, stores = MailReader(settings.type), StoreReader(settings.type)
    return FolderSource(settings.type, settings.path, mails, stores, clock=around.clock)

"""What the sources over a mailbox on a server share: their settings and their window of time."""

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from agent.capture.settings import SourceOptions
from agent.clock import Clock

PAGE = 250
"""Items of one batch: stored as one, so at most this many are read twice after a crash."""


def _not_empty(names: tuple[str, ...]) -> tuple[str, ...]:
    if not all(name.strip() for name in names):
        raise PydanticCustomError("setting_invalid", "an empty name")
    return names


class MailboxSettings(SourceOptions):
    folders: Annotated[tuple[str, ...], AfterValidator(_not_empty)] = ("inbox", "sent")
    """``inbox`` and ``sent``, whatever their name there; others by their path (``客户/苏州``)."""
    exclude_folders: tuple[str, ...] = ()
    """Paths, with what lies below them."""
    since_days: int = Field(default=180, ge=1, le=3650)
    """How far back the first reading goes; a larger number later fetches the rest."""

    def since(self, clock: Clock) -> datetime:
        """The beginning of the window: items received earlier are not looked at."""
        return clock.now() - timedelta(days=self.since_days)

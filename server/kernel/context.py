"""What a request can reach: the one object ``create_app`` builds and everything else asks for."""

from dataclasses import dataclass
from typing import TypeVar, cast

from flask import current_app
from sqlalchemy.orm import Session

from server.kernel.auth import Principal
from server.kernel.capability import CardPart
from server.kernel.clock import Clock
from server.kernel.db import Database
from server.kernel.events import EventBus
from server.kernel.happenings import TimelinePart
from server.kernel.privacy import PrivacyPart
from server.kernel.sealing import Seal
from server.kernel.settings import Settings

Card = TypeVar("Card")


@dataclass(frozen=True, slots=True)
class Kernel:
    settings: Settings
    clock: Clock
    bus: EventBus
    db: Database
    seal: Seal
    privacy_parts: tuple[PrivacyPart, ...] = ()
    card_parts: tuple[CardPart, ...] = ()
    timeline_parts: tuple[TimelinePart, ...] = ()

    def extend_cards(self, session: Session, who: Principal, cards: list[Card]) -> list[Card]:
        """Let every capability add what it knows to customer cards."""
        for part in self.card_parts:
            part(session, who, cards)
        return cards


def kernel() -> Kernel:
    """The kernel of the running app."""
    return cast("Kernel", current_app.extensions["genjin"])

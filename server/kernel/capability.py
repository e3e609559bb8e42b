"""What a capability hands to ``create_app``: its routes, subscriptions and periodic work."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint
from flask_openapi3.blueprint import APIBlueprint
from sqlalchemy.orm import Session

from server.kernel.auth import Principal
from server.kernel.db import UnitOfWork
from server.kernel.events import Event, Handler
from server.kernel.happenings import TimelinePart
from server.kernel.privacy import PrivacyPart


@dataclass(frozen=True, slots=True)
class Periodic:
    """Work done every so often, once however many processes run (``kernel.jobs``)."""

    name: str
    every_seconds: float
    run: Callable[[UnitOfWork], object]


CardPart = Callable[[Session, Principal, Sequence[Any]], None]
"""Adds what a capability knows to customer cards (``customers.bodies.CustomerOut``), in place and for
the whole page at once: the cards lie below the capabilities that have something to show on them."""


@dataclass(frozen=True, slots=True)
class Capability:
    name: str
    api: tuple[APIBlueprint, ...] = ()
    pages: Blueprint | None = None
    handlers: tuple[tuple[type[Event], Handler], ...] = ()
    periodic: tuple[Periodic, ...] = ()
    card_part: CardPart | None = None
    timeline_part: TimelinePart | None = None
    privacy: PrivacyPart | None = None
    """Finds, tells and erases what this part keeps of one person."""

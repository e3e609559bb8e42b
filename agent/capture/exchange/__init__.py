"""Mail and calendar of an Exchange server that a company runs itself, through its web services.

``is_exchange_online`` tells endpoints where Microsoft has switched these services off. The library
behind it all takes long to import and is only touched when a source is built.
"""

from agent.capture.base import Source, Surroundings
from agent.capture.exchange.online import is_exchange_online
from agent.capture.exchange.settings import Settings
from agent.capture.registry import Person

__all__ = ["Settings", "build", "is_exchange_online", "sign_in"]


def build(name: str, settings: Settings, around: Surroundings) -> Source:
    from agent.capture.exchange.source import ExchangeSource  # noqa: PLC0415  (see above)

    return ExchangeSource(name, settings, around)


def sign_in(name: str, settings: Settings, around: Surroundings, person: Person) -> None:
    from agent.capture.exchange.source import prove  # noqa: PLC0415  (see above)

    prove(name, settings, around, person)

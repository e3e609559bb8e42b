"""Microsoft 365 by Microsoft Graph: mail and calendar, global and operated by 21Vianet."""

from agent.capture.base import Source, Surroundings
from agent.capture.graph.settings import GraphSettings as Settings
from agent.capture.graph.signing import sign_in
from agent.capture.graph.source import GraphSource

__all__ = ["Settings", "build", "sign_in"]


def build(name: str, settings: Settings, around: Surroundings) -> Source:
    return GraphSource(name, settings, around)

"""The agent's configuration file, the folders it lives in and the secrets it never holds."""

from agent.settings.model import Problem, Settings, SourceSettings, SpeechSettings
from agent.settings.places import config_file
from agent.settings.reading import Reading, read

__all__ = [
    "Problem",
    "Reading",
    "Settings",
    "SourceSettings",
    "SpeechSettings",
    "config_file",
    "read",
]

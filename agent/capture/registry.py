"""The one place that knows which sources exist. A new source is one line here.

A source's module is imported when it is first built, so that nobody waits for, or needs, the
libraries of sources that are not configured.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Protocol

from agent.capture.base import Source
from agent.capture.settings import Problem, SourceOptions, problems
from agent.clock import Clock
from agent.errors import Misconfigured

SOURCES: Mapping[str, str] = {
    "mailfiles": "agent.capture.mailfiles",
    "recordings": "agent.capture.recordings",
    "notes": "agent.capture.notes",
}
"""The ``type`` of a ``[sources.NAME]`` table → the package that holds ``Settings`` and ``build``."""


class SourcePackage(Protocol):
    """What a source's package offers."""

    Settings: type[SourceOptions]

    def build(self, name: str, settings: Any, *, clock: Clock) -> Source: ...


def check(name: str, settings: Mapping[str, Any]) -> list[Problem]:
    """Every fault in one source's settings, without building it."""
    return _checked(name, settings)[2]


def build(name: str, settings: Mapping[str, Any], *, clock: Clock) -> Source:
    """The source that ``[sources.NAME]`` describes; ``Misconfigured`` lists every fault at once."""
    package, checked, faults = _checked(name, settings)
    if package is None or checked is None:
        raise Misconfigured(faults)
    return package.build(name, checked, clock=clock)


def _checked(
    name: str, settings: Mapping[str, Any]
) -> tuple[SourcePackage | None, SourceOptions | None, list[Problem]]:
    kind = settings.get("type")
    if kind is None:
        return None, None, [("setting_missing", {"source": name, "setting": "type"})]
    if not isinstance(kind, str) or kind not in SOURCES:
        known = ", ".join(sorted(SOURCES))
        return None, None, [("source_type_unknown", {"source": name, "known": known})]
    package: Any = import_module(SOURCES[kind])
    checked, faults = problems(package.Settings, name, settings)
    return package, checked, faults

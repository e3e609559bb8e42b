"""The one place that knows which sources exist. A new source is one line here.

A source's module is imported when it is first built, so that nobody waits for, or needs, the
libraries of sources that are not configured.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Protocol, runtime_checkable

from agent.capture.base import Source, Surroundings
from agent.capture.settings import Problem, SourceOptions, problems
from agent.errors import Misconfigured

SOURCES: Mapping[str, str] = {
    "graph": "agent.capture.graph",
    "mailfiles": "agent.capture.mailfiles",
    "calendarfiles": "agent.capture.calendarfiles",
    "imap": "agent.capture.imap",
    "exchange": "agent.capture.exchange",
    "recordings": "agent.capture.recordings",
    "notes": "agent.capture.notes",
}
"""The ``type`` of a ``[sources.NAME]`` table → the package that holds ``Settings`` and ``build``."""


class SourcePackage(Protocol):
    """What a source's package offers."""

    Settings: type[SourceOptions]

    def build(self, name: str, settings: Any, around: Surroundings) -> Source: ...


class Person(Protocol):
    """The one who signs in, at the terminal."""

    def say(self, code: str, /, **params: object) -> None: ...
    def ask_secret(self, code: str, /, **params: object) -> str:
        """What was typed, unseen; empty when nothing was."""
        ...

    def open_page(self, url: str) -> bool:
        """Show a page in the browser; False where there is none."""
        ...


@runtime_checkable
class SignsIn(Protocol):
    """What the package of a source with a password or token offers besides."""

    def sign_in(self, name: str, settings: Any, around: Surroundings, person: Person) -> None:
        """Ask ``person``, prove it with the server, and only then keep the secret.

        Raises ``SourceError``; keeps nothing then."""
        ...


def check(name: str, settings: Mapping[str, Any]) -> list[Problem]:
    """Every fault in one source's settings, without building it."""
    return _checked(name, settings)[2]


def build(name: str, settings: Mapping[str, Any], around: Surroundings) -> Source:
    """The source that ``[sources.NAME]`` describes; ``Misconfigured`` lists every fault at once."""
    package, checked, faults = _checked(name, settings)
    if package is None or checked is None:
        raise Misconfigured(faults)
    return package.build(name, checked, around)


def sign_in(name: str, settings: Mapping[str, Any], around: Surroundings, person: Person) -> bool:
    """Sign ``person`` in to the source; False when it is of a kind that needs no sign-in."""
    package, checked, faults = _checked(name, settings)
    if package is None or checked is None:
        raise Misconfigured(faults)
    if not isinstance(package, SignsIn):
        return False
    package.sign_in(name, checked, around, person)
    return True


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

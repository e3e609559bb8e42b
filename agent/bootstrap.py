"""The composition root: the one place that makes the real things and names concrete classes."""

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from pathlib import Path

from agent.capture import registry
from agent.capture.base import Source, Surroundings
from agent.clock import Clock, SystemClock
from agent.contract.activity import Kind
from agent.contract.tag import Speaker, Turn
from agent.daemon import Agent, Parts, taught
from agent.daemon.listening import Ears, ProcessEars, own_environment, own_program
from agent.daemon.tagging import PROGRAM, TaggerProcess
from agent.errors import Misconfigured
from agent.nlp import speech
from agent.notify.desktop import Desktop, SystemDesktop
from agent.outbox.store import Store
from agent.pipeline import Findings, Tagger
from agent.remote.base import Remote
from agent.remote.http import HttpRemote
from agent.settings import Problem, Settings, SourceSettings, config_file, read
from agent.settings.secrets import Secrets, SystemSecrets, token_name

_CLOCK = SystemClock()


def load(file: Path | None = None, environ: Mapping[str, str] = os.environ) -> Settings:
    """The configuration, free of faults; ``Misconfigured`` lists all of them at once."""
    reading = read(file or config_file(environ), environ, kinds=sorted(registry.SOURCES))
    problems = list(reading.problems)
    for source in reading.settings.sources:
        problems += _source_problems(reading.settings.file, source)
    if problems:
        raise Misconfigured(problems)
    return reading.settings


def secrets_of(settings: Settings, environ: Mapping[str, str] = os.environ) -> SystemSecrets:
    return SystemSecrets(settings.state_dir, environ)


def remote_of(settings: Settings, secrets: Secrets, *, clock: Clock = _CLOCK) -> HttpRemote:
    name = token_name(settings.server_url)
    return HttpRemote(settings.server_url, lambda: secrets.get(name), clock=clock)


def sources_of(settings: Settings, secrets: Secrets, *, clock: Clock = _CLOCK) -> dict[str, Source]:
    return {
        source.name: source_of(settings, secrets, source, clock=clock)
        for source in settings.sources
    }


def source_of(
    settings: Settings, secrets: Secrets, source: SourceSettings, *, clock: Clock = _CLOCK
) -> Source:
    around = surroundings_of(settings, secrets, clock=clock)
    return registry.build(source.name, _table(source), around)


def sign_in(
    settings: Settings,
    secrets: Secrets,
    source: SourceSettings,
    person: registry.Person,
    *,
    clock: Clock = _CLOCK,
) -> bool:
    """``genjin agent sign-in``; False for a source that needs none. Raises ``SourceError``."""
    around = surroundings_of(settings, secrets, clock=clock)
    return registry.sign_in(source.name, _table(source), around, person)


def signs_in(source: SourceSettings) -> bool:
    """Is it of a kind that asks for a password or a permission?"""
    kind = registry.SOURCES.get(source.type)
    return kind is not None and isinstance(import_module(kind), registry.SignsIn)


def surroundings_of(settings: Settings, secrets: Secrets, *, clock: Clock = _CLOCK) -> Surroundings:
    return Surroundings(clock=clock, secrets=secrets, state_dir=settings.state_dir)


def ears_of(settings: Settings) -> ProcessEars:
    model = settings.speech.model

    def ready() -> None:
        if model is None:
            speech.available()
        else:
            speech.available(model)

    return ProcessEars(own_program(model), ready=ready, environ=own_environment())


def build_agent(
    settings: Settings,
    *,
    environ: Mapping[str, str] = os.environ,
    clock: Clock = _CLOCK,
    secrets: Secrets | None = None,
    remote: Remote | None = None,
    sources: Mapping[str, Source] | None = None,
    tagger: Tagger | None = None,
    ears: Ears | None = None,
    desktop: Desktop | None = None,
    anew: Callable[[str], Source] | None = None,
    on_progress: Callable[[str, int, int], None] = lambda _name, _done, _total: None,
    at: Callable[[str], None] = lambda _step: None,
) -> Agent:
    """An agent of real parts, save those that are handed in. The caller holds the store's lock.

    Raises ``Misconfigured`` and ``StoreBroken``.
    """
    kept = secrets or secrets_of(settings, environ)
    built = sources if sources is not None else sources_of(settings, kept, clock=clock)
    named = {source.name: source for source in settings.sources}
    if anew is None and sources is None:

        def anew(name: str) -> Source:
            return source_of(settings, kept, named[name], clock=clock)

    process = TaggerProcess((*PROGRAM, str(settings.state_dir / taught.FILE_NAME)))
    return Agent(
        Parts(
            settings=settings,
            store=Store.open(settings.state_dir, clock=clock, heal=True),
            remote=remote or remote_of(settings, kept, clock=clock),
            sources=built,
            tagger=tagger or process,
            ears=ears or ears_of(settings),
            desktop=desktop or SystemDesktop(environ),
            clock=clock,
            version=version(),
            anew=anew,
            on_progress=on_progress,
            on_stop=process.close,
            at=at,
        )
    )


def version() -> str:
    try:
        return installed_version("genjin")
    except PackageNotFoundError:
        return "0+unknown"


class LazyTagger:
    """Loads the tagger at its first use: commands that tag nothing start at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tagger: Tagger | None = None

    def tag(self, text: str, *, kind: Kind, speaker: Speaker, on: date) -> Findings:
        return self._loaded().tag(text, kind=kind, speaker=speaker, on=on)

    def tag_turns(self, turns: Sequence[Turn], *, on: date) -> Findings:
        return self._loaded().tag_turns(turns, on=on)

    def _loaded(self) -> Tagger:
        with self._lock:
            if self._tagger is None:
                from agent.nlp.tagger import Tagger as SpacyTagger  # noqa: PLC0415 - loads spaCy

                self._tagger = SpacyTagger()
            return self._tagger


_SECRET_NAMES = frozenset({"password", "passwd", "pass", "pw", "secret", "client_secret", "token"})
"""What people write into the file although it is asked for at the sign-in."""


def _table(source: SourceSettings) -> dict[str, object]:
    return {**source.options, "type": source.type}


def _source_problems(file: Path, source: SourceSettings) -> list[Problem]:
    """The faults of one table as its own source sees them, with the file and the nearest name."""
    problems: list[Problem] = []
    for code, params in registry.check(source.name, _table(source)):
        named = {**params, "file": file}
        key = f"sources.{source.name}.{params.get('setting', 'type')}"
        if code == "source_type_unknown":
            near = get_close_matches(source.type.lower(), registry.SOURCES, n=1)
            named |= {"key": key, "nearest": near[0] if near else min(registry.SOURCES)}
            problems.append(("config_type_unknown", named))
        elif code == "setting_unknown" and str(params["setting"]).lower() in _SECRET_NAMES:
            problems.append(("config_secret_in_file", {**named, "key": key}))
        elif code == "setting_unknown":
            known = [name for name in _known_keys(source.type) if name != "type"]
            near = get_close_matches(str(params["setting"]), known, n=1) or known[:1]
            named |= {"key": key, "nearest": near[0], "known": ", ".join(known)}
            problems.append(("config_key_unknown", named))
        else:
            problems.append((code, named))
    return problems


def _known_keys(kind: str) -> tuple[str, ...]:
    if kind not in registry.SOURCES:
        return ()
    package: registry.SourcePackage = import_module(registry.SOURCES[kind])
    return tuple(package.Settings.model_fields)

"""Read a configuration and list every fault in it at once."""

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from agent.contract.patterns import fault_of
from agent.contract.policy import Exclusions
from agent.settings import places
from agent.settings.model import Problem, Settings, SourceSettings, SpeechSettings
from agent.settings.tomlfault import toml_fault

_KEYS: Mapping[str, tuple[str, ...]] = {
    "": ("server", "privacy", "sources", "speech", "state_dir"),
    "server": ("url",),
    "privacy": tuple(Exclusions.model_fields),
    "speech": ("enabled", "model"),
}
_PATH_OPTIONS = ("path", "ca_file")
"""Options of sources that name files: relative ones are meant from the configuration's folder."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The settings as far as they could be read, and all that is wrong with them."""

    settings: Settings
    problems: tuple[Problem, ...]


def read(
    file: Path, environ: Mapping[str, str] = os.environ, *, kinds: Sequence[str] = ()
) -> Reading:
    """Read ``file``; a fault never raises but stands in ``problems``.

    ``kinds`` are the types of sources that exist: what a missing one is told by example.
    """
    file = file.expanduser().absolute()
    document, problems = _parse(file)
    reader = _Reader(file, problems, kinds)
    blank = Settings(file=file, state_dir=places.state_dir(environ), server_url="")
    if document is None:
        return Reading(blank, tuple(problems))
    reader.unknown_keys("", document)
    server = reader.table(document, "server")
    privacy = reader.table(document, "privacy")
    speech = reader.table(document, "speech")
    for name, table in (("server", server), ("privacy", privacy), ("speech", speech)):
        reader.unknown_keys(name, table)
    named_state = reader.text(document, "state_dir")
    settings = replace(
        blank,
        state_dir=reader.absolute(named_state) if named_state else blank.state_dir,
        server_url=reader.server_url(server),
        privacy=reader.exclusions(privacy),
        sources=reader.sources(reader.table(document, "sources")),
        speech=SpeechSettings(
            enabled=reader.switch(speech, "speech.enabled", default=True),
            model=reader.text(speech, "speech.model"),
        ),
    )
    return Reading(settings, tuple(problems))


def _parse(file: Path) -> tuple[dict[str, object] | None, list[Problem]]:
    try:
        # utf-8-sig: Windows' own editor writes a byte order mark, which TOML does not allow.
        text = file.read_text("utf-8-sig")
    except FileNotFoundError:
        return None, [("config_missing", {"file": file})]
    except (OSError, UnicodeDecodeError) as error:
        return None, [("config_unreadable", {"file": file, "why": type(error).__name__})]
    try:
        return tomllib.loads(text), []
    except tomllib.TOMLDecodeError as error:
        code, params = toml_fault(text, error)
        return None, [(code, {"file": file, **params})]


class _Reader:
    """Takes values out of tables and notes what is wrong with them."""

    def __init__(self, file: Path, problems: list[Problem], kinds: Sequence[str]) -> None:
        self._file = file
        self._problems = problems
        self._kinds = kinds

    def wrong(self, code: str, key: str, **params: object) -> None:
        self._problems.append((code, {"file": self._file, "key": key, **params}))

    def absolute(self, path: str) -> Path:
        return (self._file.parent / Path(path).expanduser()).absolute()

    def unknown_keys(self, name: str, table: Mapping[str, object]) -> None:
        known = _KEYS[name]
        for key in table:
            if key not in known:
                full = f"{name}.{key}" if name else key
                near = get_close_matches(key, known, n=1) or known[:1]
                self.wrong("config_key_unknown", full, nearest=near[0], known=", ".join(known))

    def table(self, outer: Mapping[str, object], key: str) -> dict[str, object]:
        value = outer.get(key, {})
        if isinstance(value, dict):
            return value
        self.wrong("config_wrong_type", key, expected=f"[{key}]")
        return {}

    def text(self, table: Mapping[str, object], key: str) -> str | None:
        value = table.get(key.rpartition(".")[2])
        if value is None or (isinstance(value, str) and value.strip()):
            return value
        self.wrong("config_wrong_type", key, expected='"…"')
        return None

    def switch(self, table: Mapping[str, object], key: str, *, default: bool) -> bool:
        value = table.get(key.rpartition(".")[2], default)
        if isinstance(value, bool):
            return value
        self.wrong("config_wrong_type", key, expected="true | false")
        return default

    def texts(self, table: Mapping[str, object], key: str) -> tuple[str, ...]:
        value = table.get(key.rpartition(".")[2], [])
        if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
            return tuple(value)
        self.wrong("config_wrong_type", key, expected='["…", "…"]')
        return ()

    def exclusions(self, table: Mapping[str, object]) -> Exclusions:
        lists = {}
        for name in Exclusions.model_fields:
            key = f"privacy.{name}"
            lists[name] = self.texts(table, key)
            for pattern in lists[name]:
                fault = fault_of(name, pattern)
                if fault is not None:
                    self.wrong(fault, key, pattern=pattern)
        return Exclusions(**lists)

    def server_url(self, table: Mapping[str, object]) -> str:
        if "url" not in table:
            self.wrong("config_key_missing", "server.url", example="https://genjin.example.com")
            return ""
        url = (self.text(table, "server.url") or "").strip().rstrip("/")
        if url:
            fault = url_fault(url)
            if fault is not None:
                self.wrong(fault, "server.url")
        return url

    def sources(self, tables: Mapping[str, object]) -> tuple[SourceSettings, ...]:
        found = []
        for name in tables:
            table = self.table(tables, name)
            kind = self.text(table, f"sources.{name}.type")
            if "type" not in table:
                known = '" | "'.join(self._kinds)
                self.wrong("config_key_missing", f"sources.{name}.type", example=known)
            if kind:
                options = {key: value for key, value in table.items() if key != "type"}
                for key in _PATH_OPTIONS:
                    value = options.get(key)
                    if isinstance(value, str) and value:
                        options[key] = str(self.absolute(value))
                found.append(SourceSettings(name=name, type=kind, options=options))
        return tuple(found)


def url_fault(url: str) -> str | None:
    """The code of what is wrong with a server's address; https is asked for beyond this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        return "config_url_invalid"
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
        return "config_url_invalid"
    return None if parts.scheme == "https" or _is_loopback(host) else "config_url_not_https"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False

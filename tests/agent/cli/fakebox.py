"""A mailbox whose server is a folder: ``server.json`` says how it behaves, ``*.mail`` are items."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from agent.capture.base import Batch, Source, Surroundings
from agent.capture.registry import Person
from agent.capture.settings import SourceOptions
from agent.capture.signin import Password
from agent.errors import SourceAuthFailed, SourceUnavailable
from tests.agent.making import mail


class Settings(SourceOptions):
    type: Literal["fakebox"]
    path: Path


def build(name: str, settings: Settings, around: Surroundings) -> Source:
    return FakeBox(name, settings, around)


def sign_in(name: str, settings: Settings, around: Surroundings, person: Person) -> None:
    secret = person.ask_secret("sign_in_password", source=name)
    if not secret:
        raise SourceAuthFailed("password_missing", source=name)
    if secret != _server(settings.path)["password"]:
        raise Password(name, around.secrets).refuse(secret)
    person.say("kept_in_file")
    Password(name, around.secrets).keep(secret)


def _server(folder: Path) -> dict[str, Any]:
    held: dict[str, Any] = json.loads((folder / "server.json").read_text("utf-8"))
    return held


class FakeBox:
    type = "fakebox"
    watched = None

    def __init__(self, name: str, settings: Settings, around: Surroundings) -> None:
        self._folder = settings.path
        self._password = Password(name, around.secrets)

    def _sign_in(self) -> None:
        with (self._folder / "asked").open("a") as log:
            log.write("x")
        server = _server(self._folder)
        if server.get("busy_s"):
            raise SourceUnavailable("source_unavailable", retry_after=server["busy_s"])
        password = self._password.get()
        if password != server["password"]:
            raise self._password.refuse(password)

    def poll(self, cursor: str | None) -> Iterator[Batch]:
        self._sign_in()
        known = set((cursor or "").split())
        fresh = [key for key in self._keys() if key not in known]
        hidden = _server(self._folder).get("hidden", [])
        if fresh:
            captures = tuple(
                mail(key, external_id=key, folder="收件箱" if key < "m" else "已发送")
                for key in fresh
                if key not in hidden and (cursor is None or not key.startswith("skipped"))
            )
            yield Batch(cursor=" ".join([*known, *fresh]), captures=captures)

    def inventory(self) -> Iterator[str]:
        self._sign_in()
        yield from self._keys()

    def close(self) -> None:
        pass

    def _keys(self) -> list[str]:
        return sorted(path.stem for path in self._folder.glob("*.mail"))

"""How people prove who they are: Basic, real NTLM, or a bearer token."""

import base64
import binascii
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import spnego
from spnego.exceptions import SpnegoError

Scheme = Literal["basic", "ntlm", "oauth2"]
DOMAIN = "EXAMPLE"


@dataclass
class Users:
    """Names and passwords; NTLM reads them from a file, as its library wants."""

    passwords: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    """Issued token → user name."""
    attempts: int = 0
    """How often somebody showed a password or a token, in vain or for the first time."""

    def __post_init__(self) -> None:
        handle, path = tempfile.mkstemp(prefix="genjin-ntlm-")
        os.close(handle)
        self._file = Path(path)

    def set(self, name: str, password: str) -> None:
        self.passwords[name.lower()] = password
        lines = (f"{DOMAIN}:{user}:{word}\n" for user, word in self.passwords.items())
        self._file.write_text("".join(lines), "utf-8")

    def close(self) -> None:
        self._file.unlink(missing_ok=True)

    def is_right(self, name: str, password: str) -> bool:
        known = self.passwords.get(bare(name))
        return known is not None and known == password

    def ntlm(self) -> Any:
        os.environ["NTLM_USER_FILE"] = str(self._file)  # read when the context is made
        return spnego.server(protocol="ntlm", options=spnego.NegotiateOptions.use_ntlm)


def bare(name: str) -> str:
    return name.rpartition("\\")[2].lower()


class Visitor:
    """One connection: with NTLM it is the connection that is signed in."""

    def __init__(self, users: Users, schemes: frozenset[Scheme]) -> None:
        self._users = users
        self._schemes = schemes
        self._context: Any = None
        self._signed_in: str | None = None
        self._shown = ""

    def check(self, headers: Mapping[str, str]) -> tuple[str | None, list[str]]:
        """The user's name, or None with what to ask for."""
        shown = headers.get("Authorization") or ""
        kind, _, value = shown.partition(" ")
        match kind.lower():
            case "basic" if "basic" in self._schemes:
                return self._basic(shown, value), self._wanted()
            case "bearer" if "oauth2" in self._schemes:
                return self._bearer(shown, value), self._wanted()
            case "ntlm" if "ntlm" in self._schemes:
                return self._ntlm(value)
            case _:
                return self._signed_in, self._wanted()

    def _wanted(self) -> list[str]:
        names = {"basic": 'Basic realm="test"', "ntlm": "NTLM", "oauth2": "Bearer"}
        return [names[scheme] for scheme in sorted(self._schemes)]

    def _count(self, shown: str, *, is_right: bool) -> None:
        if shown != self._shown or not is_right:
            self._users.attempts += 1
        self._shown = shown

    def _basic(self, shown: str, value: str) -> str | None:
        try:
            name, _, password = base64.b64decode(value).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        is_right = self._users.is_right(name, password)
        self._count(shown, is_right=is_right)
        return bare(name) if is_right else None

    def _bearer(self, shown: str, value: str) -> str | None:
        name = self._users.tokens.get(value)
        self._count(shown, is_right=name is not None)
        return name

    def _ntlm(self, value: str) -> tuple[str | None, list[str]]:
        raw = base64.b64decode(value)
        first = raw[8:12] == b"\x01\x00\x00\x00"
        if first:
            self._signed_in, self._context = None, self._users.ntlm()
        if self._context is None:
            return None, ["NTLM"]
        try:
            token = self._context.step(raw)
        except SpnegoError:
            self._users.attempts += 1
            self._context = None
            return None, ["NTLM"]
        if not self._context.complete:
            return None, [f"NTLM {base64.b64encode(token or b'').decode()}"]
        self._users.attempts += 1
        self._signed_in = bare(str(self._context.client_principal))
        return self._signed_in, ["NTLM"]

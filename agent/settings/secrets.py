"""Passwords and the device token: the environment, then the keyring, then a file of ours.

The file exists only on machines where no keyring works (a headless server, a container): mode
0600 in the state folder, and ``genjin agent doctor`` says that it is in use.
"""

import json
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

SERVICE = "genjin"
FILE_NAME = "secrets.json"


class Secrets(Protocol):
    def get(self, name: str) -> str | None: ...

    def set(self, name: str, value: str) -> str:
        """Keep ``value``; says where: ``keyring`` or ``file``."""
        ...


def token_name(server_url: str) -> str:
    """The entry of the device token; one laptop may be paired with several servers."""
    return f"token@{server_url}"


def password_name(source: str) -> str:
    return f"password@{source}"


def environment_name(name: str) -> str:
    """The variable that overrides an entry: ``password@m365`` → ``GENJIN_M365_PASSWORD``."""
    kind, _, of = name.partition("@")
    if kind == "token":
        return "GENJIN_TOKEN"
    return f"GENJIN_{re.sub('[^A-Z0-9]', '_', of.upper())}_{kind.upper()}"


class SystemSecrets:
    """``get`` asks the environment, the keyring and the file, in this order."""

    def __init__(self, state_dir: Path, environ: Mapping[str, str] = os.environ) -> None:
        self._environ = environ
        self._file = state_dir / FILE_NAME

    def get(self, name: str) -> str | None:
        return self._environ.get(environment_name(name)) or _from_keyring(name) or self._kept(name)

    def set(self, name: str, value: str) -> str:
        if _into_keyring(name, value):
            return "keyring"
        self._write({**self._read(), name: value})
        return "file"

    def where(self, name: str) -> str | None:
        """Which of the three answers for ``name``: ``environment``, ``keyring``, ``file``."""
        if self._environ.get(environment_name(name)):
            return "environment"
        if _from_keyring(name):
            return "keyring"
        return "file" if self._kept(name) else None

    def _kept(self, name: str) -> str | None:
        value = self._read().get(name)
        return value if isinstance(value, str) else None

    def _read(self) -> dict[str, object]:
        try:
            loaded = json.loads(self._file.read_text("utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            return {}
        return loaded if isinstance(loaded, dict) else {}

    def _write(self, secrets: dict[str, object]) -> None:
        self._file.parent.mkdir(mode=stat.S_IRWXU, parents=True, exist_ok=True)
        fresh = self._file.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        # Created with its final mode: at no moment can another account read it.
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            json.dump(secrets, out, ensure_ascii=False)
        fresh.replace(self._file)


def _from_keyring(name: str) -> str | None:
    import keyring  # noqa: PLC0415  (slow to import, and only asked when nothing else answers)
    import keyring.errors  # noqa: PLC0415

    try:
        return keyring.get_password(SERVICE, name)
    except keyring.errors.KeyringError:
        return None


def _into_keyring(name: str, value: str) -> bool:
    """True when the keyring took it and gives it back (the null backend takes and forgets)."""
    import keyring  # noqa: PLC0415  (see above)
    import keyring.errors  # noqa: PLC0415

    try:
        keyring.set_password(SERVICE, name, value)
    except keyring.errors.KeyringError:
        return False
    return _from_keyring(name) == value

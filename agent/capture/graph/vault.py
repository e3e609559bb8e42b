"""Where the tokens lie: encrypted by the operating system, else by a key among the secrets.

msal-extensions encrypts with DPAPI on Windows, the keychain on macOS and libsecret on Linux. Where
none of them works, the tokens are encrypted with a random key that the house's secrets keep: the
tokens themselves are longer than Windows' credential store takes, and change every hour.
"""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from filelock import FileLock, Timeout
from msal_extensions.persistence import BasePersistence, build_encrypted_persistence

from agent.capture.base import Surroundings
from agent.errors import SourceUnavailable
from agent.settings.secrets import Secrets

_LOCK_S = 10.0


class Vault:
    """One text, kept across restarts and shared by the agent and ``genjin agent sign-in``."""

    def __init__(self, source: str, around: Surroundings) -> None:
        around.state_dir.mkdir(mode=stat.S_IRWXU, parents=True, exist_ok=True)
        stem = hashlib.sha256(source.encode()).hexdigest()[:16]
        self._file = around.state_dir / f"graph-{stem}.tokens"
        self._kept = _by_the_system(self._file) or _KeyedFile(self._file, source, around.secrets)

    def load(self) -> str | None:
        """What was saved last; None when nothing was, or nothing that can still be read."""
        try:
            return str(self._kept.load())
        except (OSError, ValueError, InvalidToken):
            return None

    def save(self, text: str) -> None:
        try:
            self._kept.save(text)
        except OSError:
            # Without it the agent works on until it ends, and then asks to sign in again.
            raise SourceUnavailable("graph_tokens_unsaved") from None

    def stamp(self) -> float:
        """Differs when somebody saved meanwhile."""
        try:
            return float(self._kept.time_last_modified())
        except OSError:
            return 0.0

    @contextmanager
    def alone(self) -> Iterator[None]:
        """No two processes renew the tokens at the same time."""
        try:
            with FileLock(f"{self._file}.lock", timeout=_LOCK_S, mode=0o600):
                yield
        except Timeout:
            raise SourceUnavailable("graph_tokens_in_use", retry_after=_LOCK_S) from None


def _by_the_system(file: Path) -> BasePersistence | None:
    try:
        return build_encrypted_persistence(str(file))
    except (ImportError, OSError, RuntimeError):
        return None  # libsecret and its bindings are missing, or no keyring is running


class _KeyedFile(BasePersistence):  # type: ignore[misc]  # msal-extensions is untyped
    is_encrypted = True

    def __init__(self, file: Path, source: str, secrets: Secrets) -> None:
        self._file = file
        self._name = f"tokenkey@{source}"
        self._secrets = secrets

    def save(self, content: str) -> None:
        key = self._secrets.get(self._name)
        if not key:
            key = Fernet.generate_key().decode()
            self._secrets.set(self._name, key)
        fresh = self._file.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        # Created with its final mode: at no moment can another account read it.
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
        with os.fdopen(handle, "wb") as out:
            out.write(Fernet(key).encrypt(content.encode()))
        fresh.replace(self._file)

    def load(self) -> str:
        sealed = self._file.read_bytes()
        return Fernet(self._secrets.get(self._name) or "").decrypt(sealed).decode()

    def time_last_modified(self) -> float:
        return self._file.stat().st_mtime_ns / 1e9

    def get_location(self) -> str:
        return str(self._file)

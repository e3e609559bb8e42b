"""A password, tried once: what was refused is not tried again until it has changed.

Directories lock an account after a few wrong passwords. An agent that asks every minute would lock
its own user out; so a refusal is remembered beside the password, across restarts.
"""

import hashlib
import hmac
import os

from agent.errors import SourceAuthFailed
from agent.settings.secrets import Secrets, password_name

_SALT_BYTES = 16
_MOST = 4
"""Refused passwords of an account that are remembered, the latest first."""


class Password:
    def __init__(self, source: str, secrets: Secrets, *, account: str = "") -> None:
        """``source``: its name in the configuration. ``account``: whose password it is, and where
        (``li@mail.example.com``): sources that share one share what was refused."""
        self._source = source
        self._secrets = secrets
        shared = hashlib.sha256(account.strip().lower().encode()).hexdigest()[:16]
        self._name = f"refused@{shared if account else source}"
        self._judged: tuple[str, str, bool] | None = None
        """A password, what was remembered then, and the judgement, which takes a while."""

    def get(self) -> str:
        """The password. Raises ``SourceAuthFailed``: ``password_missing``, ``password_refused``."""
        password = self._secrets.get(password_name(self._source))
        if not password:
            raise SourceAuthFailed("password_missing", source=self._source)
        if self._was_refused(password):
            raise SourceAuthFailed("password_refused", source=self._source)
        return password

    def refuse(self, password: str) -> SourceAuthFailed:
        """The server said no to ``password``: remember it. Returns the error to raise."""
        salt = os.urandom(_SALT_BYTES)
        one = f"{salt.hex()}:{_digest(password, salt)}"
        # Each source may have a wrong one of its own for the same account.
        self._remember([one, *self._remembered()][:_MOST])
        return SourceAuthFailed("password_refused", source=self._source)

    def keep(self, password: str) -> str:
        """The server said yes to ``password``. Returns where it is kept: ``keyring`` or ``file``."""
        self._remember([one for one in self._remembered() if not _is_of(one, password)])
        return self._secrets.set(password_name(self._source), password)

    def _remembered(self) -> list[str]:
        return [one for one in (self._secrets.get(self._name) or "").split(",") if one]

    def _remember(self, refused: list[str]) -> None:
        self._secrets.set(self._name, ",".join(refused))

    def _was_refused(self, password: str) -> bool:
        kept = self._remembered()
        now = password, ",".join(kept)
        if self._judged is None or self._judged[:2] != now:
            self._judged = (*now, any(_is_of(one, password) for one in kept))
        return self._judged[2]


def _is_of(refused: str, password: str) -> bool:
    salt, _, digest = refused.partition(":")
    return bool(digest) and hmac.compare_digest(digest, _digest(password, bytes.fromhex(salt)))


def _digest(password: str, salt: bytes) -> str:
    # Slow on purpose, though it lies beside the password it is the digest of.
    return hashlib.scrypt(password.encode(), salt=salt, n=2**14, r=8, p=1).hex()

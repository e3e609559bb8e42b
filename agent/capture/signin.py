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


class Password:
    def __init__(self, source: str, secrets: Secrets) -> None:
        """``source``: its name in the configuration."""
        self._source = source
        self._secrets = secrets
        self._judged: tuple[str, bool] | None = None

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
        self._secrets.set(self._name, f"{salt.hex()}:{_digest(password, salt)}")
        self._judged = (password, True)
        return SourceAuthFailed("password_refused", source=self._source)

    def keep(self, password: str) -> str:
        """The server said yes to ``password``. Returns where it is kept: ``keyring`` or ``file``."""
        self._secrets.set(self._name, "")
        self._judged = None
        return self._secrets.set(password_name(self._source), password)

    @property
    def _name(self) -> str:
        return f"refused@{self._source}"

    def _was_refused(self, password: str) -> bool:
        if self._judged is None or self._judged[0] != password:
            salt, _, digest = (self._secrets.get(self._name) or "").partition(":")
            known = bool(digest) and hmac.compare_digest(
                digest, _digest(password, bytes.fromhex(salt))
            )
            self._judged = (password, known)
        return self._judged[1]


def _digest(password: str, salt: bytes) -> str:
    # Slow on purpose, though it lies beside the password it is the digest of.
    return hashlib.scrypt(password.encode(), salt=salt, n=2**14, r=8, p=1).hex()

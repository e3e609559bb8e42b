"""Small secrets at rest: sealed (to be read again) or digested with a key (to be compared only).

Both hang on the server's ``secret_key``: a copy of the database alone tells nothing.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass

from cryptography.fernet import Fernet, InvalidToken


@dataclass(frozen=True, slots=True)
class Seal:
    secret_key: str

    def _key(self, purpose: str) -> bytes:
        return hmac.digest(self.secret_key.encode(), f"genjin {purpose}".encode(), "sha256")

    def digest(self, purpose: str, text: str) -> str:
        """Hexadecimal, 64 characters; the same text gives another one for another purpose."""
        return hmac.new(self._key(purpose), text.encode(), hashlib.sha256).hexdigest()

    def seal(self, purpose: str, text: str) -> str:
        return self._box(purpose).encrypt(text.encode()).decode()

    def unseal(self, purpose: str, sealed: str) -> str | None:
        """None when it was sealed with another key: the server's key was changed."""
        try:
            return self._box(purpose).decrypt(sealed.encode()).decode()
        except InvalidToken:
            return None

    def _box(self, purpose: str) -> Fernet:
        return Fernet(base64.urlsafe_b64encode(self._key(purpose)))

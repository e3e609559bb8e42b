"""Access tokens, renewed when they run out: once, by one at a time, and not again once refused."""

import hashlib
import threading
import time
from collections.abc import Callable
from time import monotonic
from typing import Any

import msal

from agent.capture.base import Surroundings
from agent.capture.graph import faults
from agent.capture.graph.msalwire import MsalWire
from agent.capture.graph.settings import GraphSettings
from agent.capture.graph.vault import Vault
from agent.capture.graph.wire import Wire
from agent.errors import SourceAuthFailed, SourceError, SourceMisconfigured, SourceUnavailable
from agent.settings.secrets import password_name

_EARLY_S = 300.0
"""A token that runs out within this time is renewed: clocks differ, and requests take a while."""
_AT_MOST_S = 3600.0
_REFUSED_MOST = 4
"""Secrets that are remembered as refused, the latest first."""

Result = dict[str, Any] | None


def application(
    settings: GraphSettings, wire: Wire, source: str, cache: msal.SerializableTokenCache
) -> msal.PublicClientApplication:
    """Asks the sign-in service where its doors are. Raises ``SourceError``."""
    try:
        return msal.PublicClientApplication(
            settings.client_id,
            authority=settings.sign_in_url,
            token_cache=cache,
            http_client=MsalWire(wire, settings.sign_in_url),
            # It would ask Microsoft's global cloud whether the host is one of Microsoft's, even
            # for the national clouds; the configuration has said which one it is.
            instance_discovery=False,
        )
    except (ValueError, KeyError):
        # Not chained: the original quotes the answer.
        raise SourceMisconfigured("graph_tenant_unknown", source=source, reason="") from None


class Tokens:
    """Used from one thread at a time."""

    def __init__(
        self, name: str, settings: GraphSettings, around: Surroundings, wire: Wire
    ) -> None:
        self._name = name
        self._settings = settings
        self._secrets = around.secrets
        self._wire = wire
        self._vault = Vault(name, around)
        self._cache = msal.SerializableTokenCache()
        self._app: msal.PublicClientApplication | None = None
        self._stamp: float | None = None
        self._token = ""
        self._good_until = 0.0
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"Tokens({self._name!r})"

    def get(self, *, instead_of: str = "") -> str:
        """A token that is good for a while. ``instead_of``: the one the mailbox did not accept.

        Raises ``SourceAuthFailed`` when somebody has to sign in.
        """
        with self._lock:
            usable = self._token if self._token != instead_of else ""
            if not usable or monotonic() >= self._good_until:
                with self._vault.alone():
                    self._renew(instead_of)
            return self._token

    def _renew(self, refused: str) -> None:
        self._token = ""
        self._read_vault()
        held = self._held(refused)
        if held is not None:
            self._take(held)
            return
        account = self._account()
        if account is not None:
            result = self._silently(account)
            if result is not None:
                self._take(result)
                return
        seed = self._secrets.get(password_name(self._name))
        if not seed:
            raise self._remembered() or SourceAuthFailed("graph_sign_in_needed", source=self._name)
        result = self._asked(seed, lambda: self._by_refresh_token(seed))
        if result is not None:
            self._take(result)

    def _read_vault(self) -> None:
        """Somebody may have signed in, or renewed the tokens, in another process meanwhile."""
        stamp = self._vault.stamp()
        if stamp == self._stamp:
            return
        self._cache.deserialize(self._vault.load() or "{}")
        self._cache.has_state_changed = False
        self._stamp = stamp

    def _account(self) -> dict[str, str] | None:
        held = list(self._cache.search(msal.TokenCache.CredentialType.ACCOUNT))
        return held[-1] if held else None

    def _held(self, refused: str) -> dict[str, Any] | None:
        """A token that is good for a while yet. msal would look for one by the names of its
        permissions, which come back spelt otherwise than they were asked for."""
        query = {"client_id": self._settings.client_id}
        for entry in self._cache.search(msal.TokenCache.CredentialType.ACCESS_TOKEN, query=query):
            lasts_s = float(entry.get("expires_on", 0)) - time.time()  # by msal's own clock
            if lasts_s > _EARLY_S and entry["secret"] != refused:
                return {"access_token": entry["secret"], "expires_in": lasts_s}
        return None

    def _silently(self, account: dict[str, str]) -> dict[str, Any] | None:
        """By the refresh token in the cache; None when it holds none that may be tried."""
        held = list(self._cache.search(msal.TokenCache.CredentialType.REFRESH_TOKEN))
        if not held:
            return None
        secret = str(held[-1]["secret"])
        if self._was_refused(secret):
            return None

        def acquire() -> dict[str, Any] | None:
            ask = self._msal().acquire_token_silent_with_error
            result = ask(self._settings.scopes, account, force_refresh=True)
            return None if result is None else dict(result)

        return self._asked(secret, acquire)

    def _by_refresh_token(self, seed: str) -> dict[str, Any]:
        app = self._msal()
        return dict(app.acquire_token_by_refresh_token(seed, self._settings.scopes))

    def _msal(self) -> msal.PublicClientApplication:
        if self._app is None:
            self._app = application(self._settings, self._wire, self._name, self._cache)
        return self._app

    def _asked(self, secret: str, acquire: Callable[[], Result]) -> Result:
        """The answer of the sign-in service to ``secret``, unless it has refused it before."""
        if self._was_refused(secret):
            raise self._remembered() or SourceAuthFailed("graph_sign_in_needed", source=self._name)
        result = acquire()
        if result is not None and "access_token" not in result:
            error = faults.of_sign_in(result, self._name)
            if not isinstance(error, SourceUnavailable):
                self._remember(secret, error)
            raise error
        return result

    def _take(self, result: dict[str, Any]) -> None:
        self._token = str(result["access_token"])
        try:
            lasts_s = float(result.get("expires_in", 0))
        except (TypeError, ValueError):
            lasts_s = 0.0
        # One that lasts shorter than the margin is used for half its life.
        lasts_s = max(lasts_s - _EARLY_S, lasts_s / 2)
        self._good_until = monotonic() + min(lasts_s, _AT_MOST_S)
        if self._cache.has_state_changed:
            self._vault.save(self._cache.serialize())
            self._stamp = self._vault.stamp()

    # What was refused is remembered beside the secrets, by its digest, with the reason.

    @property
    def _refused_name(self) -> str:
        return f"refused@{self._name}"

    def _remember(self, secret: str, error: SourceError) -> None:
        kind = "auth" if isinstance(error, SourceAuthFailed) else "settings"
        reason = str(error.params.get("reason", ""))
        # There are two that may be refused: the one in the vault, and the one among the secrets.
        digests = [_digest(secret), *self._refused_digests()][:_REFUSED_MOST]
        kept = "|".join((",".join(digests), kind, error.code, reason))
        self._secrets.set(self._refused_name, kept)

    def _was_refused(self, secret: str) -> bool:
        return _digest(secret) in self._refused_digests()

    def _refused_digests(self) -> list[str]:
        kept = self._secrets.get(self._refused_name) or ""
        return [one for one in kept.partition("|")[0].split(",") if one]

    def _remembered(self) -> SourceError | None:
        parts = (self._secrets.get(self._refused_name) or "").split("|")
        if len(parts) != 4:
            return None
        _, kind, code, reason = parts
        error = SourceAuthFailed if kind == "auth" else SourceMisconfigured
        return error(code, source=self._name, reason=reason)


def _digest(secret: str) -> str:
    # A refresh token is long and random: nothing to guess, so no slow digest.
    return hashlib.sha256(secret.encode()).hexdigest()

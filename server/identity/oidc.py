"""The company's OpenID provider: authorization code with PKCE, discovery, state and nonce.

The one place that speaks to it. Everything it answers is checked before it is believed.
"""

import secrets
from dataclasses import dataclass, field
from functools import cache
from time import monotonic
from typing import Any, cast
from urllib.parse import urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from server.kernel.errors import Busy, Unauthorized
from server.kernel.settings import OidcSettings

SECONDS = 10
"""To connect, and between two pieces of an answer."""
KEEP_SECONDS = 3600
LEEWAY_SECONDS = 60
_SIGNED_WITH = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
"""Keys of the provider's only: never ``none``, and never a secret that a client knows too."""


@dataclass(frozen=True, slots=True)
class Begun:
    """Where to send the browser, and what to remember of it until it comes back."""

    url: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Account:
    """Who the provider says has signed in."""

    issuer: str
    subject: str
    email: str
    email_verified: bool
    second_step: bool
    """The provider itself asked for more than a password."""


@dataclass(slots=True)
class Provider:
    settings: OidcSettings
    _metadata: dict[str, Any] | None = None
    _metadata_at: float = field(default=0.0)

    def begin(self, redirect_uri: str) -> Begun:
        """Raises Busy("oidc_unavailable") when the provider cannot be asked how it works."""
        state, nonce = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        verifier = secrets.token_urlsafe(48)
        with self._client(redirect_uri) as client:
            url, _ = client.create_authorization_url(
                self._endpoint("authorization_endpoint"),
                state=state,
                nonce=nonce,
                code_verifier=verifier,
            )
        return Begun(url, state, nonce, verifier)

    def finish(self, begun: Begun, *, code: str, redirect_uri: str) -> Account:
        """Trade the code for the account. Raises Unauthorized("oidc_bad_answer") for an answer that
        does not hold, Busy("oidc_unavailable") when none comes."""
        try:
            with self._client(redirect_uri) as client:
                token = client.fetch_token(
                    self._endpoint("token_endpoint"),
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=begun.verifier,
                    timeout=SECONDS,
                )
                claims = self._claims(str(token.get("id_token") or ""), begun.nonce, token)
                if not claims.get("email") and self._described().get("userinfo_endpoint"):
                    reply = client.get(self._endpoint("userinfo_endpoint"), timeout=SECONDS)
                    claims = _completed(claims, reply)
        except requests.RequestException as error:
            raise Busy("oidc_unavailable") from error
        except (AuthlibBaseError, JoseError, ValueError, TypeError, KeyError) as error:
            raise Unauthorized("oidc_bad_answer") from error
        amr = claims.get("amr")
        return Account(
            issuer=self.settings.issuer,
            subject=str(claims["sub"]),
            email=str(claims.get("email") or ""),
            # As a text it says nothing: "false" is no promise either.
            email_verified=claims.get("email_verified") is True,
            second_step=isinstance(amr, list)
            and bool({"mfa", "otp", "hwk", "fpt"} & set(map(str, amr))),
        )

    def _claims(self, id_token: str, nonce: str, token: dict[str, Any]) -> dict[str, Any]:
        """What the signed answer says, once signature, issuer, audience, times and nonce hold."""
        try:
            decoded = jwt.decode(id_token, self._keys(), algorithms=_SIGNED_WITH)
        except (JoseError, ValueError):
            # The provider may have changed its keys since we asked.
            self._metadata = None
            decoded = jwt.decode(id_token, self._keys(), algorithms=_SIGNED_WITH)
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            {
                "iss": {"essential": True, "value": self._described()["issuer"]},
                "aud": {"essential": True, "value": self.settings.client_id},
                "sub": {"essential": True},
                "exp": {"essential": True},
                "nonce": {"essential": True, "value": nonce},
            },
            {
                "nonce": nonce,
                "client_id": self.settings.client_id,
                "access_token": token.get("access_token"),
            },
        )
        claims.validate(leeway=LEEWAY_SECONDS)
        if not claims.get("sub") or len(str(claims["sub"])) > 255:
            raise ValueError("sub")
        return dict(claims)

    def _keys(self) -> KeySet:
        return KeySet.import_key_set(cast("Any", _json(_get(self._endpoint("jwks_uri")))))

    def _endpoint(self, name: str) -> str:
        url = str(self._described().get(name) or "")
        if not _is_safe(url):
            raise Busy("oidc_unavailable")
        return url

    def _described(self) -> dict[str, Any]:
        """What the provider publishes about itself, asked for at most once an hour."""
        if self._metadata is None or monotonic() - self._metadata_at > KEEP_SECONDS:
            issuer = self.settings.issuer.rstrip("/")
            if not _is_safe(issuer):
                raise Busy("oidc_unavailable")
            try:
                found = _json(_get(f"{issuer}/.well-known/openid-configuration"))
            except (requests.RequestException, ValueError) as error:
                raise Busy("oidc_unavailable") from error
            if str(found.get("issuer", "")).rstrip("/") != issuer:
                # Another provider than the one that was named: its word is worth nothing here.
                raise Busy("oidc_unavailable")
            self._metadata, self._metadata_at = found, monotonic()
        return self._metadata

    def _client(self, redirect_uri: str) -> OAuth2Session:
        told = self.settings
        supported = self._described().get("token_endpoint_auth_methods_supported")
        method = "none"
        if told.client_secret:
            basic = supported is None or "client_secret_basic" in supported
            method = "client_secret_basic" if basic else "client_secret_post"
        return OAuth2Session(
            told.client_id,
            told.client_secret,
            scope=told.scope,
            redirect_uri=redirect_uri,
            token_endpoint_auth_method=method,
            code_challenge_method="S256",
        )


@cache
def provider(settings: OidcSettings) -> Provider:
    return Provider(settings)


def _is_safe(url: str) -> bool:
    """https; in the clear only to this machine."""
    parts = urlsplit(url)
    is_here = parts.hostname in ("localhost", "127.0.0.1", "::1")
    return parts.scheme == "https" or (parts.scheme == "http" and is_here)


def _get(url: str) -> requests.Response:
    reply = requests.get(url, timeout=SECONDS, allow_redirects=False)
    reply.raise_for_status()
    return reply


def _json(reply: requests.Response) -> dict[str, Any]:
    found = reply.json()
    if not isinstance(found, dict):
        raise ValueError("no object")  # noqa: TRY004 - one kind of failure for every odd answer
    return found


def _completed(claims: dict[str, Any], reply: requests.Response) -> dict[str, Any]:
    """With what only the userinfo address tells, if it tells of the same account."""
    reply.raise_for_status()
    more = _json(reply)
    if more.get("sub") != claims["sub"]:
        raise ValueError("sub")
    return {
        **claims,
        "email": more.get("email"),
        "email_verified": more.get("email_verified"),
    }

"""The sign-in service: OAuth 2.0 as Entra speaks it, with PKCE, device codes and rotation."""

import base64
import hashlib
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

TENANT = "8b2f0b1e-0000-4000-8000-2f6a1c0d9e77"
CLIENT = "5d3c9d6a-0000-4000-8000-6c1f0a7b2e55"
USER_ID = "a1b2c3d4-0000-4000-8000-111111111111"
KNOWN_SCOPES = {
    "user.read", "mail.read", "calendars.read", "mail.read.shared", "calendars.read.shared",
    "openid", "profile", "offline_access", "email",
}  # fmt: skip


@dataclass
class Refused(Exception):
    error: str
    number: int
    status: int = 400
    words: str = "refused"


@dataclass
class Grant:
    scopes: set[str]
    expires: float
    nonce: str = ""


@dataclass
class Device:
    scopes: set[str]
    is_approved: bool = False
    is_declined: bool = False
    polls: int = 0


@dataclass
class Authority:
    base: str = ""
    granted: set[str] | None = None
    """What the person consents to; None: whatever is asked for."""
    lasts_s: int = 3600
    refusal: Refused | None = None
    """What every request for a token is answered with, while it is set."""
    sign_ins: int = 0
    """Requests for a token, in vain or not."""
    ignores_response_mode: bool = False
    access: dict[str, Grant] = field(default_factory=dict)
    refresh: dict[str, set[str]] = field(default_factory=dict)
    codes: dict[str, dict[str, Any]] = field(default_factory=dict)
    devices: dict[str, Device] = field(default_factory=dict)
    user_codes: dict[str, str] = field(default_factory=dict)
    tells_other_nonce: bool = False

    def new_refresh_token(self, scopes: set[str] | None = None) -> str:
        token = f"0.ARwA-{secrets.token_urlsafe(60)}"
        self.refresh[token] = scopes or {"mail.read", "calendars.read", "user.read"}
        return token

    def revoke_all(self) -> None:
        self.access.clear()
        self.refresh.clear()

    def expire_access(self) -> None:
        self.access.clear()

    def scopes_of(self, bearer: str) -> set[str] | None:
        grant = self.access.get(bearer)
        return grant.scopes if grant is not None and grant.expires > time.time() else None

    def configuration(self) -> dict[str, Any]:
        root = f"{self.base}/{TENANT}"
        return {
            "issuer": f"{root}/v2.0",
            "authorization_endpoint": f"{root}/oauth2/v2.0/authorize",
            "token_endpoint": f"{root}/oauth2/v2.0/token",
            "device_authorization_endpoint": f"{root}/oauth2/v2.0/devicecode",
            "jwks_uri": f"{root}/discovery/v2.0/keys",
        }

    def authorize(self, query: dict[str, str]) -> tuple[str, dict[str, str], bool]:
        """Where the browser is sent with what, the person having signed in and consented; and
        whether as a form."""
        if query.get("client_id") != CLIENT:
            raise Refused("unauthorized_client", 700016)
        redirect = urlsplit(query.get("redirect_uri", ""))
        if redirect.scheme != "http" or redirect.hostname != "localhost":
            raise Refused("invalid_request", 50011)
        if query.get("response_type") != "code":
            raise Refused("unsupported_response_type", 700051)
        if query.get("code_challenge_method") != "S256" or len(query["code_challenge"]) != 43:
            raise Refused("invalid_request", 9002325)
        if self.refusal is not None:
            return self._back(query, {"error": self.refusal.error} | self._words(self.refusal))
        scopes = self._asked(query.get("scope", ""))
        code = secrets.token_urlsafe(40)
        self.codes[code] = {
            "challenge": query["code_challenge"],
            "redirect": query["redirect_uri"],
            "scopes": scopes,
            "nonce": query.get("nonce", ""),
        }
        return self._back(query, {"code": code})

    def start_device(self, form: dict[str, str]) -> dict[str, Any]:
        if form.get("client_id") != CLIENT:
            raise Refused("unauthorized_client", 700016)
        if self.refusal is not None:
            raise self.refusal
        code, user_code = secrets.token_urlsafe(30), secrets.token_hex(4).upper()
        self.devices[code] = Device(self._asked(form.get("scope", "")))
        self.user_codes[user_code] = code
        return {
            "device_code": code,
            "user_code": user_code,
            "verification_uri": f"{self.base}/devicelogin",
            "expires_in": 900,
            "interval": 1,
            "message": "…",
        }

    def approve(self, user_code: str, *, declined: bool = False) -> None:
        device = self.devices[self.user_codes[user_code]]
        device.is_approved, device.is_declined = not declined, declined

    def token(self, form: dict[str, str]) -> dict[str, Any]:
        self.sign_ins += 1
        if form.get("client_id") != CLIENT:
            raise Refused("unauthorized_client", 700016)
        if self.refusal is not None:
            raise self.refusal
        match form.get("grant_type"):
            case "authorization_code":
                return self._by_code(form)
            case "refresh_token":
                return self._by_refresh(form)
            case "urn:ietf:params:oauth:grant-type:device_code":
                return self._by_device(form)
            case _:
                raise Refused("unsupported_grant_type", 70003)

    def _by_code(self, form: dict[str, str]) -> dict[str, Any]:
        held = self.codes.pop(form.get("code", ""), None)
        if held is None or held["redirect"] != form.get("redirect_uri"):
            raise Refused("invalid_grant", 70000)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != held["challenge"]:
            raise Refused("invalid_grant", 501481)
        return self._issue(held["scopes"], held["nonce"])

    def _by_refresh(self, form: dict[str, str]) -> dict[str, Any]:
        scopes = self.refresh.get(form.get("refresh_token", ""))
        if scopes is None:
            raise Refused("invalid_grant", 700082)
        asked = self._asked(form.get("scope", ""))
        if not asked - {"openid", "profile", "offline_access"} <= scopes:
            raise Refused("invalid_grant", 65001)
        return self._issue(scopes, "")  # older refresh tokens stay valid, as Entra's do

    def _by_device(self, form: dict[str, str]) -> dict[str, Any]:
        device = self.devices.get(form.get("device_code", ""))
        if device is None:
            raise Refused("bad_verification_code", 70019)
        device.polls += 1
        if device.is_declined:
            raise Refused("authorization_declined", 70018)
        if not device.is_approved:
            raise Refused("authorization_pending", 70016)
        return self._issue(device.scopes, "")

    def _issue(self, scopes: set[str], nonce: str) -> dict[str, Any]:
        granted = scopes if self.granted is None else scopes & self.granted
        access = f"eyJ0.{secrets.token_urlsafe(60)}"
        self.access[access] = Grant(granted, time.time() + self.lasts_s)
        now = int(time.time())
        claims = {
            "aud": CLIENT, "iss": f"{self.base}/{TENANT}/v2.0", "iat": now, "nbf": now,
            "exp": now + 3600, "oid": USER_ID, "tid": TENANT, "sub": "s",
            "preferred_username": "li@ours.example", "name": "李雷",
        }  # fmt: skip
        if nonce:
            claims["nonce"] = "another" if self.tells_other_nonce else nonce
        return {
            "token_type": "Bearer",
            "scope": " ".join(sorted(granted | {"openid", "profile"})),
            "expires_in": self.lasts_s,
            "access_token": access,
            "refresh_token": self.new_refresh_token(scopes),
            "id_token": f"{_b64({'alg': 'RS256'})}.{_b64(claims)}.c2lnbmF0dXJl",
            "client_info": _b64({"uid": USER_ID, "utid": TENANT}),
        }

    def _asked(self, scope: str) -> set[str]:
        asked = {one.rpartition("/")[2].lower() for one in scope.split()}
        if not asked or not asked <= KNOWN_SCOPES or "offline_access" not in asked:
            raise Refused("invalid_scope", 70011)
        return asked

    def _back(
        self, query: dict[str, str], answer: dict[str, str]
    ) -> tuple[str, dict[str, str], bool]:
        as_form = query.get("response_mode") == "form_post" and not self.ignores_response_mode
        return query["redirect_uri"], {**answer, "state": query.get("state", "")}, as_form

    @staticmethod
    def _words(refused: Refused) -> dict[str, str]:
        return {"error_description": f"AADSTS{refused.number}: {refused.words}"}


def refusal(refused: Refused) -> dict[str, Any]:
    return {
        "error": refused.error,
        "error_description": f"AADSTS{refused.number}: {refused.words} Trace ID: 1",
        "error_codes": [refused.number],
    }


def form_of(body: bytes) -> dict[str, str]:
    return dict(parse_qsl(body.decode()))


def _b64(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

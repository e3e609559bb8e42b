"""Where the server keeps its data and how it is reached: from ``GENJIN_*`` variables and flags."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_data_path


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcSettings:
    """The company's OpenID provider: ``GENJIN_OIDC_*``."""

    issuer: str
    client_id: str
    client_secret: str | None = None
    label: str = ""
    """On the button; empty: "company account"."""
    scope: str = "openid email profile"
    link_by_email: bool = True
    """Somebody's first sign-in finds them by the address the provider has verified."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    data_dir: Path
    database_url: str
    """SQLAlchemy URL; SQLite in ``data_dir`` unless ``GENJIN_DATABASE_URL`` names another."""
    secret_key: str
    host: str = "127.0.0.1"
    port: int = 8765
    live_seconds: float = 1.0
    """How often an open page asks whether something new is there."""
    secure_cookies: bool = False
    """True behind https: the session cookie is then never sent in the clear."""
    trusted_proxy: str | None = None
    """Address of the proxy in front, if there is one: its word for the caller's address and for
    https is believed, and nobody else's."""
    jobs: bool = True
    """Run the periodic jobs inside this process."""
    public_url: str = ""
    """How people reach the server from outside, where the request alone does not tell."""
    oidc: OidcSettings | None = None
    """The company's OpenID provider, if people sign in with it."""
    outgoing_allow: tuple[str, ...] = ()
    """Networks and hosts inside the company that the server may call when told an address."""


def load(
    *, data_dir: Path | None = None, environ: Mapping[str, str] = os.environ, **override: object
) -> Settings:
    """Settings for this machine. Makes the data folder (0700) and the secret key (0600) at need."""
    folder = data_dir or (
        Path(environ["GENJIN_HOME"]) / "server"
        if environ.get("GENJIN_HOME")
        else user_data_path("genjin", appauthor=False) / "server"
    )
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    values: dict[str, object] = {
        "data_dir": folder,
        "database_url": environ.get("GENJIN_DATABASE_URL")
        or f"sqlite:///{(folder / 'genjin.db').as_posix()}",
        "secret_key": environ.get("GENJIN_SECRET_KEY") or _kept_secret(folder / "secret.key"),
        "secure_cookies": environ.get("GENJIN_SECURE_COOKIES", "") == "1",
        "trusted_proxy": environ.get("GENJIN_TRUSTED_PROXY") or None,
        "public_url": environ.get("GENJIN_PUBLIC_URL", "").rstrip("/"),
        "oidc": _oidc(environ),
        "outgoing_allow": tuple(environ.get("GENJIN_OUTGOING_ALLOW", "").replace(",", " ").split()),
    }
    return Settings(**{**values, **override})  # type: ignore[arg-type]


def _oidc(environ: Mapping[str, str]) -> OidcSettings | None:
    issuer, client = environ.get("GENJIN_OIDC_ISSUER"), environ.get("GENJIN_OIDC_CLIENT_ID")
    if not issuer or not client:
        return None
    return OidcSettings(
        issuer=issuer,
        client_id=client,
        client_secret=environ.get("GENJIN_OIDC_CLIENT_SECRET") or None,
        label=environ.get("GENJIN_OIDC_LABEL", ""),
        scope=environ.get("GENJIN_OIDC_SCOPE") or "openid email profile",
        link_by_email=environ.get("GENJIN_OIDC_LINK_BY_EMAIL", "1") == "1",
    )


def _kept_secret(path: Path) -> str:
    path.touch(mode=0o600)
    kept = path.read_text("ascii").strip()
    if not kept:
        kept = secrets.token_urlsafe(48)
        path.write_text(kept, "ascii")
    return kept

"""Where the server keeps its data and how it is reached: from ``GENJIN_*`` variables and flags."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_data_path


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
    }
    return Settings(**{**values, **override})  # type: ignore[arg-type]


def _kept_secret(path: Path) -> str:
    path.touch(mode=0o600)
    kept = path.read_text("ascii").strip()
    if not kept:
        kept = secrets.token_urlsafe(48)
        path.write_text(kept, "ascii")
    return kept

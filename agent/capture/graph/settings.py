"""``[sources.NAME]`` of type ``graph``, and what follows from it: hosts, paths, permissions."""

import re
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import SplitResult, quote, urlsplit

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from agent.capture.mailbox import MailboxSettings

_CLOUDS = {
    "global": ("https://login.microsoftonline.com", "https://graph.microsoft.com"),
    "china": (
        "https://login.partner.microsoftonline.cn",
        "https://microsoftgraph.chinacloudapi.cn",
    ),
}
"""Cloud → where people sign in, and where their mailbox is. ``china`` is run by 21Vianet."""
_VERSION = "v1.0"
_DEFAULT_PORTS = {"https": 443, "http": 80}
_TENANT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})")
_CLIENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_ADDRESS = re.compile(r"[^\s@/\\]+@[^\s@/\\]+")


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port: what must be equal for a token to be sent along."""
    parts = _split(url)
    return parts.scheme, parts.hostname or "", parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)


def _split(url: str) -> SplitResult:
    parts = urlsplit(url)
    _ = parts.port  # raises ValueError for one that is none
    return parts


def _base_url(url: str, *, plain_on_loopback: bool) -> str:
    """Without what stands behind the path. Tokens cross no network in the clear."""
    try:
        parts = _split(url.strip())
    except ValueError:
        parts = urlsplit("")
    allowed = parts.scheme == "https" or (
        plain_on_loopback and parts.scheme == "http" and is_loopback(parts.hostname or "")
    )
    if not allowed or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise PydanticCustomError("setting_not_https", "not https")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def _graph_url(url: str) -> str:
    return _base_url(url, plain_on_loopback=True) if url else ""


def _authority(url: str) -> str:
    return _base_url(url, plain_on_loopback=False) if url else ""


def _matching(pattern: re.Pattern[str], value: str) -> str:
    if not pattern.fullmatch(value.strip()):
        raise PydanticCustomError("setting_invalid", "malformed")
    return value.strip()


class GraphSettings(MailboxSettings):
    type: Literal["graph"]
    tenant: Annotated[str, AfterValidator(lambda value: _matching(_TENANT, value))]
    """Its id or one of its domains; ``organizations`` where the app serves several."""
    client_id: Annotated[str, AfterValidator(lambda value: _matching(_CLIENT, value))]
    """The id of the app that the administrator registered."""
    cloud: Literal["global", "china"] = "global"
    graph_url: Annotated[str, AfterValidator(_graph_url)] = ""
    authority: Annotated[str, AfterValidator(_authority)] = ""
    """Both: for other national clouds; they outweigh ``cloud``."""
    sign_in_by: Literal["browser", "device"] = "browser"
    """``device``: a code to be typed in on another computer, for one that has no browser."""
    mailbox: Annotated[
        str, AfterValidator(lambda value: _matching(_ADDRESS, value) if value else "")
    ] = ""
    """The address of a shared mailbox that is read instead of one's own."""
    calendar: bool = True
    ca_file: Path | None = Field(default=None)
    """A company's own certificate authority, beside those the computer trusts."""

    @property
    def sign_in_url(self) -> str:
        return f"{self.authority or _CLOUDS[self.cloud][0]}/{self.tenant}"

    @property
    def api_url(self) -> str:
        """With the version, without a slash at the end."""
        url = self.graph_url or _CLOUDS[self.cloud][1]
        return url if urlsplit(url).path.strip("/") else f"{url}/{_VERSION}"

    @property
    def owner_path(self) -> str:
        """Whose mailbox: the beginning of every path."""
        return f"users/{quote(self.mailbox, safe='@')}" if self.mailbox else "me"

    @property
    def scopes(self) -> list[str]:
        """The delegated permissions; msal adds ``openid profile offline_access``."""
        shared = ".Shared" if self.mailbox else ""
        names = ["User.Read", f"Mail.Read{shared}"]
        if self.calendar:
            names.append(f"Calendars.Read{shared}")
        if self.cloud == "global":
            return names  # the sign-in service adds the resource by itself
        scheme, host, _ = origin(self.api_url)
        return [f"{scheme}://{host}/{name}" for name in names]

"""``[sources.NAME]`` of type ``exchange``."""

import ssl
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from agent.capture.exchange.online import is_exchange_online
from agent.capture.mailbox import MailboxSettings

Auth = Literal["ntlm", "basic", "oauth2", "kerberos"]

_KERBEROS = ("requests_gssapi", "requests_negotiate_sspi")
"""Either will do; the first on Linux and macOS, the second on Windows."""


class Settings(MailboxSettings):
    # The order matters: a field is checked with those above it at hand.
    type: Literal["exchange"]
    autodiscover: bool = False
    """Ask the domain of ``email`` for the endpoint."""
    auth: Auth = "ntlm"
    endpoint: str | None = Field(default=None, validate_default=True)
    username: str = Field(default="", validate_default=True)
    """``EXAMPLE\\li`` or ``li@example.com``; not needed for oauth2 and kerberos."""
    email: str = Field(default="", validate_default=True)
    """Primary address of the mailbox's owner; the user name, where that is one."""
    ca_file: Path | None = None
    """The company's own certificate authority, PEM, trusted besides the usual ones."""
    calendar: bool = True
    mailbox: str | None = None
    """A shared mailbox to read instead of one's own."""
    client_id: str = Field(default="", validate_default=True)
    tenant: str = ""
    token_url: str | None = None
    """Where tokens are issued; Microsoft's for ``tenant`` unless given (AD FS)."""
    scope: str = "https://outlook.office365.com/.default"

    @property
    def address(self) -> str:
        """Of the mailbox that is read."""
        return self.mailbox or self.email

    @property
    def account(self) -> str:
        """Whose secret it is, and where: several mailboxes may be read with the same."""
        who = self.client_id if self.auth == "oauth2" else self.username
        return f"{who}@{urlsplit(self.endpoint or '').hostname or self.email.rpartition('@')[2]}"

    @field_validator("auth")
    @classmethod
    def _kerberos_is_installed(cls, auth: Auth) -> Auth:
        if auth == "kerberos" and not any(map(find_spec, _KERBEROS)):
            raise PydanticCustomError("setting_kerberos_missing", "no library for Kerberos")
        return auth

    @field_validator("endpoint")
    @classmethod
    def _reachable(cls, endpoint: str | None, info: ValidationInfo) -> str | None:
        if endpoint is None:
            if not info.data.get("autodiscover"):
                raise PydanticCustomError("setting_missing", "no endpoint")
            return None
        return web_address(endpoint)

    @field_validator("token_url")
    @classmethod
    def _issues_tokens(cls, token_url: str | None) -> str | None:
        return None if token_url is None else web_address(token_url)

    @field_validator("username")
    @classmethod
    def _named(cls, username: str, info: ValidationInfo) -> str:
        if not username.strip() and info.data.get("auth") in ("ntlm", "basic"):
            raise PydanticCustomError("setting_missing", "no user name")
        return username.strip()

    @field_validator("email")
    @classmethod
    def _addressed(cls, email: str, info: ValidationInfo) -> str:
        email = email.strip() or info.data.get("username", "")
        if not _is_address(email):
            kind = "setting_invalid" if "@" in email else "setting_missing"
            raise PydanticCustomError(kind, "no mail address")
        return email

    @field_validator("mailbox")
    @classmethod
    def _shared(cls, mailbox: str | None) -> str | None:
        if mailbox is not None and not _is_address(mailbox.strip()):
            raise PydanticCustomError("setting_invalid", "no mail address")
        return mailbox.strip() if mailbox else None

    @field_validator("ca_file")
    @classmethod
    def _certificates(cls, ca_file: Path | None) -> Path | None:
        if ca_file is None:
            return None
        try:
            path = ca_file.expanduser()
        except RuntimeError:
            raise PydanticCustomError("setting_no_home", "no home folder") from None
        try:
            ssl.create_default_context(cafile=path)
        except (OSError, ValueError):  # ssl.SSLError is an OSError
            raise PydanticCustomError("setting_ca_file_unreadable", "no certificates") from None
        return path

    @field_validator("client_id")
    @classmethod
    def _registered(cls, client_id: str, info: ValidationInfo) -> str:
        if not client_id and info.data.get("auth") == "oauth2":
            raise PydanticCustomError("setting_missing", "no application")
        return client_id

    def tokens(self) -> str:
        """The address that issues tokens."""
        tenant = self.tenant or "organizations"
        return self.token_url or f"https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token"

    def at(self, endpoint: str) -> Self:
        """The same with the endpoint that was discovered."""
        return self.model_copy(update={"endpoint": endpoint})

    @property
    def is_online(self) -> bool:
        return self.endpoint is not None and is_exchange_online(self.endpoint)


def _is_address(text: str) -> bool:
    name, at, domain = text.rpartition("@")
    return bool(name and at and domain) and not any(one.isspace() for one in text)


def web_address(url: str) -> str:
    """Passwords and mails travel over it: encrypted, unless it does not leave the computer."""
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        raise PydanticCustomError("setting_invalid", "no address") from None
    if parts.scheme not in ("http", "https") or not host or parts.username is not None:
        raise PydanticCustomError("setting_invalid", "no address")
    if parts.scheme == "http" and not _is_loopback(host):
        raise PydanticCustomError("setting_needs_https", "not encrypted")
    return url.strip()


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

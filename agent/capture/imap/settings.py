"""The settings of a mailbox behind IMAP."""

import ipaddress
import ssl
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from agent.capture.folders.settings import FolderPath
from agent.capture.mailbox import MailboxSettings

Tls = Literal["ssl", "starttls", "none"]
_NOT_OF_A_NAME = frozenset("/\\:@?#[]：／，,;\"'")


def _one_word(text: str) -> str:
    """Nothing that could end the line of a command, or be two hosts."""
    text = text.strip()
    if not text or any(letter.isspace() or not letter.isprintable() for letter in text):
        raise PydanticCustomError("setting_invalid", "not one word")
    return text


def _server_name(text: str) -> str:
    """A name or a number; people write the address of the web mail here, or a port behind it."""
    text = text.strip()
    try:
        ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        odd = any(letter.isspace() or not letter.isprintable() for letter in text)
        if not text or odd or any(letter in _NOT_OF_A_NAME for letter in text):
            raise PydanticCustomError("setting_server_name", "more than a name") from None
    return text


def _certificates(path: Path) -> Path:
    try:
        ssl.create_default_context(cafile=path)
    except (OSError, ValueError):
        raise PydanticCustomError("setting_ca_file_unreadable", "no certificates") from None
    return path


class Settings(MailboxSettings):
    # The order matters: a field is checked with those above it at hand.
    type: Literal["imap"]
    host: Annotated[str, AfterValidator(_server_name)]
    port: int | None = Field(default=None, ge=1, le=65535)
    """By default 993 with ``ssl``, else 143."""
    tls: Tls = "ssl"
    """``none`` is for a server on this very computer."""
    ca_file: Annotated[FolderPath, AfterValidator(_certificates)] | None = None
    """Certificates of the company's own authority (PEM); they count besides the system's."""
    username: Annotated[str, AfterValidator(_one_word)]

    @field_validator("tls")
    @classmethod
    def _encrypted_unless_here(cls, tls: Tls, info: ValidationInfo) -> Tls:
        if tls == "none" and not is_loopback(info.data.get("host", "localhost")):
            raise PydanticCustomError("setting_tls_needed", "plain text over a network")
        return tls

    @property
    def port_number(self) -> int:
        return self.port or (993 if self.tls == "ssl" else 143)


def is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False

"""What makes two things the same: addresses, domains, numbers, company names, activities.

The extension holds the same rules in JavaScript; ``tests/contract/identity.json`` is read by both.
"""

import re
import unicodedata
from functools import lru_cache
from importlib.resources import files
from uuid import UUID, uuid5

import phonenumbers

_NAMESPACE = UUID("6f0e7f0e-3a6b-5d0b-9a53-5c1f3f1c7b11")
"""Ours, fixed for ever: activity ids must agree between all agents and versions."""

_EMAIL = re.compile(r"[^\s@<>()\[\],;:\"\\]+@[^\s@<>()\[\],;:\"'\\]+")
_DOMAIN = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9-]{2,63}")
_LEGAL_FORM = re.compile(
    r"(股份有限公司|有限责任公司|有限公司|集团公司|集团|公司|"
    r"[,.\s]*\b(?:inc|incorporated|ltd|limited|llc|gmbh|corp|corporation|co|plc|ag|sa|bv|pty|pte)\b\.?)+\s*$",
    re.IGNORECASE,
)
_EXTENSION = re.compile(
    r"\s*[,;(（-]?\s*(?:转|分机|ext\.?|extension|x|#)\s*\d{1,6}\)?$", re.IGNORECASE
)
_SPACE_AND_DOTS = re.compile(r"[\s·・\-_.,()（）'\"]+")


def normalize_email(raw: str) -> str | None:
    """``" Li.Lei@Example.COM "`` → ``li.lei@example.com``; None when it is no address.

    The part before the @ is lowered too: no mail system in use tells the cases apart. A plus tag
    stays: it may be all that tells two people apart.
    """
    found = _EMAIL.search(raw if raw.isascii() else unicodedata.normalize("NFKC", raw))
    if found is None:
        return None
    local, _, domain = found.group().strip(".'").lower().rpartition("@")
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    if not local or len(local) > 64 or not _DOMAIN.fullmatch(domain):
        return None
    return f"{local}@{domain}"


def domain_of(email: str) -> str:
    """The part behind the @ of a normalised address, empty when there is none."""
    return email.rpartition("@")[2] if "@" in email else ""


@lru_cache(maxsize=1)
def _public_domains() -> frozenset[str]:
    listed = (files("agent.rules") / "public_domains.txt").read_text("utf-8").split()
    return frozenset(listed)


def is_public_domain(domain: str) -> bool:
    """A domain where anybody can have an address: it says nothing about the company."""
    return domain.lower() in _public_domains()


@lru_cache(maxsize=4096)
def normalize_phone(raw: str, region: str = "CN") -> str | None:
    """E.164 of a number as people write it (``0512-6680 1234``, ``138 0013 8000``), or None.

    ``region`` (ISO 3166) is assumed where no country code stands. Short internal extensions and
    service numbers give None: they identify nobody.
    """
    text = unicodedata.normalize("NFKC", raw).strip()
    text = _EXTENSION.sub("", text)
    if text.startswith("00") and len(text) > 8:
        text = f"+{text[2:]}"
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number) or not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def normalize_company(name: str) -> str:
    """A company name without legal form, spaces, dots and case: for comparing, not for showing."""
    folded = unicodedata.normalize("NFKC", name).casefold().strip()
    bare = _LEGAL_FORM.sub("", folded).strip()
    return _SPACE_AND_DOTS.sub("", bare or folded)


def normalize_message_id(raw: str) -> str:
    """``<ABC@host>`` without brackets and white space; the case stays, it is significant."""
    return re.sub(r"\s+", "", raw).strip("<>")


def activity_id(identity: str) -> UUID:
    """The id of the activity behind a source-independent identity (``mid:…``, ``sha256:…``)."""
    return uuid5(_NAMESPACE, identity)


def thread_key(references: tuple[str, ...]) -> str | None:
    """The opaque key of a conversation: its first Message-ID, hashed; None without one."""
    return _conversation(references[0]) if references else None


@lru_cache(maxsize=4096)  # each mail of a conversation asks for it
def _conversation(first: str) -> str:
    return uuid5(_NAMESPACE, f"thread:{first}").hex

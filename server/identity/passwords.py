"""Passwords: which are good enough, and how they are kept (argon2id)."""

import re
import secrets
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_CHARS, MAX_CHARS = 8, 200
"""Length is what makes a password strong. The upper end spares the hash a novel."""
FEW_CHARS = 4
"""A year or 123! behind a common word makes it no better."""
_SEQUENCES = (
    "0123456789012345678901234567890",
    "9876543210987654321098765432109",
    "abcdefghijklmnopqrstuvwxyz",
    "zyxwvutsrqponmlkjihgfedcba",
    "qwertyuiopasdfghjklzxcvbnm",
)


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobodys_hash() -> str:
    return _hasher().hash(secrets.token_urlsafe(16))


@cache
def _denied() -> frozenset[str]:
    lines = Path(__file__).with_name("denied_passwords.txt").read_text("utf-8").splitlines()
    return frozenset(_core(line) for line in lines if line and not line.startswith("#"))


def _core(text: str) -> str:
    """What is left of a password without case, spaces and the digits and signs at its end."""
    bare = re.sub(r"\s", "", text.casefold())
    return re.sub(r"[\W\d_]+$", "", bare) or bare


def fault_of(password: str, *about: str) -> str | None:
    """Why it will not do, as a code, or None. ``about``: the person's address and name."""
    if len(password) < MIN_CHARS:
        return "password_too_short"
    if len(password) > MAX_CHARS:
        return "password_too_long"
    bare, core = password.casefold(), _core(password)
    own = {part for word in about for part in (word.casefold(), word.casefold().split("@")[0])}
    easy = core in _denied() or core in {_core(word) for word in own if word}
    if (
        (easy and len(password) - len(core) <= FEW_CHARS)
        or bare in own
        or len(set(bare)) < 4
        or any(bare in run for run in _SEQUENCES)
    ):
        return "password_too_common"
    return None


def hashed(password: str) -> str:
    return _hasher().hash(password)


def fits(password: str, kept: str | None) -> bool:
    """Is it this one? The same work when there is none to compare with."""
    try:
        _hasher().verify(kept or _nobodys_hash(), password[: MAX_CHARS + 1])
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def is_outdated(kept: str) -> bool:
    """Hashed with less work than today's: hash it anew at the next chance."""
    return _hasher().check_needs_rehash(kept)

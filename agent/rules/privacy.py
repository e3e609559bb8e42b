"""What may leave the laptop, and what is blotted out first. Pure: no I/O."""

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from agent.contract.activity import MachineSign, Participant, Side
from agent.contract.policy import Policy
from agent.rules.identity import domain_of

_PRIVATE = frozenset(
    {"private", "personal", "私人", "私密", "个人", "机密", "confidential-personal"}
)

_ID_CARD = re.compile(r"(?<![0-9A-Za-z])[1-9]\d{5}(?:18|19|20)\d{9}[\dXx](?![0-9A-Za-z])")
_BANK_CARD = re.compile(r"(?<![\d-])(?:\d[ -]?){15,18}\d(?![\d-])")
_MOBILE = re.compile(r"(?<!\d)(?:\+?86[ -]?)?(1[3-9]\d)[ -]?(\d{4})[ -]?(\d{4})(?!\d)")
_PASSPORT = re.compile(r"(?<![0-9A-Za-z])(?:E[A-HJ-NP-Z]|[EGDSPH])\d{7,8}(?![0-9A-Za-z])")

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECK = "10X98765432"


def side_of(participant: Participant, policy: Policy) -> Side:
    """Ours or not, by the company's domains and people; ``other`` says nothing about whose."""
    email = participant.email
    if email and (email in policy.staff_emails or domain_of(email) in policy.own_domains):
        return "us"
    return participant.side


def admit(
    participants: Iterable[Participant],
    *,
    sensitivity: str,
    categories: Sequence[str],
    machine: MachineSign | None,
    policy: Policy,
    exclude: Sequence[str],
    matched: bool,
) -> str | None:
    """The name of the rule that keeps an item on the laptop, or None when it may leave.

    ``participants`` with their sides set. ``exclude``: address globs of the laptop's own settings.
    Rules: private, excluded_address, draft, newsletter, internal, unknown_customer.
    """
    people = tuple(participants)
    if sensitivity.strip().lower() in _PRIVATE or any(
        category.strip().lower() in _PRIVATE for category in categories
    ):
        return "private"
    addresses = [person.email for person in people if person.email]
    globs = [glob.lower() for glob in (*exclude, *policy.exclude)]
    if any(fnmatchcase(address, glob) for address in addresses for glob in globs):
        return "excluded_address"
    if machine == "draft":
        return "draft"
    if machine == "bulk":
        return "newsletter"
    if addresses and all(person.side == "us" for person in people if person.email):
        return "internal"
    return None if matched else "unknown_customer"


def _is_id_card(number: str) -> bool:
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], _ID_WEIGHTS, strict=True))
    return _ID_CHECK[total % 11] == number[17].upper()


def _is_luhn(digits: str) -> bool:
    total = 0
    for place, char in enumerate(reversed(digits)):
        value = int(char) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def mask(text: str) -> tuple[str, int]:
    """Blot out ID-card, bank-card, mobile and passport numbers: ``(masked text, how many)``.

    ID cards by checksum (GB 11643-1999), bank cards of 16–19 digits by Luhn (ISO/IEC 7812-1), so
    that order and part numbers stay readable. Each blot is as long as what it covers: offsets hold.
    """
    count = 0

    def blot(found: re.Match[str], keep: int = 0) -> str:
        nonlocal count
        count += 1
        whole = found.group()
        return whole[:keep] + "".join("*" if char.isalnum() else char for char in whole[keep:])

    def id_card(found: re.Match[str]) -> str:
        return blot(found) if _is_id_card(found.group()) else found.group()

    def bank_card(found: re.Match[str]) -> str:
        digits = re.sub(r"\D", "", found.group())
        return blot(found) if 16 <= len(digits) <= 19 and _is_luhn(digits) else found.group()

    text = _ID_CARD.sub(id_card, text)
    text = _BANK_CARD.sub(bank_card, text)
    text = _MOBILE.sub(lambda found: blot(found, keep=3 if found.group()[0] == "1" else 0), text)
    text = _PASSPORT.sub(blot, text)
    return text, count

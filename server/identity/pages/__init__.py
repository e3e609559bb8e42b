"""Sign in and out, one's own account, devices, and what administrators see and do."""

from server.identity.pages import (
    account,
    audit,
    company,
    devices,
    people,
    personal,
    privacy,
    signing_in,
)
from server.identity.pages.blueprint import pages

__all__ = [
    "account",
    "audit",
    "company",
    "devices",
    "pages",
    "people",
    "personal",
    "privacy",
    "signing_in",
]

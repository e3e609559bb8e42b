"""The rep's customers and the keys that identify them, synced by deltas to agent and extension."""

from pydantic import Field

from agent.contract.base import Wire


class DirectoryContact(Wire):
    id: int
    name: str
    title: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    """E.164."""


class DirectoryCustomer(Wire):
    id: int
    name: str
    aliases: tuple[str, ...] = ()
    """Short names people really write: 华锐 for 苏州华锐智能装备有限公司."""
    domains: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    stage: str = "lead"
    owner: str = ""
    contacts: tuple[DirectoryContact, ...] = ()
    taught: tuple[str, ...] = ()
    """What people's corrections taught: addresses, numbers and keys of conversations
    (``thread:…``) of items that belong to this customer, whatever else they look like."""


class DirectoryDelta(Wire):
    """Everything that changed after ``since``; repeat with ``revision`` while ``more``."""

    revision: int
    customers: tuple[DirectoryCustomer, ...] = ()
    removed: tuple[int, ...] = ()
    more: bool = False
    reset: bool = False
    """Drop what you hold first: the caller's view changed, or ``since`` is unknown here."""


class NewCustomer(Wire):
    """A customer that the rep opens from a suggestion: the keys by which its mail is known."""

    name: str = Field(max_length=200)
    domains: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()


class OpenedCustomer(Wire):
    """What of the server's answer counts: which customer it is now."""

    id: int

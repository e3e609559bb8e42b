"""Thresholds and switches: versioned data served by the server, cached by the agent."""

from typing import Literal

from pydantic import Field

from agent.contract.base import Wire

Body = Literal["full", "excerpt", "tags"]
"""How much of an item's words leaves the laptop: all that its writer said (cleaned and masked), the
sentences around its tags and promises with the beginning, or the words of the evidence alone."""


class Exclusions(Wire):
    """What is never captured. The laptop's ``[privacy]`` table and the policy have the same keys."""

    exclude: tuple[str, ...] = ()
    """Addresses and address globs; a bare domain stands for everybody there."""
    exclude_domains: tuple[str, ...] = ()
    """Domains or globs of them, each with all that lies below it."""
    exclude_folders: tuple[str, ...] = ()
    """Folders with all that lies below. A name without ``/`` is meant wherever it lies; globs work."""
    exclude_categories: tuple[str, ...] = ()
    """Categories (labels) of the mail program; globs work."""
    exclude_subjects: tuple[str, ...] = ()
    """Words that stand in the subject, or a glob that the whole subject fits."""


class Policy(Exclusions):
    version: int = 1
    own_domains: tuple[str, ...] = ()
    """Mail domains of our own company: who writes from them is "us"."""
    staff_emails: tuple[str, ...] = ()
    """Addresses of our people, whatever their domain."""
    staff_names: tuple[str, ...] = ()
    default_region: str = "CN"
    """For telephone numbers without a country code."""
    timezone: str = "Asia/Shanghai"
    remind_after_days: int = Field(default=7, ge=1)
    escalate_after_days: int = Field(default=14, ge=1)
    min_call_seconds: int = Field(default=15, ge=0)
    """A shorter call does not count as contact."""
    recording_basis: Literal["none", "announced", "consented"] = "none"
    """The legal basis on which recordings may be transcribed; ``none`` means they may not."""
    body: Body = "full"
    excerpt_chars: int = Field(default=200, ge=0, le=10_000)
    """``excerpt``: so many characters of the beginning are kept in any case."""
    keep_words_days: int = Field(default=0, ge=0, le=36_500)
    """Older activities keep only the words of their tags and promises; 0: for ever."""
    keep_audit_days: int = Field(default=0, ge=0, le=36_500)
    """Older entries of the audit log are dropped; 0: none ever is."""

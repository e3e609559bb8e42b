"""Thresholds and switches: versioned data served by the server, cached by the agent."""

from typing import Literal

from pydantic import Field

from agent.contract.base import Wire


class Policy(Wire):
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
    exclude: tuple[str, ...] = ()
    """Address globs that are never captured, in addition to the laptop's own."""

"""A mail as its writer meant it, and what has to become of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from typing import Literal

Person = tuple[str, str]
"""Name and address."""
Shape = Literal["plain", "html", "both", "attached"]


@dataclass(frozen=True, kw_only=True)
class Letter:
    token: str
    """A word that stands in this letter and in no other: in its subject, text and file names."""
    rule: str = ""
    """By which rule it stays on the laptop, wherever it lies; empty: it leaves."""
    group: str
    """Letters of one group are one activity: they share a Message-ID, or are the same without."""
    sender: Person
    to: tuple[Person, ...]
    subject: str
    text: str
    at: datetime
    message_id: str = ""
    answers: str = ""
    charset: str = "utf-8"
    declared: str = ""
    """The name of the charset, where the mail lies about it as many do."""
    transfer: str = "base64"
    shape: Shape = "plain"
    headers: Mapping[str, str] = field(default_factory=dict)
    sensitivity: str = ""
    category: str = ""
    is_draft: bool = False
    customers: frozenset[str] = frozenset()
    counts: bool = False
    """Is it contact with the customer?"""
    numbers: tuple[str, ...] = ()
    """Private numbers in its text: they are masked, whatever becomes of the rest."""

    @property
    def html(self) -> str:
        lines = "".join(f"<p>{line}</p>" for line in self.text.splitlines())
        return f"<html><body>{lines}</body></html>"

    def raw(self) -> bytes:
        message = EmailMessage(policy=SMTP)
        message["From"] = formataddr(self.sender)
        message["To"] = ", ".join(formataddr(one) for one in self.to)
        message["Subject"] = self.subject
        message["Date"] = format_datetime(self.at)
        for name, value in self.all_headers().items():
            message[name] = value
        if self.shape == "html":
            message.set_content(self.html, subtype="html", charset=self.charset, cte=self.transfer)
        else:
            message.set_content(self.text, charset=self.charset, cte=self.transfer)
        if self.shape == "both":
            message.add_alternative(
                self.html, subtype="html", charset=self.charset, cte=self.transfer
            )
        if self.shape == "attached":
            content = self.token.encode() * 400
            name = f"{self.token}.pdf"
            message.add_attachment(content, maintype="application", subtype="pdf", filename=name)
        raw = message.as_bytes()
        if self.declared:
            said, lie = f'charset="{self.charset}"', f'charset="{self.declared}"'
            raw = raw.replace(said.encode(), lie.encode())
        return raw

    def all_headers(self) -> dict[str, str]:
        """Those that are not people, subject and date."""
        named = dict(self.headers)
        if self.message_id:
            named["Message-ID"] = f"<{self.message_id}>"
        if self.answers:
            named["In-Reply-To"] = named["References"] = f"<{self.answers}>"
        if self.sensitivity:
            named["Sensitivity"] = self.sensitivity.capitalize()
        if self.category:
            named["Keywords"] = self.category
        if self.is_draft:
            named["X-Unsent"] = "1"
        return named

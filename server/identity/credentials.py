"""What people sign in with, and the browsers in which they are signed in."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server.kernel.db import Base, BigId, UtcDateTime


class BrowserSession(Base):
    """One browser that is signed in. The cookie holds the secret, the row its SHA-256."""

    __tablename__ = "browser_session"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    epoch: Mapped[int] = mapped_column(Integer)
    """The person's when they signed in; it must still be theirs."""
    method: Mapped[str] = mapped_column(String(20))
    """``password``, ``company`` (OIDC) or ``link``."""
    browser: Mapped[str] = mapped_column(String(60), default="")
    """Like ``Chrome · Windows``: enough to tell one's own, not to follow anybody."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SecondStep(Base):
    """A person's authenticator app (TOTP); asked for once it is confirmed."""

    __tablename__ = "second_step"
    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id"), primary_key=True, autoincrement=False
    )
    sealed: Mapped[str] = mapped_column(Text)
    """The shared secret, encrypted with the server's key."""
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)
    """Number of the last half minute whose code was spent: none works twice."""


class RecoveryCode(Base):
    """Opens the door once when the authenticator is lost. Kept as a keyed digest."""

    __tablename__ = "recovery_code"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LinkedAccount(Base):
    """An account at the company's OpenID provider that signs this person in."""

    __tablename__ = "linked_account"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    issuer: Mapped[str] = mapped_column(String(300))
    subject: Mapped[str] = mapped_column(String(255))
    """The provider's own name of the account: it outlives changes of the address."""
    email: Mapped[str] = mapped_column(String(320), default="")
    linked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (UniqueConstraint("issuer", "subject"),)


class PasswordLink(Base):
    """Made by an administrator for somebody who forgot the password: works once."""

    __tablename__ = "password_link"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

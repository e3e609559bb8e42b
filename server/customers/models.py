"""Customers, the keys that identify them, their deals, and everything that happened with them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    Boolean,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    false,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from server.customers.words import Words
from server.kernel.db import Base, BigId, UtcDateTime


class Customer(Base):
    __tablename__ = "customer"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(200), index=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"), index=True)
    """The owner's team, or the team whose pool it lies in."""
    stage: Mapped[str] = mapped_column(String(20), default="lead")
    """That of the leading open deal; kept by ``customers.deals``."""
    grade: Mapped[str] = mapped_column(String(10), default="")
    region: Mapped[str] = mapped_column(String(60), default="")
    industry: Mapped[str] = mapped_column(String(60), default="")
    size: Mapped[str] = mapped_column(String(60), default="", server_default="")
    source: Mapped[str] = mapped_column(String(60), default="")
    custom: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")
    """What the company's own fields hold, by the number of the ``CustomField``."""
    merged_into_id: Mapped[int | None] = mapped_column(BigId, index=True)
    """The customer this one became a part of; it is seen no more, and can come back."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_contacted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_activity_id: Mapped[UUID | None] = mapped_column(Uuid)
    """The counting activity that ``last_contacted_at`` comes from."""
    revision: Mapped[int] = mapped_column(BigId, default=0, index=True)
    """Directory revision of the last change to what identifies this customer."""

    __table_args__ = (Index("ix_customer_owner_contacted", "owner_id", "last_contacted_at"),)


class CustomerTag(Base):
    """A word people put on a customer; not to be confused with what the tagger finds in texts."""

    __tablename__ = "customer_tag"
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), primary_key=True)
    tag: Mapped[str] = mapped_column(String(40), primary_key=True, index=True)


class CustomField(Base):
    """A field that this company adds to its customers."""

    __tablename__ = "custom_field"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(10))
    """``text``, ``number``, ``date`` or ``choice``."""
    choices: Mapped[list[str]] = mapped_column(JSON, default=list)
    active: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())


class Contact(Base):
    """A person, at the company where he or she works now."""

    __tablename__ = "contact"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    title: Mapped[str] = mapped_column(String(120), default="")


class Post(Base):
    """Where a contact works, and worked: one open row, and one for every company left behind."""

    __tablename__ = "post"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    title: Mapped[str] = mapped_column(String(120), default="")
    since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class IdentityKey(Base):
    """One way to recognise a customer: kind ``email``, ``phone`` (E.164), ``wecom``, ``domain`` or
    ``alias``."""

    __tablename__ = "identity_key"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    value: Mapped[str] = mapped_column(String(320))
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Since when nobody is recognised by it any more; its history stays."""

    __table_args__ = (
        UniqueConstraint("kind", "value", "customer_id", "contact_id"),
        Index("ix_identity_key_lookup", "kind", "value"),
    )


class OwnerChange(Base):
    """Who lost a customer at which directory revision, so that their devices forget it."""

    __tablename__ = "owner_change"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    revision: Mapped[int] = mapped_column(BigId, index=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    previous_owner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    previous_team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Deal(Base):
    __tablename__ = "deal"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    title: Mapped[str] = mapped_column(String(200))
    stage: Mapped[str] = mapped_column(String(20), default="lead")
    amount: Mapped[Decimal | None] = mapped_column(Numeric(18, 2))
    currency: Mapped[str] = mapped_column(String(3), default="CNY")
    expected_close: Mapped[date | None] = mapped_column(Date)
    products: Mapped[list[str]] = mapped_column(JSON, default=list)
    lost_reason: Mapped[str] = mapped_column(String(60), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class StageChange(Base):
    """A deal moved from one stage to another; the first has no ``from_stage``."""

    __tablename__ = "stage_change"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    deal_id: Mapped[int] = mapped_column(ForeignKey("deal.id"), index=True)
    from_stage: Mapped[str | None] = mapped_column(String(20))
    to_stage: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class Activity(Base):
    """One mail, call, meeting or note; the wire twin is ``agent.contract.activity.Activity``.

    Whose customer it concerns stands in ``ActivityCustomer``: one mail may go to two companies.
    """

    __tablename__ = "activity"
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    revision: Mapped[int] = mapped_column(Integer, default=1)
    kind: Mapped[str] = mapped_column(String(10))
    source: Mapped[str] = mapped_column(String(40))
    """Source type; ``import`` marks older history brought in from elsewhere."""
    direction: Mapped[str] = mapped_column(String(10))
    occurred_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    subject: Mapped[str] = mapped_column(Text, default="")
    text: Mapped[str] = mapped_column(Text, default="")
    body: Mapped[str] = mapped_column(String(10), default="full", server_default="full")
    """How much of the words the laptop let leave: ``agent.contract.policy.Body``."""
    thread: Mapped[str | None] = mapped_column(String(128), index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    """Our person who had the contact: the one whose device captured it first."""
    counts: Mapped[bool] = mapped_column(Boolean)
    grade: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(30))
    evidence: Mapped[str] = mapped_column(String(200), default="")
    signals: Mapped[dict[str, Any]] = mapped_column(JSON)
    turns: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    attachments: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    transcript: Mapped[str] = mapped_column(String(10), default="none")
    masked: Mapped[int] = mapped_column(Integer, default=0)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index("ix_activity_waiting", "reason", "occurred_at"),
        Index("ix_activity_newest", "recorded_at"),
    )


class ActivityCustomer(Base):
    """An activity stands on the timeline of this customer.

    ``occurred_at``, ``counts`` and ``thread`` repeat the activity's, so that a timeline page, its
    folded conversations and the date of last contact are each read from one index.
    """

    __tablename__ = "activity_customer"
    activity_id: Mapped[UUID] = mapped_column(ForeignKey("activity.id"), primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), primary_key=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    occurred_at: Mapped[datetime] = mapped_column(UtcDateTime)
    counts: Mapped[bool] = mapped_column(Boolean)
    thread: Mapped[str | None] = mapped_column(String(128))
    confidence: Mapped[float] = mapped_column(Float)
    why: Mapped[str] = mapped_column(String(20))
    """``agent.contract.activity.MatchReason``; ``manual``: a person moved it here."""
    alternatives: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)

    __table_args__ = (
        Index("ix_activity_customer_timeline", "customer_id", "occurred_at", "activity_id"),
        Index("ix_activity_customer_counting", "customer_id", "counts", "occurred_at"),
        Index("ix_activity_customer_thread", "customer_id", "thread", "occurred_at"),
    )


class ActivityParticipant(Base):
    __tablename__ = "activity_participant"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    activity_id: Mapped[UUID] = mapped_column(ForeignKey("activity.id"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(200), default="")
    email: Mapped[str | None] = mapped_column(String(320))
    phone: Mapped[str | None] = mapped_column(String(20))
    side: Mapped[str] = mapped_column(String(10))


class ActivityCapture(Base):
    """Whose devices saw it: one mail to five reps is one activity with five rows here. Each says
    for itself, by its newest revision, to which customers the item belongs."""

    __tablename__ = "activity_capture"
    activity_id: Mapped[UUID] = mapped_column(ForeignKey("activity.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    source: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    revision: Mapped[int] = mapped_column(Integer, default=1)
    customer_ids: Mapped[list[int]] = mapped_column(JSON, default=list)
    stays_away: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    """A meeting that has vanished from this person's calendar, or that they declined."""


class ActivityTag(Base):
    __tablename__ = "activity_tag"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    activity_id: Mapped[UUID] = mapped_column(ForeignKey("activity.id"), index=True)
    category: Mapped[str] = mapped_column(String(30))
    status: Mapped[str] = mapped_column(String(20))
    start: Mapped[int] = mapped_column(Integer)
    end: Mapped[int] = mapped_column(Integer)
    text: Mapped[str] = mapped_column(Text)
    speaker: Mapped[str] = mapped_column(String(10))
    score: Mapped[float] = mapped_column(Float)
    t_start: Mapped[float | None] = mapped_column(Float)
    t_end: Mapped[float | None] = mapped_column(Float)
    verdict: Mapped[str | None] = mapped_column(String(10))
    """``confirmed`` or ``rejected`` by a person; None until somebody looked."""
    verdict_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class ActivityCommitment(Base):
    __tablename__ = "activity_commitment"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    activity_id: Mapped[UUID] = mapped_column(ForeignKey("activity.id"), index=True)
    start: Mapped[int] = mapped_column(Integer)
    end: Mapped[int] = mapped_column(Integer)
    text: Mapped[str] = mapped_column(Text)
    due: Mapped[date | None] = mapped_column(Date, index=True)
    owner: Mapped[str] = mapped_column(String(10))


class Absence(Base):
    """Days on which one of our people does not work, and who stands in."""

    __tablename__ = "absence"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    stand_in_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date] = mapped_column(Date, index=True)
    note: Mapped[str] = mapped_column(String(200), default="")


class Correction(Base):
    """A move, merge or split, with all that is needed to take it back."""

    __tablename__ = "correction"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    """``move``, ``merge`` or ``split``."""
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    from_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    to_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class Lesson(Base):
    """What a move taught: items with this address, number or conversation belong to a customer."""

    __tablename__ = "lesson"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    correction_id: Mapped[int] = mapped_column(ForeignKey("correction.id"), index=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    """``email``, ``phone`` or ``thread``."""
    value: Mapped[str] = mapped_column(String(320))

    __table_args__ = (Index("ix_lesson_lookup", "kind", "value"),)


class SearchEntry(Base):
    """The words of one customer, or of one activity, as ``customers.words`` cuts them."""

    __tablename__ = "search_entry"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"), unique=True)
    activity_id: Mapped[UUID | None] = mapped_column(ForeignKey("activity.id"), unique=True)
    words: Mapped[tuple[str, ...]] = mapped_column(Words)

    __table_args__ = (
        Index("ix_search_entry_words", "words", postgresql_using="gin").ddl_if(
            dialect="postgresql"
        ),
    )


class Recording(Base):
    """The sound of a call, kept as a file beside the database."""

    __tablename__ = "recording"
    activity_id: Mapped[UUID] = mapped_column(ForeignKey("activity.id"), primary_key=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    media_type: Mapped[str] = mapped_column(String(60))
    size: Mapped[int] = mapped_column(BigId)
    digest: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)

"""What people taught the tagger, what it learned, and how the archive was read again."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Boolean, Float, ForeignKey, Integer, String, Text, Uuid, false
from sqlalchemy.orm import Mapped, mapped_column

from server.kernel.db import Base, BigId, UtcDateTime


def _of_activity(**more: Any) -> Any:
    """What is kept of an activity goes with it."""
    return mapped_column(ForeignKey("activity.id", ondelete="CASCADE"), **more)


class TagLabel(Base):
    """Somebody said of some words what they mean, or what they do not."""

    __tablename__ = "tag_label"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    activity_id: Mapped[UUID] = _of_activity(index=True)
    category: Mapped[str] = mapped_column(String(30), index=True)
    status: Mapped[str] = mapped_column(String(20))
    verdict: Mapped[str] = mapped_column(String(10))
    """``confirmed``, ``rejected``, or ``missed``: the tagger had not seen it."""
    start: Mapped[int] = mapped_column(Integer)
    end: Mapped[int] = mapped_column(Integer)
    text: Mapped[str] = mapped_column(Text)
    """The evidence; its sentence is read from the activity, as long as that keeps its words."""
    speaker: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class TagSuggestion(Base):
    """What the corrections would tag but may not yet: somebody is asked."""

    __tablename__ = "tag_suggestion"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    activity_id: Mapped[UUID] = _of_activity(index=True)
    category: Mapped[str] = mapped_column(String(30))
    status: Mapped[str] = mapped_column(String(20))
    start: Mapped[int] = mapped_column(Integer)
    end: Mapped[int] = mapped_column(Integer)
    text: Mapped[str] = mapped_column(Text)
    speaker: Mapped[str] = mapped_column(String(10))
    score: Mapped[float] = mapped_column(Float)


class TaggerLesson(Base):
    """One training: the newest is in force."""

    __tablename__ = "tagger_lesson"
    version: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    """None: by itself, because the shipped model changed."""
    labels: Mapped[int] = mapped_column(Integer)
    figures: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Per category what ``agent.nlp.learn.adapt.Figures`` counts."""
    adaptation: Mapped[dict[str, Any]] = mapped_column(JSON)


class VocabularyVersion(Base):
    """The company's words; the newest version is in force, none is ever changed."""

    __tablename__ = "vocabulary"
    version: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    change: Mapped[str] = mapped_column(String(20))
    """``added``, ``changed``, ``removed``, ``file`` or ``restored``."""
    about: Mapped[str] = mapped_column(String(200), default="")
    terms: Mapped[list[dict[str, Any]]] = mapped_column(JSON)


class Retagging(Base):
    """The archive read again, batch by batch; where it was stopped it goes on."""

    __tablename__ = "retagging"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    state: Mapped[str] = mapped_column(String(10), index=True)
    """``running``, ``done``, ``undoing`` or ``undone``."""
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    place: Mapped[UUID | None] = mapped_column(Uuid)
    """The last activity that was read (or put back)."""
    total: Mapped[int] = mapped_column(Integer)
    done: Mapped[int] = mapped_column(Integer, default=0)
    changed: Mapped[int] = mapped_column(Integer, default=0)
    failed: Mapped[int] = mapped_column(Integer, default=0)
    version: Mapped[str] = mapped_column(String(40))
    """Of what the tagger had been taught when it began."""


class TagsBefore(Base):
    """What one activity's tags were before a retagging changed them."""

    __tablename__ = "tags_before"
    retagging_id: Mapped[int] = mapped_column(
        ForeignKey("retagging.id", ondelete="CASCADE"), primary_key=True
    )
    activity_id: Mapped[UUID] = _of_activity(primary_key=True)
    tags: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    commitments: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    put_back: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())

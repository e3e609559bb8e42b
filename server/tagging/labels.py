"""Corrections: somebody confirmed or rejected a tag, or marked words that were missed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from agent.contract.tag import Category, Status
from agent.rules.sides import speaker_of
from server.customers.models import (
    Activity,
    ActivityCustomer,
    ActivityParticipant,
    ActivityTag,
    Customer,
)
from server.customers.visibility import may_see, visible_activities
from server.identity.models import Person
from server.identity.service import audit
from server.kernel.auth import Principal
from server.kernel.db import UnitOfWork
from server.kernel.errors import Conflict, Invalid, NotFound
from server.tagging.models import TagLabel

Verdict = Literal["confirmed", "rejected", "missed"]
MAX_WORDS = 500

Key = tuple[datetime, int]


def judged(uow: UnitOfWork, tag: ActivityTag, verdict: str, by: int | None) -> TagLabel:
    """Keep what somebody said of a tag; what was said of it before no longer stands."""
    _set_aside(uow, tag.activity_id, tag.category, tag.text, by)
    label = TagLabel(
        activity_id=tag.activity_id,
        category=tag.category,
        status=tag.status,
        verdict=verdict,
        start=tag.start,
        end=tag.end,
        text=tag.text,
        speaker=tag.speaker,
        at=uow.clock.now(),
        by_id=by,
    )
    uow.session.add(label)
    uow.session.flush()
    return label


def mark(
    uow: UnitOfWork,
    who: Principal,
    activity_id: UUID,
    *,
    category: Category,
    status: Status,
    words: str,
    nth: int = 0,
) -> ActivityTag:
    """These words (their ``nth`` occurrence, from 0) mean something the tagger missed. The tag that
    is made of them is as good as one that a person confirmed."""
    activity = uow.session.scalar(visible_activities(who).where(Activity.id == activity_id))
    if activity is None:
        raise NotFound("activity_not_found")
    words = words.replace("\r\n", "\n").strip()
    if not words:
        raise Invalid(fields={"words": "mark_no_words"})
    if len(words) > MAX_WORDS:
        raise Invalid(fields={"words": "too_long"})
    start = _occurrence(activity.text, words, nth)
    if start is None:
        raise Invalid(fields={"words": "mark_not_there"})
    end = start + len(words)
    held = uow.session.scalars(
        select(ActivityTag).where(
            ActivityTag.activity_id == activity_id,
            ActivityTag.category == category,
            ActivityTag.start < end,
            ActivityTag.end > start,
        )
    ).all()
    for tag in held:
        if tag.verdict != "rejected" and tag.status == status:
            raise Conflict("mark_is_there")
    return add_missed(uow, activity, category, status, (start, end), who.user_id)


def add_missed(
    uow: UnitOfWork,
    activity: Activity,
    category: str,
    status: str,
    span: tuple[int, int],
    by: int | None,
) -> ActivityTag:
    start, end = span
    words = activity.text[start:end]
    _set_aside(uow, activity.id, category, words, by)
    speaker, at_s = _speaker(uow.session, activity, start)
    tag = ActivityTag(
        activity_id=activity.id,
        category=category,
        status=status,
        start=start,
        end=end,
        text=words,
        speaker=speaker,
        score=1.0,
        t_start=at_s,
        t_end=at_s,
        verdict="confirmed",
        verdict_by=by,
    )
    uow.session.add(tag)
    uow.session.flush()
    label = judged(uow, tag, "missed", by)
    audit(uow, by, "tag.missed", f"tag/{tag.id}", after=category, why=f"label/{label.id}")
    uow.bump("feed")
    return tag


def undo(uow: UnitOfWork, who: Principal, label_id: int) -> TagLabel:
    """Take a correction back: the tag is as it was, a marked one goes."""
    label = uow.session.scalar(
        select(TagLabel).where(TagLabel.id == label_id, _visible(who)).with_for_update()
    )
    if label is None:
        raise NotFound("label_not_found")
    if label.undone_at is not None:
        raise Conflict("label_undone")
    label.undone_at, label.undone_by_id = uow.clock.now(), who.user_id
    tags = uow.session.scalars(
        select(ActivityTag).where(
            ActivityTag.activity_id == label.activity_id,
            ActivityTag.category == label.category,
            ActivityTag.text == label.text,
            ActivityTag.verdict.is_not(None),
        )
    ).all()
    for tag in tags:
        if label.verdict == "missed":
            uow.session.delete(tag)
        else:
            tag.verdict = tag.verdict_by = None
    audit(uow, who.user_id, "tag.undone", f"label/{label.id}", before=label.verdict)
    uow.bump("feed")
    uow.session.flush()
    return label


@dataclass(frozen=True, slots=True)
class Line:
    """A correction as people read it."""

    label: TagLabel
    by: str
    customer_id: int
    customer: str
    before: str
    after: str
    """A few words around the evidence."""


def recent(
    session: Session,
    who: Principal,
    *,
    category: str | None = None,
    after: Key | None = None,
    limit: int = 20,
) -> list[Line]:
    """Standing corrections on what this person may see, the newest first."""
    query = (
        select(TagLabel, Person.name, Activity.text)
        .join(Activity, Activity.id == TagLabel.activity_id)
        .outerjoin(Person, Person.id == TagLabel.by_id)
        .where(TagLabel.undone_at.is_(None), _visible(who))
        .order_by(TagLabel.at.desc(), TagLabel.id.desc())
        .limit(limit)
    )
    if category is not None:
        query = query.where(TagLabel.category == category)
    if after is not None:
        at, row = after
        query = query.where(or_(TagLabel.at < at, and_(TagLabel.at == at, TagLabel.id < row)))
    rows = session.execute(query).all()
    owners = customers_of(session, who, [label.activity_id for label, _, _ in rows])
    found = []
    for label, name, text in rows:
        customer = owners.get(label.activity_id, (0, ""))
        around = surroundings(text, label.start, label.end, label.text)
        found.append(Line(label, name or "", *customer, *around))
    return found


def surroundings(text: str, start: int, end: int, words: str, most: int = 24) -> tuple[str, str]:
    """A few characters before and after the words, where they still stand in the text."""
    if text[start:end] != words:
        return "", ""
    before = text[max(0, start - most) : start].rpartition("\n")[2]
    return before, text[end : end + most].partition("\n")[0]


def customers_of(
    session: Session, who: Principal, ids: Sequence[UUID]
) -> dict[UUID, tuple[int, str]]:
    """Of each activity one customer this person may see."""
    rows = session.execute(
        select(ActivityCustomer.activity_id, Customer.id, Customer.name)
        .join(Customer, Customer.id == ActivityCustomer.customer_id)
        .where(ActivityCustomer.activity_id.in_(ids), may_see(who))
        .order_by(Customer.id.desc())
    )
    return {activity_id: (number, name) for activity_id, number, name in rows}


def standing(session: Session) -> int:
    """How many corrections hold, in the whole company."""
    query = select(func.count()).select_from(TagLabel).where(TagLabel.undone_at.is_(None))
    return session.scalar(query) or 0


def _visible(who: Principal) -> ColumnElement[bool]:
    return TagLabel.activity_id.in_(visible_activities(who).with_only_columns(Activity.id))


def _set_aside(
    uow: UnitOfWork, activity_id: UUID, category: str, text: str, by: int | None
) -> None:
    uow.session.execute(
        update(TagLabel)
        .where(
            TagLabel.activity_id == activity_id,
            TagLabel.category == category,
            TagLabel.text == text,
            TagLabel.undone_at.is_(None),
        )
        .values(undone_at=uow.clock.now(), undone_by_id=by)
        .execution_options(synchronize_session=False)
    )


def _occurrence(text: str, words: str, nth: int) -> int | None:
    """Where the words stand the nth time; the last time when they stand there less often."""
    found = at = text.find(words)
    while nth > 0 and at >= 0:
        at, nth = text.find(words, at + 1), nth - 1
        found = at if at >= 0 else found
    return found if found >= 0 else None


def _speaker(session: Session, activity: Activity, start: int) -> tuple[str, float | None]:
    """Who says what stands there, and in a call at which second."""
    at = 0
    for turn in activity.turns:
        if at <= start <= at + len(turn["text"]):
            return str(turn["speaker"]), float(turn["start_s"])
        at += len(turn["text"]) + 1
    people = session.scalars(
        select(ActivityParticipant).where(ActivityParticipant.activity_id == activity.id)
    ).all()
    found = speaker_of(activity.kind, activity.direction, people)  # type: ignore[arg-type]
    return found, None

"""From corrections to an adapted model: gathered, trained and measured in seconds."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agent.contract.activity import Kind
from agent.contract.tag import CATEGORIES, Category, Speaker, Status
from agent.contract.tagger import Adaptation
from agent.nlp.fold import fold
from agent.nlp.learn import adapt, model
from agent.nlp.learn.adapt import Figures, Label, Quality, Share
from agent.nlp.learn.features import Said
from agent.nlp.sentences import sentences
from server.customers.models import Activity
from server.identity.service import audit
from server.kernel.db import Database, UnitOfWork
from server.tagging.labels import standing
from server.tagging.models import TaggerLesson, TagLabel
from server.tagging.reading import beside, newest_lesson


def gathered(session: Session) -> list[Label]:
    """Every standing correction with its sentence; where the words of an activity were dropped, with
    the evidence alone."""
    rows = session.execute(
        select(TagLabel, Activity.text, Activity.kind)
        .join(Activity, Activity.id == TagLabel.activity_id)
        .where(TagLabel.undone_at.is_(None))
        .order_by(TagLabel.id)
    )
    return [
        Label(
            Said(_sentence(text, label), cast("Speaker", label.speaker), cast("Kind", kind)),
            cast("Category", label.category),
            cast("Status", label.status),
            right=label.verdict != "rejected",
        )
        for label, text, kind in rows
    ]


def _sentence(text: str, label: TagLabel) -> str:
    folded = fold(text)
    if text[label.start : label.end] == label.text:
        for start, end in sentences(folded):
            if start < label.end and label.start < end:
                return folded[start:end].replace("\n", " ")
    return fold(label.text).replace("\n", " ")


@dataclass(frozen=True, slots=True)
class Learned:
    labels: int
    adaptation: Adaptation
    figures: dict[str, Any]


def learned(labels: Iterable[Label], standing_labels: int) -> Learned:
    """What these corrections teach; no database is held meanwhile."""
    told = list(labels)
    shipped = model.shipped()
    figures = adapt.measure(shipped, told)
    return Learned(
        standing_labels,
        adapt.train(shipped, told),
        {category: _plain(figure) for category, figure in figures.items()},
    )


def train(db: Database, by: int | None) -> int:
    """Train on all that stands, and put it in force; the new version."""
    with db.reading() as session:
        number, labels = standing(session), gathered(session)
    found = learned(labels, number)
    with db.unit_of_work() as uow:
        return keep(uow, found, by)


def keep(uow: UnitOfWork, found: Learned, by: int | None) -> int:
    newest = uow.session.scalar(select(func.max(TaggerLesson.version))) or 0
    row = TaggerLesson(
        version=newest + 1,
        at=uow.clock.now(),
        by_id=by,
        labels=found.labels,
        figures=found.figures,
        adaptation=found.adaptation.model_dump(mode="json"),
    )
    uow.session.add(row)
    uow.session.flush()
    audit(uow, by, "tagger.trained", f"tagger/{row.version}", after=found.labels)
    uow.bump("tagger")
    uow.bump("feed")
    return row.version


def keep_up(uow: UnitOfWork) -> None:
    """Learn anew by itself when another model was shipped: the old moves are worth nothing there."""
    with beside(uow) as session:
        lesson = newest_lesson(session)
        if lesson is None or lesson.adaptation["base"] == adapt.fingerprint(model.shipped()):
            return
        number, labels = standing(session), gathered(session)
    keep(uow, learned(labels, number), None)


def _plain(figures: Figures) -> dict[str, Any]:
    def quality(of: Quality) -> dict[str, list[int]]:
        return {"precision": list(of.precision), "recall": list(of.recall)}

    return {
        "labels": figures.labels,
        "before": quality(figures.before),
        "after": quality(figures.after),
    }


@dataclass(frozen=True, slots=True)
class Row:
    """One category as the page shows it."""

    category: str
    labels: int
    """Standing now."""
    new: int
    """Of these, since the newest training."""
    sentences: int
    """How many different ones the newest training learned from: what counts for tagging."""
    confirmed: int
    rejected: int
    missed: int
    may_tag: bool
    before: Quality | None
    after: Quality | None
    was: Quality | None
    """Of the training before the newest."""


@dataclass(frozen=True, slots=True)
class Overview:
    rows: list[Row]
    version: int
    trained_at: datetime | None
    waiting: int
    """Corrections that came or were taken back since the newest training."""


def overview(session: Session) -> Overview:
    counts: dict[tuple[str, str], int] = {
        (category, verdict): number
        for category, verdict, number in session.execute(
            select(TagLabel.category, TagLabel.verdict, func.count())
            .where(TagLabel.undone_at.is_(None))
            .group_by(TagLabel.category, TagLabel.verdict)
        )
    }
    lessons = session.scalars(
        select(TaggerLesson).order_by(TaggerLesson.version.desc()).limit(2)
    ).all()
    newest = lessons[0] if lessons else None
    fresh: dict[str, int] = {}
    if newest is not None:
        of_late = select(TagLabel.category, func.count()).where(
            TagLabel.undone_at.is_(None), TagLabel.at > newest.at
        )
        rows = session.execute(of_late.group_by(TagLabel.category))
        fresh = {row[0]: row[1] for row in rows}
    older = lessons[1].figures if len(lessons) > 1 else {}
    since = select(func.count()).select_from(TagLabel)
    if newest is not None:
        since = since.where((TagLabel.at > newest.at) | (TagLabel.undone_at > newest.at))
    return Overview(
        [
            _row(category, counts, fresh, newest.figures if newest else {}, older)
            for category in CATEGORIES
        ],
        newest.version if newest else 0,
        newest.at if newest else None,
        session.scalar(since) or 0,
    )


def _row(
    category: str,
    counts: dict[tuple[str, str], int],
    fresh: dict[str, int],
    figures: dict[str, Any],
    older: dict[str, Any],
) -> Row:
    confirmed, rejected, missed = (
        counts.get((category, verdict), 0) for verdict in ("confirmed", "rejected", "missed")
    )
    told, before = figures.get(category), older.get(category)
    labels = confirmed + rejected + missed
    return Row(
        category,
        labels,
        fresh.get(category, 0),
        told["labels"] if told else 0,
        confirmed,
        rejected,
        missed,
        told is not None and told["labels"] >= adapt.MAY_TAG,
        _quality(told["before"]) if told else None,
        _quality(told["after"]) if told else None,
        _quality(before["after"]) if before else None,
    )


def _quality(told: dict[str, list[int]]) -> Quality:
    return Quality(Share(*told["precision"]), Share(*told["recall"]))

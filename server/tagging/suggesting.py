"""What the corrections would tag but may not yet: offered to people, who decide."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from agent.contract.tagger import TaggerData
from agent.nlp.learn.adapt import MAY_TAG
from server.customers.models import Activity, ActivityTag
from server.customers.visibility import visible_activities
from server.kernel.auth import Principal
from server.kernel.db import UnitOfWork
from server.kernel.errors import NotFound
from server.tagging import labels
from server.tagging.models import TagLabel, TagSuggestion
from server.tagging.reading import is_whole, people_of, read, tagger_of, zone_of

_COLUMNS = ("category", "status", "start", "end", "text", "speaker", "score")


def is_asking(data: TaggerData) -> bool:
    """Are there categories whose corrections may only suggest?"""
    if data.adaptation is None:
        return False
    return any(change.labels < MAY_TAG for change in data.adaptation.categories.values())


def suggested(
    session: Session, data: TaggerData, rows: Sequence[Activity]
) -> dict[UUID, list[dict[str, Any]]]:
    """For each activity what the tagger would find if all corrections might tag, beyond what it
    finds and what people have spoken of already."""
    if not rows or not is_asking(data):
        return {}
    zone = zone_of(session)
    people = people_of(session, [row.id for row in rows])
    settled: dict[UUID, list[tuple[str, int, int]]] = {row.id: [] for row in rows}
    for table in (TagLabel, ActivityTag):
        query = select(table.activity_id, table.category, table.start, table.end)
        for key, category, start, end in session.execute(
            query.where(table.activity_id.in_(settled))
        ):
            settled[key].append((category, start, end))
    found: dict[UUID, list[dict[str, Any]]] = {}
    for row in rows:
        if not is_whole(row):
            continue
        tags = read(tagger_of(data), row, people[row.id], zone).tags
        spoken = [*settled[row.id], *((tag.category, tag.start, tag.end) for tag in tags)]
        more = read(tagger_of(data, suggesting=True), row, people[row.id], zone).tags
        found[row.id] = [
            {name: getattr(tag, name) for name in _COLUMNS}
            for tag in more
            if not any(c == tag.category and s < tag.end and tag.start < e for c, s, e in spoken)
        ]
    return found


def keep(session: Session, found: Mapping[UUID, list[dict[str, Any]]]) -> None:
    """These suggestions take the place of those there were."""
    session.execute(
        delete(TagSuggestion)
        .where(TagSuggestion.activity_id.in_(list(found)))
        .execution_options(synchronize_session=False)
    )
    rows = [{**row, "activity_id": key} for key, its in found.items() for row in its]
    if rows:
        session.execute(insert(TagSuggestion), rows)


@dataclass(frozen=True, slots=True)
class Line:
    suggestion: TagSuggestion
    customer_id: int
    customer: str
    before: str
    after: str


def waiting(session: Session, who: Principal, limit: int = 20) -> list[Line]:
    """Suggestions on what this person may see, the surest first."""
    query = (
        select(TagSuggestion, Activity.text)
        .join(Activity, Activity.id == TagSuggestion.activity_id)
        .where(Activity.id.in_(visible_activities(who).with_only_columns(Activity.id)))
        .order_by(TagSuggestion.score.desc(), TagSuggestion.id)
        .limit(limit)
    )
    rows = session.execute(query).all()
    owners = labels.customers_of(session, who, [one.activity_id for one, _ in rows])
    return [
        Line(
            one,
            *owners.get(one.activity_id, (0, "")),
            *labels.surroundings(text, one.start, one.end, one.text),
        )
        for one, text in rows
    ]


def answer(uow: UnitOfWork, who: Principal, suggestion_id: int, *, right: bool) -> None:
    """Accepted, it becomes a tag; dismissed, a correction that says no. Either way it is learned."""
    session = uow.session
    found = session.get(TagSuggestion, suggestion_id)
    if found is None:
        raise NotFound("suggestion_not_found")
    activity = session.scalar(visible_activities(who).where(Activity.id == found.activity_id))
    if activity is None:
        raise NotFound("suggestion_not_found")
    span = (found.start, found.end)
    stands = activity.text[slice(*span)] == found.text
    if right and stands:
        labels.add_missed(uow, activity, found.category, found.status, span, who.user_id)
    elif stands:
        tag = ActivityTag(activity_id=activity.id, **{n: getattr(found, n) for n in _COLUMNS})
        labels.judged(uow, tag, "rejected", who.user_id)
    session.delete(found)
    uow.bump("feed")

"""A customer's timeline as a page shows it: evidence in its place, every decision with its reason."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from agent.contract.activity import KINDS
from agent.contract.tag import Turn
from server.customers.evidence import Line, Span, lines
from server.customers.models import (
    Activity,
    ActivityCommitment,
    ActivityCustomer,
    ActivityParticipant,
    ActivityTag,
    Customer,
    Recording,
    SearchEntry,
)
from server.customers.recording import IMPORTED
from server.customers.search import entries as words_in
from server.customers.views.last import names
from server.customers.views.stages import stages_that_changed
from server.customers.visibility import visible_customers
from server.customers.words import asked, places
from server.kernel.auth import Principal
from server.kernel.errors import Invalid
from server.kernel.happenings import Happening, Place, Stretch, TimelinePart
from server.kernel.paging import decode_cursor, encode_cursor, moment, row_id

PAGE = 25
MAX_LIVE = 300
_LONG_CHARS, _LONG_LINES = 420, 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    kind: str | None = None
    """Of activities, or ``stage`` or ``reminder``."""
    tag: str | None = None
    counted: Literal["yes", "no"] | None = None
    q: str = ""
    thread: str | None = None
    """Only this conversation."""
    at: UUID | None = None
    """Begin at this activity instead of the newest."""

    @property
    def narrows(self) -> bool:
        return bool(self.kind or self.tag or self.counted or self.q or self.thread)

    @property
    def folds(self) -> bool:
        """Of each conversation only the newest; not where single items are looked for."""
        return self.kind in (None, "mail") and not (
            self.tag or self.counted or self.q or self.thread or self.at
        )

    @property
    def only_said(self) -> bool:
        return bool(self.tag or self.counted or self.q or self.thread or self.kind in KINDS)


ACTIVITIES = 0
"""Rank of activities among what stands on a timeline."""


@dataclass(frozen=True, slots=True)
class Other:
    """A customer the item could belong to as well."""

    customer_id: int
    name: str
    percent: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    why: str
    percent: int
    others: tuple[Other, ...]
    """Those the reader may see; the best first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    id: UUID
    kind: str
    direction: str
    source: str
    at: datetime
    ended_at: datetime | None
    imported: bool
    subject: str
    lines: tuple[Line, ...]
    body: str
    """How much of the words was kept: ``full``, ``excerpt`` or ``tags``."""
    is_long: bool
    by: str
    us: tuple[ActivityParticipant, ...]
    them: tuple[ActivityParticipant, ...]
    counts: bool
    reason: str
    evidence: str
    tags: tuple[ActivityTag, ...]
    """Without those a person rejected; by their place in the text."""
    commitments: tuple[ActivityCommitment, ...]
    marks: dict[str, Any]
    """What a key of ``lines`` stands for."""
    hits: frozenset[str]
    """Keys of ``lines`` that only say: this was looked for."""
    matched: Matched
    thread_size: int
    attachments: list[dict[str, Any]]
    transcript: str
    duration_s: float | None
    masked: int
    thread: str | None
    folded: int
    """How many older ones of its conversation stand behind it."""
    playable: bool


@dataclass(frozen=True, slots=True)
class Page:
    items: list[Item | Happening]
    cursor: str | None
    """Of the last item, when older ones follow."""


def entries(customer_id: int) -> Select[ActivityCustomer, Activity]:
    """What stands on a customer's timeline, newest first."""
    link = ActivityCustomer
    return (
        select(link, Activity)
        .join(Activity, Activity.id == link.activity_id)
        .where(link.customer_id == customer_id)
        .order_by(link.occurred_at.desc(), link.activity_id.desc())
    )


def older_than(place: tuple[Any, ...]) -> ColumnElement[bool]:
    """Entries below the one at (moment, activity id)."""
    link, (at, last_id) = ActivityCustomer, place
    return or_(link.occurred_at < at, and_(link.occurred_at == at, link.activity_id < last_id))


def read_timeline(
    session: Session,
    who: Principal,
    customer_id: int,
    wanted: Wanted,
    parts: Sequence[TimelinePart] = (),
    *,
    before: str | None = None,
    floor: str | None = None,
) -> Page:
    """One page before the cursor ``before``; or, with ``floor``, everything newer down to it.

    ``parts`` tell what happened beside what was said. Each source is read no farther than a page.
    """
    limit = MAX_LIVE if floor else PAGE
    stretch = Stretch(limit + 1, _place(before), _place(floor))
    rows: list[tuple[datetime, int, Any, Any]] = []
    if wanted.kind is None or wanted.kind in KINDS:
        query = _narrowed(session, customer_id, wanted).where(
            stretch.condition(
                ACTIVITIES, ActivityCustomer.occurred_at, ActivityCustomer.activity_id
            )
        )
        rows += [
            (row[0].occurred_at, ACTIVITIES, row[0].activity_id, (row[0], row[1]))
            for row in session.execute(query.limit(limit + 1))
        ]
    if not wanted.only_said and wanted.at is None:
        ids = [customer_id, *_merged_into(session, customer_id)]
        for rank, part in enumerate((stages_that_changed, *parts), 1):
            rows += [
                (found.at, rank, found.number, found)
                for found in part(session, ids, stretch, rank)
                if wanted.kind in (None, found.source)
            ]
    # Each source is in order already; at one moment they stay in that of their ranks.
    rows.sort(key=lambda row: row[0], reverse=True)
    page = rows[:limit]
    said = [row[3] for row in page if row[1] == ACTIVITIES]
    items = {item.id: item for item in _items(session, who, customer_id, said, wanted)}
    cursor = None
    if page and (len(rows) > limit or bool(floor)):
        at, rank, key, _ = page[-1]
        cursor = encode_cursor(at.isoformat(), rank, str(key))
    return Page(
        [items[row[2]] if row[1] == ACTIVITIES else row[3] for row in page],
        cursor,
    )


def _place(cursor: str | None) -> Place | None:
    found = decode_cursor(cursor, moment, row_id, str)
    if found is None:
        return None
    at, rank, key = found
    try:
        return Place(at, rank, UUID(key) if rank == ACTIVITIES else row_id(int(key)))
    except ValueError:
        raise Invalid("bad_cursor", fields={"cursor": "bad_cursor"}) from None


def _narrowed(
    session: Session, customer_id: int, wanted: Wanted
) -> Select[ActivityCustomer, Activity]:
    link = ActivityCustomer
    query = entries(customer_id)
    if wanted.kind:
        query = query.where(Activity.kind == wanted.kind)
    if wanted.counted:
        query = query.where(link.counts == (wanted.counted == "yes"))
    if wanted.thread:
        query = query.where(link.thread == wanted.thread)
    if wanted.tag:
        tagged = select(ActivityTag.activity_id).where(
            ActivityTag.category == wanted.tag, ActivityTag.verdict.is_distinct_from("rejected")
        )
        query = query.where(link.activity_id.in_(tagged))
    if wanted.q:
        found = words_in(session, asked(wanted.q), SearchEntry.activity_id)
        query = query.where(link.activity_id.in_(found))
    if wanted.at is not None:
        top = aliased(ActivityCustomer)
        here = (top.customer_id == customer_id) & (top.activity_id == wanted.at)
        query = query.join(top, here).where(
            or_(
                link.occurred_at < top.occurred_at,
                and_(link.occurred_at == top.occurred_at, link.activity_id <= top.activity_id),
            )
        )
    if wanted.folds:
        newer = aliased(ActivityCustomer)
        query = query.where(
            or_(
                link.thread.is_(None),
                ~select(newer.activity_id)
                .where(
                    newer.customer_id == customer_id,
                    newer.thread == link.thread,
                    or_(
                        newer.occurred_at > link.occurred_at,
                        and_(
                            newer.occurred_at == link.occurred_at,
                            newer.activity_id > link.activity_id,
                        ),
                    ),
                )
                .exists(),
            )
        )
    return query


def _merged_into(session: Session, customer_id: int) -> list[int]:
    return list(session.scalars(select(Customer.id).where(Customer.merged_into_id == customer_id)))


def rest_of_thread(
    session: Session, who: Principal, customer_id: int, activity_id: UUID, *, most: int = 200
) -> list[Item]:
    """The older items of the conversation behind this one, the newest first."""
    link = session.get(ActivityCustomer, (activity_id, customer_id))
    if link is None or link.thread is None:
        return []
    wanted = Wanted(thread=link.thread)
    place = Place(link.occurred_at, ACTIVITIES, link.activity_id)
    query = _narrowed(session, customer_id, wanted).where(
        place.below(ACTIVITIES, ActivityCustomer.occurred_at, ActivityCustomer.activity_id)
    )
    rows = [(row[0], row[1]) for row in session.execute(query.limit(most))]
    return _items(session, who, customer_id, rows, wanted)


def parts_of(session: Session, table: Any, ids: Sequence[UUID]) -> dict[UUID, list[Any]]:
    grouped: dict[UUID, list[Any]] = defaultdict(list)
    for part in session.scalars(select(table).where(table.activity_id.in_(ids)).order_by(table.id)):
        grouped[part.activity_id].append(part)
    return grouped


def _items(
    session: Session,
    who: Principal,
    customer_id: int,
    page: Sequence[tuple[ActivityCustomer, Activity]],
    wanted: Wanted,
) -> list[Item]:
    ids = [activity.id for _, activity in page]
    people = parts_of(session, ActivityParticipant, ids)
    tags = parts_of(session, ActivityTag, ids)
    commitments = parts_of(session, ActivityCommitment, ids)
    authors = names(session, {activity.by_id for _, activity in page})
    others = _visible_names(session, who, [link for link, _ in page])
    threads = _thread_sizes(session, customer_id, [activity for _, activity in page])
    sounds = set(
        session.scalars(select(Recording.activity_id).where(Recording.activity_id.in_(ids)))
    )
    looked_for = asked(wanted.q)
    items = []
    for link, row in page:
        held = sorted(
            (tag for tag in tags[row.id] if tag.verdict != "rejected"), key=lambda tag: tag.start
        )
        marks: dict[str, Any] = {f"t{tag.id}": tag for tag in held}
        marks |= {f"c{promise.id}": promise for promise in commitments[row.id]}
        spans = [Span(key, mark.start, mark.end, mark.text) for key, mark in marks.items()]
        spans += [
            Span(f"q{start}", start, end, row.text[start:end])
            for start, end in places(looked_for, row.text)
        ]
        turns = [Turn.model_validate(turn) for turn in row.turns]
        items.append(
            Item(
                id=row.id,
                kind=row.kind,
                direction=row.direction,
                source=row.source,
                at=row.occurred_at,
                ended_at=row.ended_at,
                imported=row.source == IMPORTED,
                subject=row.subject,
                lines=lines(row.text, turns, spans),
                body=row.body,
                is_long=len(row.text) > _LONG_CHARS or row.text.count("\n") >= _LONG_LINES,
                by=authors.get(row.by_id, ""),
                # A call knows our side as an extension; whose it was says more.
                us=() if row.kind == "call" else tuple(p for p in people[row.id] if p.side == "us"),
                them=tuple(p for p in people[row.id] if p.side != "us"),
                counts=link.counts,
                reason=row.reason,
                evidence=row.evidence,
                tags=tuple(held),
                commitments=tuple(commitments[row.id]),
                marks=marks,
                hits=frozenset(span.key for span in spans if span.key not in marks),
                matched=_matched(link, others),
                thread_size=threads.get(row.thread or "", 1),
                attachments=row.attachments,
                transcript=row.transcript,
                duration_s=row.signals.get("duration_s"),
                masked=row.masked,
                thread=row.thread,
                folded=threads.get(row.thread or "", 1) - 1 if wanted.folds else 0,
                playable=row.id in sounds,
            )
        )
    return items


def _matched(link: ActivityCustomer, visible: dict[int, str]) -> Matched:
    others = [
        Other(other["customer_id"], visible[other["customer_id"]], _percent(other), other["why"])
        for other in link.alternatives
        if other["customer_id"] in visible
    ]
    others.sort(key=lambda other: -other.percent)
    return Matched(why=link.why, percent=round(link.confidence * 100), others=tuple(others))


def _percent(other: dict[str, Any]) -> int:
    return round(float(other["confidence"]) * 100)


def _visible_names(
    session: Session, who: Principal, links: Sequence[ActivityCustomer]
) -> dict[int, str]:
    """Names of the alternatives, but only of customers that this person may see."""
    ids = {other["customer_id"] for link in links for other in link.alternatives}
    query = visible_customers(who).with_only_columns(Customer.id, Customer.name)
    rows = session.execute(query.where(Customer.id.in_(ids)))
    return {row.id: row.name for row in rows}


def _thread_sizes(session: Session, customer_id: int, rows: Sequence[Activity]) -> dict[str, int]:
    threads = {row.thread for row in rows if row.thread}
    query = (
        select(ActivityCustomer.thread, func.count())
        .where(ActivityCustomer.customer_id == customer_id, ActivityCustomer.thread.in_(threads))
        .group_by(ActivityCustomer.thread)
    )
    return {str(thread): number for thread, number in session.execute(query)}


def used_tags(session: Session, customer_id: int) -> dict[str, int]:
    """How many items carry each category: the choices of the filter."""
    number = func.count(ActivityTag.activity_id.distinct())
    query = (
        select(ActivityTag.category, number)
        .join(ActivityCustomer, ActivityCustomer.activity_id == ActivityTag.activity_id)
        .where(
            ActivityCustomer.customer_id == customer_id,
            ActivityTag.verdict.is_distinct_from("rejected"),
        )
        .group_by(ActivityTag.category)
        .order_by(number.desc(), ActivityTag.category)
    )
    return {row[0]: row[1] for row in session.execute(query)}

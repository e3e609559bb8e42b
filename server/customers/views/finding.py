"""What was said, found by its words: only on timelines this person may see, the newest first."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, or_, select
from sqlalchemy.orm import Session

from server.customers.models import (
    Activity,
    ActivityCustomer,
    ActivityParticipant,
    Customer,
    SearchEntry,
)
from server.customers.search import entries, matches
from server.customers.views.last import names
from server.customers.visibility import may_see, visible_customers
from server.customers.words import Asked, asked, found_in, places
from server.kernel.auth import Principal
from server.kernel.paging import decode_cursor, encode_cursor, moment, row_id

PAGE = 30
_AROUND = 70
"""Characters shown on either side of the first words found."""
_READ_AT_ONCE = 60


@dataclass(frozen=True, slots=True)
class Piece:
    text: str
    hit: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    activity_id: UUID
    customer_id: int
    customer: str
    kind: str
    direction: str
    at: datetime
    by: str
    subject: tuple[Piece, ...]
    snippet: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Found:
    customers: list[Customer]
    """A few, by their own words; only on the first page."""
    hits: list[Hit]
    cursor: str | None


def search(
    session: Session, who: Principal, q: str, *, before: str | None = None, limit: int = PAGE
) -> Found:
    wanted = asked(q)
    if not wanted:
        return Found([], [], None)
    customers = [] if before else _customers(session, who, q)
    place = decode_cursor(before, moment, UUID, row_id)
    rows: list[tuple[ActivityCustomer, Activity, str]] = []
    for row in _rows(session, who, wanted, place):
        rows.append(row)
        if len(rows) > limit:
            break
    page = rows[:limit]
    people = names(session, {activity.by_id for _, activity, _ in page})
    hits = [_hit(wanted, link, activity, name, people) for link, activity, name in page]
    cursor = None
    if len(rows) > limit:
        last = page[-1][0]
        cursor = encode_cursor(
            last.occurred_at.isoformat(), str(last.activity_id), last.customer_id
        )
    return Found(customers, hits, cursor)


def _customers(session: Session, who: Principal, q: str, most: int = 8) -> list[Customer]:
    named = case((Customer.name.contains(q.strip(), autoescape=True), 0), else_=1)
    query = visible_customers(who).where(matches(session, q))
    return list(session.scalars(query.order_by(named, Customer.name, Customer.id).limit(most)))


def _rows(
    session: Session, who: Principal, wanted: Asked, place: tuple[Any, ...] | None
) -> Iterator[tuple[ActivityCustomer, Activity, str]]:
    """Every place where the words really stand, below ``place``; read a little at a time."""
    link = ActivityCustomer
    query = (
        select(link, Activity, Customer.name)
        .join(Activity, Activity.id == link.activity_id)
        .join(Customer, Customer.id == link.customer_id)
        .where(
            may_see(who), link.activity_id.in_(entries(session, wanted, SearchEntry.activity_id))
        )
        .order_by(link.occurred_at.desc(), link.activity_id.desc(), link.customer_id.desc())
        .limit(_READ_AT_ONCE)
    )
    while True:
        some = query if place is None else query.where(_below(place))
        found = [(row[0], row[1], row[2]) for row in session.execute(some)]
        people = _people(session, [activity.id for _, activity, _ in found])
        for row in found:
            if found_in(wanted, *_texts(row[1]), *people[row[1].id]):
                yield row
        if len(found) < _READ_AT_ONCE:
            return
        last = found[-1][0]
        place = (last.occurred_at, last.activity_id, last.customer_id)


def _below(place: tuple[Any, ...]) -> Any:
    link, (at, activity_id, customer_id) = ActivityCustomer, place
    same = link.occurred_at == at
    return or_(
        link.occurred_at < at,
        and_(same, link.activity_id < activity_id),
        and_(same, link.activity_id == activity_id, link.customer_id < customer_id),
    )


def _texts(activity: Activity) -> list[str]:
    files = [str(file.get("name", "")) for file in activity.attachments]
    return [activity.subject, activity.text, *files]


def _people(session: Session, ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    found: dict[UUID, list[str]] = defaultdict(list)
    for part in session.scalars(
        select(ActivityParticipant).where(ActivityParticipant.activity_id.in_(ids))
    ):
        found[part.activity_id] += [part.name, part.email or ""]
    return found


def _hit(
    wanted: Asked,
    link: ActivityCustomer,
    activity: Activity,
    customer: str,
    people: dict[int | None, str],
) -> Hit:
    return Hit(
        activity_id=activity.id,
        customer_id=link.customer_id,
        customer=customer,
        kind=activity.kind,
        direction=activity.direction,
        at=link.occurred_at,
        by=people.get(activity.by_id, ""),
        subject=pieces(wanted, activity.subject),
        snippet=_snippet(wanted, activity.text),
    )


def pieces(wanted: Asked, text: str) -> tuple[Piece, ...]:
    """The text cut at what was looked for."""
    cut: list[Piece] = []
    done = 0
    for start, end in places(wanted, text):
        cut += [Piece(text[done:start], hit=False), Piece(text[start:end], hit=True)]
        done = end
    cut.append(Piece(text[done:], hit=False))
    return tuple(piece for piece in cut if piece.text)


def _snippet(wanted: Asked, text: str) -> tuple[Piece, ...]:
    first = next(iter(places(wanted, text)), (0, 0))
    begin, end = max(0, first[0] - _AROUND), min(len(text), first[1] + _AROUND)
    head, tail = "…" if begin else "", "…" if end < len(text) else ""
    return pieces(wanted, f"{head}{text[begin:end].strip()}{tail}")

"""Customers, their timeline, the directory of identity keys, and corrections."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from flask import Response, jsonify
from pydantic import BaseModel, Field
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agent.contract.activity import Decision, Participant
from agent.contract.base import Utc
from agent.contract.directory import DirectoryDelta
from agent.contract.tag import Category, Speaker, Status
from server.customers import service
from server.customers.directory import directory_delta
from server.customers.models import (
    Activity,
    ActivityCommitment,
    ActivityCustomer,
    ActivityParticipant,
    ActivityTag,
    Customer,
)
from server.customers.visibility import get_customer
from server.identity.models import Person
from server.kernel.api import api_blueprint
from server.kernel.auth import principal, require
from server.kernel.context import kernel
from server.kernel.paging import DEFAULT_LIMIT, MAX_LIMIT, decode_cursor, encode_cursor

api = api_blueprint("customers")

RECENT_TAGS = 8


class LastContacted(BaseModel):
    activity_id: UUID
    kind: str
    direction: str
    by: str
    grade: str
    reason: str


class RecentTag(BaseModel):
    id: int
    category: Category
    status: Status
    text: str
    speaker: Speaker
    at: Utc
    activity_id: UUID
    verdict: str | None = None


class CustomerOut(BaseModel):
    id: int
    name: str
    stage: str
    owner: str
    owner_id: int | None
    grade: str
    region: str
    industry: str
    source: str
    created_at: Utc
    last_contacted_at: Utc | None
    last_contacted: LastContacted | None
    tags: list[RecentTag]
    open_reminders: list[dict[str, Any]]


class CustomerList(BaseModel):
    items: list[CustomerOut]
    cursor: str | None


class CustomerQuery(BaseModel):
    q: str | None = Field(None, max_length=200)
    email: str | None = Field(None, max_length=320)
    domain: str | None = Field(None, max_length=255)
    phone: str | None = Field(None, max_length=40)
    owner: int | None = None
    stage: str | None = Field(None, max_length=20)
    cursor: str | None = Field(None, max_length=600)
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)


class CustomerPath(BaseModel):
    customer_id: int = Field(ge=1, lt=2**63)


class ContactBody(BaseModel):
    name: str = Field(max_length=120)
    title: str = Field("", max_length=120)
    emails: list[str] = Field(default=[], max_length=20)
    phones: list[str] = Field(default=[], max_length=20)


class NewCustomerBody(BaseModel):
    name: str = Field(max_length=200)
    aliases: list[str] = Field(default=[], max_length=50)
    domains: list[str] = Field(default=[], max_length=50)
    phones: list[str] = Field(default=[], max_length=50)
    contacts: list[ContactBody] = Field(default=[], max_length=200)
    grade: str = Field("", max_length=10)
    region: str = Field("", max_length=60)
    industry: str = Field("", max_length=60)
    source: str = Field("", max_length=60)


class CustomerPatch(BaseModel):
    name: str | None = Field(None, max_length=200)
    grade: str | None = Field(None, max_length=10)
    region: str | None = Field(None, max_length=60)
    industry: str | None = Field(None, max_length=60)
    source: str | None = Field(None, max_length=60)
    owner_id: int | None = Field(None, ge=1, lt=2**63)


class TimelineQuery(BaseModel):
    cursor: str | None = Field(None, max_length=600)
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)


class TimelineItem(BaseModel):
    id: UUID
    kind: str
    source: str
    direction: str
    occurred_at: Utc
    ended_at: Utc | None
    subject: str
    text: str
    by: str
    contact: Decision
    participants: list[Participant]
    tags: list[dict[str, Any]]
    commitments: list[dict[str, Any]]
    turns: list[dict[str, Any]]
    transcript: str
    match: dict[str, Any]


class Timeline(BaseModel):
    items: list[TimelineItem]
    cursor: str | None


class ActivityPath(BaseModel):
    activity_id: UUID


class RelinkBody(BaseModel):
    customer_id: int = Field(ge=1, lt=2**63)
    from_customer_id: int | None = Field(None, ge=1, lt=2**63)
    whole_thread: bool = False


class Moved(BaseModel):
    moved: list[UUID]


class TagPath(BaseModel):
    tag_id: int = Field(ge=1, lt=2**63)
    verdict: Literal["confirm", "reject"]


class DirectoryQuery(BaseModel):
    since: int = Field(0, ge=0, lt=2**63)


def customer_cards(session: Session, customers: Sequence[Customer]) -> list[CustomerOut]:
    """Cards of many customers with a fixed number of queries; reminders are filled in above."""
    ids = [customer.id for customer in customers]
    people = _names(session, {customer.owner_id for customer in customers})
    last = {
        row.id: row
        for row in session.scalars(
            select(Activity).where(
                Activity.id.in_([c.last_activity_id for c in customers if c.last_activity_id])
            )
        )
    }
    people |= _names(session, {row.by_id for row in last.values()})
    tags = _recent_tags(session, ids)
    cards = []
    for customer in customers:
        activity = last.get(customer.last_activity_id) if customer.last_activity_id else None
        cards.append(
            CustomerOut(
                id=customer.id,
                name=customer.name,
                stage=customer.stage,
                owner=people.get(customer.owner_id, ""),
                owner_id=customer.owner_id,
                grade=customer.grade,
                region=customer.region,
                industry=customer.industry,
                source=customer.source,
                created_at=customer.created_at,
                last_contacted_at=customer.last_contacted_at,
                last_contacted=activity
                and LastContacted(
                    activity_id=activity.id,
                    kind=activity.kind,
                    direction=activity.direction,
                    by=people.get(activity.by_id, ""),
                    grade=activity.grade,
                    reason=activity.reason,
                ),
                tags=tags[customer.id],
                open_reminders=[],
            )
        )
    return cards


def _names(session: Session, ids: set[int | None]) -> dict[int | None, str]:
    return dict(
        session.execute(select(Person.id, Person.name).where(Person.id.in_(ids - {None}))).all()
    )


def _recent_tags(session: Session, ids: Sequence[int]) -> dict[int, list[RecentTag]]:
    found: dict[int, list[RecentTag]] = defaultdict(list)
    place = func.row_number().over(
        partition_by=ActivityCustomer.customer_id,
        order_by=(ActivityCustomer.occurred_at.desc(), ActivityTag.id),
    )
    newest = (
        select(
            ActivityCustomer.customer_id,
            ActivityCustomer.occurred_at,
            ActivityTag.id,
            place.label("n"),
        )
        .join(ActivityTag, ActivityTag.activity_id == ActivityCustomer.activity_id)
        .where(
            ActivityCustomer.customer_id.in_(ids),
            ActivityTag.verdict.is_distinct_from("rejected"),
        )
        .subquery()
    )
    rows = session.execute(
        select(newest.c.customer_id, newest.c.occurred_at, ActivityTag)
        .join(ActivityTag, ActivityTag.id == newest.c.id)
        .where(newest.c.n <= RECENT_TAGS)
        .order_by(newest.c.customer_id, newest.c.n)
    )
    for customer_id, at, tag in rows:
        found[customer_id].append(
            RecentTag(
                id=tag.id,
                category=tag.category,
                status=tag.status,
                text=tag.text,
                speaker=tag.speaker,
                at=at,
                activity_id=tag.activity_id,
                verdict=tag.verdict,
            )
        )
    return found


@api.get("/customers", responses={200: CustomerList})
def customers(query: CustomerQuery) -> Response:
    """Find customers by name, address, domain, phone, owner or stage."""
    who = principal()
    after = decode_cursor(query.cursor, 2)
    with kernel().db.reading() as session:
        found = service.find_customers(
            session,
            who,
            q=query.q,
            email=query.email,
            domain=query.domain,
            phone=query.phone,
            owner_id=query.owner,
            stage=query.stage,
            after=(str(after[0]), int(after[1])) if after else None,
            limit=query.limit + 1,
        )
        page = found[: query.limit]
        cards = kernel().extend_cards(session, who, customer_cards(session, page))
    cursor = encode_cursor(page[-1].name, page[-1].id) if len(found) > len(page) else None
    return jsonify(CustomerList(items=cards, cursor=cursor).model_dump(mode="json"))


@api.get("/customers/<int:customer_id>", responses={200: CustomerOut})
def customer(path: CustomerPath) -> Response:
    """One customer's card."""
    return _card(path.customer_id)


@api.post("/customers", responses={201: CustomerOut})
def create(body: NewCustomerBody) -> tuple[Response, int]:
    """A new customer, owned by the caller; it gets one open deal at ``lead``."""
    who = require("rep", "manager")
    with kernel().db.unit_of_work() as uow:
        made = service.create_customer(
            uow,
            service.NewCustomer(
                **body.model_dump(exclude={"contacts"}),
                contacts=[service.NewContact(**contact.model_dump()) for contact in body.contacts],
            ),
            owner_id=who.user_id,
        )
    return _card(made.id), 201


@api.patch("/customers/<int:customer_id>", responses={200: CustomerOut})
def change(path: CustomerPath, body: CustomerPatch) -> Response:
    """Change plain fields; the owner only for who leads the team."""
    changes = {key: value for key, value in body.model_dump().items() if value is not None}
    with kernel().db.unit_of_work() as uow:
        service.change_customer(uow, principal(), path.customer_id, changes)
    return _card(path.customer_id)


def _card(customer_id: int) -> Response:
    who = principal()
    with kernel().db.reading() as session:
        found = get_customer(session, who, customer_id)
        [card] = kernel().extend_cards(session, who, customer_cards(session, [found]))
    return jsonify(card.model_dump(mode="json"))


@api.get("/customers/<int:customer_id>/timeline", responses={200: Timeline})
def timeline(path: CustomerPath, query: TimelineQuery) -> Response:
    """Everything that happened with a customer, newest first."""
    after = decode_cursor(query.cursor, 2)
    with kernel().db.reading() as session:
        get_customer(session, principal(), path.customer_id)
        items, cursor = read_timeline(
            session,
            path.customer_id,
            after=(datetime.fromisoformat(after[0]), UUID(after[1])) if after else None,
            limit=query.limit,
        )
    return jsonify(Timeline(items=items, cursor=cursor).model_dump(mode="json"))


def read_timeline(
    session: Session, customer_id: int, *, after: tuple[datetime, UUID] | None, limit: int
) -> tuple[list[TimelineItem], str | None]:
    link = ActivityCustomer
    query = (
        select(link, Activity)
        .join(Activity, Activity.id == link.activity_id)
        .where(link.customer_id == customer_id)
        .order_by(link.occurred_at.desc(), link.activity_id.desc())
        .limit(limit + 1)
    )
    if after is not None:
        at, last_id = after
        query = query.where(
            (link.occurred_at < at) | ((link.occurred_at == at) & (link.activity_id < last_id))
        )
    rows = [(row[0], row[1]) for row in session.execute(query)]
    page = rows[:limit]
    ids = [activity.id for _, activity in page]
    parts: dict[type[Any], dict[UUID, list[Any]]] = {}
    tables: tuple[type[Any], ...] = (ActivityParticipant, ActivityTag, ActivityCommitment)
    for table in tables:
        grouped: dict[UUID, list[Any]] = defaultdict(list)
        for part in session.scalars(
            select(table).where(table.activity_id.in_(ids)).order_by(table.id)
        ):
            grouped[part.activity_id].append(part)
        parts[table] = grouped
    people = _names(session, {activity.by_id for _, activity in page})
    items = [
        TimelineItem(
            id=row.id,
            kind=row.kind,
            source=row.source,
            direction=row.direction,
            occurred_at=row.occurred_at,
            ended_at=row.ended_at,
            subject=row.subject,
            text=row.text,
            by=people.get(row.by_id, ""),
            contact=Decision(
                counts=row.counts,
                grade=row.grade,
                reason=row.reason,
                evidence=row.evidence,
            ),
            participants=[
                Participant.model_validate(_columns(part))
                for part in parts[ActivityParticipant][row.id]
            ],
            tags=[
                _columns(part, "activity_id", "verdict_by") for part in parts[ActivityTag][row.id]
            ],
            commitments=[
                _columns(part, "activity_id") for part in parts[ActivityCommitment][row.id]
            ],
            turns=row.turns,
            transcript=row.transcript,
            match={
                "customer_id": where.customer_id,
                "contact_id": where.contact_id,
                "confidence": where.confidence,
                "why": where.why,
                "alternatives": where.alternatives,
            },
        )
        for where, row in page
    ]
    last = page[-1][0] if len(rows) > limit else None
    if last is None:
        return items, None
    return items, encode_cursor(last.occurred_at.isoformat(), str(last.activity_id))


def _columns(row: Any, *without: str) -> dict[str, Any]:
    return {
        column.key: getattr(row, column.key)
        for column in row.__mapper__.columns
        if column.key not in without
    }


@api.get("/directory", responses={200: DirectoryDelta})
def directory(query: DirectoryQuery) -> Response:
    """The caller's customers and identity keys that changed after a revision."""
    with kernel().db.reading() as session:
        delta = directory_delta(session, principal(), query.since)
    return jsonify(delta.model_dump(mode="json"))


@api.post("/activities/<uuid:activity_id>/relink", responses={200: Moved})
def relink(path: ActivityPath, body: RelinkBody) -> Response:
    """Move an activity, or its whole conversation, to another customer."""
    with kernel().db.unit_of_work() as uow:
        moved = service.relink(
            uow,
            principal(),
            path.activity_id,
            body.customer_id,
            from_customer_id=body.from_customer_id,
            whole_thread=body.whole_thread,
        )
    return jsonify(Moved(moved=moved).model_dump(mode="json"))


@api.post("/tags/<int:tag_id>/<verdict>", responses={200: None})
def judge(path: TagPath) -> Response:
    """Confirm or reject a tag."""
    with kernel().db.unit_of_work() as uow:
        tag = service.judge_tag(
            uow, principal(), path.tag_id, "confirmed" if path.verdict == "confirm" else "rejected"
        )
    return jsonify({"id": tag.id, "verdict": tag.verdict})

"""Customers, their timeline, the directory of identity keys, and corrections."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from flask import Response, jsonify, request
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agent.contract.activity import Decision, Participant
from agent.contract.directory import DirectoryDelta
from server.customers import adopting, corrections, duplicates, service
from server.customers.bodies import (
    ActivityPath,
    AdoptBody,
    AlikeList,
    AlikeOut,
    CustomerDetail,
    CustomerList,
    CustomerOut,
    CustomerPatch,
    CustomerPath,
    CustomerQuery,
    DirectoryQuery,
    Judged,
    LastContacted,
    Moved,
    NewCustomerBody,
    RecentTag,
    RelinkBody,
    TagPath,
    Timeline,
    TimelineItem,
    TimelineQuery,
)
from server.customers.directory import directory_delta
from server.customers.models import (
    Activity,
    ActivityCommitment,
    ActivityCustomer,
    ActivityParticipant,
    ActivityTag,
    Customer,
    CustomerTag,
)
from server.customers.search import find_customers
from server.customers.versions import version_of
from server.customers.views.last import names
from server.customers.views.timeline import entries, older_than, parts_of
from server.customers.visibility import get_customer
from server.kernel.api import api_blueprint, needs
from server.kernel.auth import principal, require
from server.kernel.context import kernel
from server.kernel.paging import (
    decode_cursor,
    encode_cursor,
    moment,
    row_id,
    words,
)

api = api_blueprint("customers")

RECENT_TAGS = 8


def customer_cards(session: Session, customers: Sequence[Customer]) -> list[CustomerOut]:
    """Cards of many customers with a fixed number of queries; reminders are filled in above."""
    ids = [customer.id for customer in customers]
    people = names(session, {customer.owner_id for customer in customers})
    last = {
        row.id: row
        for row in session.scalars(
            select(Activity).where(
                Activity.id.in_([c.last_activity_id for c in customers if c.last_activity_id])
            )
        )
    }
    people |= names(session, {row.by_id for row in last.values()})
    tags = _recent_tags(session, ids)
    labels: dict[int, list[str]] = defaultdict(list)
    for number, label in session.execute(
        select(CustomerTag.customer_id, CustomerTag.tag)
        .where(CustomerTag.customer_id.in_(ids))
        .order_by(CustomerTag.tag)
    ):
        labels[number].append(label)
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
                size=customer.size,
                source=customer.source,
                labels=labels[customer.id],
                custom=customer.custom,
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
    after = decode_cursor(query.cursor, words, row_id)
    with kernel().db.reading() as session:
        found = find_customers(
            session,
            who,
            q=query.q,
            email=query.email,
            domain=query.domain,
            phone=query.phone,
            owner_id=query.owner,
            stage=query.stage,
            tag=query.label,
            after=after,
            limit=query.limit + 1,
        )
        page = found[: query.limit]
        cards = kernel().extend_cards(session, who, customer_cards(session, page))
    cursor = encode_cursor(page[-1].name, page[-1].id) if len(found) > len(page) else None
    return jsonify(CustomerList(items=cards, cursor=cursor).model_dump(mode="json"))


@api.get("/customers/<int:customer_id>", responses={200: CustomerDetail})
def customer(path: CustomerPath) -> Response:
    """One customer's card. ``ETag`` is the version of what can be changed of it."""
    return _card(path.customer_id)


def _new(body: NewCustomerBody) -> service.NewCustomer:
    return service.NewCustomer(
        **body.model_dump(exclude={"contacts", "labels"}),
        tags=body.labels,
        contacts=[service.NewContact(**contact.model_dump()) for contact in body.contacts],
    )


@api.post("/customers", responses={201: CustomerDetail})
def create(body: NewCustomerBody) -> tuple[Response, int]:
    """A new customer, owned by the caller; it gets one open deal at ``lead``. ``alike`` names those
    there were already that could be the same."""
    who = require("rep", "manager")
    with kernel().db.unit_of_work() as uow:
        there = duplicates.alike(uow.session, who, _new(body))
        made = service.create_customer(uow, _new(body), owner_id=who.user_id, by=who)
    return _card(made.id, alike=there), 201


@api.post("/customers/alike", responses={200: AlikeList})
def alike(body: NewCustomerBody) -> Response:
    """Customers that could be the one somebody is about to make. Changes nothing."""
    with kernel().db.reading() as session:
        found = duplicates.alike(session, principal(), _new(body))
    return jsonify(AlikeList(items=_alike(found)).model_dump(mode="json"))


def _alike(found: list[duplicates.Alike]) -> list[AlikeOut]:
    return [AlikeOut.model_validate(asdict(one)) for one in found]


@api.post("/customers/adopt", responses={200: CustomerOut})
def adopt(body: AdoptBody) -> Response:
    """Give domains and addresses a customer of the caller's: the one that has them already, the one
    of this name, or a new one. Asking again changes nothing."""
    who = require("rep", "manager")
    with kernel().db.unit_of_work() as uow:
        found = adopting.adopt(uow, who, name=body.name, domains=body.domains, emails=body.emails)
    return _card(found.id)


@api.patch("/customers/<int:customer_id>", responses={200: CustomerDetail})
def change(path: CustomerPath, body: CustomerPatch) -> Response:
    """Change fields and keys (each list as a whole); the owner only for who leads the team. With
    ``If-Match``, 412 when somebody changed it since."""
    changes = {key: value for key, value in body.model_dump().items() if value is not None}
    if "labels" in changes:
        changes["tags"] = changes.pop("labels")
    with kernel().db.unit_of_work() as uow:
        service.change_customer(
            uow,
            principal(),
            path.customer_id,
            changes,
            if_match=request.headers.get("If-Match"),
        )
    return _card(path.customer_id)


def _card(customer_id: int, alike: list[duplicates.Alike] | None = None) -> Response:
    who = principal()
    with kernel().db.reading() as session:
        found = get_customer(session, who, customer_id)
        [card] = kernel().extend_cards(session, who, customer_cards(session, [found]))
        held = service.content(session, found)
    detail = CustomerDetail(
        **card.model_dump(),
        **{name: held[name] for name in ("aliases", "domains", "phones")},
        alike=_alike(alike or []),
    )
    response = jsonify(detail.model_dump(mode="json"))
    response.set_etag(version_of(held))
    return response


@api.get("/customers/<int:customer_id>/timeline", responses={200: Timeline})
def timeline(path: CustomerPath, query: TimelineQuery) -> Response:
    """Everything that happened with a customer, newest first."""
    after = decode_cursor(query.cursor, moment, UUID)
    with kernel().db.reading() as session:
        get_customer(session, principal(), path.customer_id)
        items, cursor = _timeline(
            session,
            path.customer_id,
            after=after,
            limit=query.limit,
        )
    return jsonify(Timeline(items=items, cursor=cursor).model_dump(mode="json"))


def _timeline(
    session: Session, customer_id: int, *, after: tuple[Any, ...] | None, limit: int
) -> tuple[list[TimelineItem], str | None]:
    query = entries(customer_id).limit(limit + 1)
    if after is not None:
        query = query.where(older_than(after))
    rows = [(row[0], row[1]) for row in session.execute(query)]
    page = rows[:limit]
    ids = [activity.id for _, activity in page]
    participants = parts_of(session, ActivityParticipant, ids)
    tags = parts_of(session, ActivityTag, ids)
    commitments = parts_of(session, ActivityCommitment, ids)
    people = names(session, {activity.by_id for _, activity in page})
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
            body=row.body,
            by=people.get(row.by_id, ""),
            contact=Decision(
                counts=row.counts,
                grade=row.grade,
                reason=row.reason,
                evidence=row.evidence,
            ),
            participants=[
                Participant.model_validate(_columns(part)) for part in participants[row.id]
            ],
            tags=[_columns(part, "activity_id", "verdict_by") for part in tags[row.id]],
            commitments=[_columns(part, "activity_id") for part in commitments[row.id]],
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
@needs("ingest", "read")
def directory(query: DirectoryQuery) -> Response:
    """The caller's customers and identity keys that changed after a revision."""
    with kernel().db.reading() as session:
        delta = directory_delta(session, principal(), query.since)
    return jsonify(delta.model_dump(mode="json"))


@api.post("/activities/<uuid:activity_id>/relink", responses={200: Moved})
def relink(path: ActivityPath, body: RelinkBody) -> Response:
    """Move an activity, or its whole conversation, to another customer."""
    with kernel().db.unit_of_work() as uow:
        moved = corrections.relink(
            uow,
            principal(),
            path.activity_id,
            body.customer_id,
            from_customer_id=body.from_customer_id,
            whole_thread=body.whole_thread,
        )
    out = Moved(moved=moved.activities, correction_id=moved.correction_id)
    return jsonify(out.model_dump(mode="json"))


@api.post("/tags/<int:tag_id>/<verdict>", responses={200: Judged})
def judge(path: TagPath) -> Response:
    """Confirm or reject a tag."""
    with kernel().db.unit_of_work() as uow:
        tag = corrections.judge_tag(
            uow, principal(), path.tag_id, "confirmed" if path.verdict == "confirm" else "rejected"
        )
        judged = Judged(id=tag.id, verdict=tag.verdict)
    return jsonify(judged.model_dump())

"""Contacts, deals, the company's own fields, and absences."""

from collections import defaultdict
from collections.abc import Sequence

from flask import Response, jsonify, request
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.customers import absences, contacts, deals, fields
from server.customers.bodies import CustomerPath
from server.customers.file_bodies import (
    AbsenceBody,
    AbsenceList,
    AbsenceOut,
    AbsencePath,
    AbsenceQuery,
    ContactList,
    ContactOut,
    ContactPatch,
    ContactPath,
    DealBody,
    DealList,
    DealOut,
    DealPatch,
    DealPath,
    Done,
    FieldBody,
    FieldList,
    FieldOut,
    FieldPath,
    NewContactBody,
    PostOut,
    StageOut,
)
from server.customers.models import Absence, Contact, CustomField, Deal, StageChange
from server.customers.versions import version_of
from server.customers.views.last import names
from server.customers.visibility import get_customer
from server.identity.models import Person
from server.kernel.api import api_blueprint
from server.kernel.auth import principal, require
from server.kernel.context import kernel
from server.kernel.pages import local_today

api = api_blueprint("file")


def _json(body: BaseModel, version: str | None = None) -> Response:
    response = jsonify(body.model_dump(mode="json"))
    if version is not None:
        response.set_etag(version)
    return response


def _if_match() -> str | None:
    return request.headers.get("If-Match")


@api.get("/customers/<int:customer_id>/contacts", responses={200: ContactList})
def contact_list(path: CustomerPath) -> Response:
    """The people of a customer."""
    with kernel().db.reading() as session:
        customer = get_customer(session, principal(), path.customer_id)
        rows = session.scalars(
            select(Contact).where(Contact.customer_id == customer.id).order_by(Contact.id)
        ).all()
        return _json(ContactList(items=_contacts(session, rows)))


def _contacts(session: Session, rows: Sequence[Contact]) -> list[ContactOut]:
    before: dict[int, list[PostOut]] = defaultdict(list)
    for post, company in contacts.posts(session, [row.id for row in rows]):
        before[post.contact_id].append(
            PostOut(
                customer_id=post.customer_id,
                customer=company,
                title=post.title,
                since=post.since,
                until=post.until,
            )
        )
    return [
        ContactOut(id=row.id, **contacts.content(session, row), worked_at=before[row.id])
        for row in rows
    ]


def _contact(contact_id: int) -> Response:
    with kernel().db.reading() as session:
        row = contacts.get_contact(session, principal(), contact_id)
        [out] = _contacts(session, [row])
        return _json(out, version_of(contacts.content(session, row)))


@api.get("/contacts/<int:contact_id>", responses={200: ContactOut})
def contact(path: ContactPath) -> Response:
    """One person, with the companies left behind. ``ETag`` is the version."""
    return _contact(path.contact_id)


@api.post("/customers/<int:customer_id>/contacts", responses={201: ContactOut})
def new_contact(path: CustomerPath, body: NewContactBody) -> tuple[Response, int]:
    """A new person at a customer."""
    with kernel().db.unit_of_work() as uow:
        made = contacts.create_contact(
            uow, principal(), path.customer_id, contacts.NewContact(**body.model_dump())
        )
    return _contact(made.id), 201


@api.patch("/contacts/<int:contact_id>", responses={200: ContactOut})
def change_contact(path: ContactPath, body: ContactPatch) -> Response:
    """Change a person, or the company he or she works for. With ``If-Match``, 412 when somebody
    changed it since."""
    changes = {key: value for key, value in body.model_dump().items() if value is not None}
    with kernel().db.unit_of_work() as uow:
        contacts.change_contact(uow, principal(), path.contact_id, changes, if_match=_if_match())
    return _contact(path.contact_id)


@api.delete("/contacts/<int:contact_id>", responses={200: Done})
def remove_contact(path: ContactPath) -> Response:
    """Take a person off the file; the timeline keeps what was said."""
    with kernel().db.unit_of_work() as uow:
        contacts.remove_contact(uow, principal(), path.contact_id, if_match=_if_match())
    return _json(Done())


@api.get("/customers/<int:customer_id>/deals", responses={200: DealList})
def deal_list(path: CustomerPath) -> Response:
    """The deals of a customer, the newest first."""
    with kernel().db.reading() as session:
        customer = get_customer(session, principal(), path.customer_id)
        rows = session.scalars(
            select(Deal).where(Deal.customer_id == customer.id).order_by(Deal.id.desc())
        ).all()
        return _json(DealList(items=_deals(session, rows)))


def _deals(session: Session, rows: Sequence[Deal]) -> list[DealOut]:
    changes = session.scalars(
        select(StageChange)
        .where(StageChange.deal_id.in_([row.id for row in rows]))
        .order_by(StageChange.at, StageChange.id)
    ).all()
    people = names(session, {change.by_id for change in changes})
    history: dict[int, list[StageOut]] = defaultdict(list)
    for change in changes:
        history[change.deal_id].append(
            StageOut(
                from_stage=change.from_stage,
                to_stage=change.to_stage,
                at=change.at,
                by=people.get(change.by_id, ""),
            )
        )
    return [
        DealOut(
            id=row.id,
            customer_id=row.customer_id,
            created_at=row.created_at,
            closed_at=row.closed_at,
            history=history[row.id],
            **deals.content(row),
        )
        for row in rows
    ]


def _deal(deal_id: int) -> Response:
    with kernel().db.reading() as session:
        row = deals.get_deal(session, principal(), deal_id)
        [out] = _deals(session, [row])
        return _json(out, version_of(deals.content(row)))


@api.get("/deals/<int:deal_id>", responses={200: DealOut})
def deal(path: DealPath) -> Response:
    """One deal with the history of its stages. ``ETag`` is the version."""
    return _deal(path.deal_id)


@api.post("/customers/<int:customer_id>/deals", responses={201: DealOut})
def new_deal(path: CustomerPath, body: DealBody) -> tuple[Response, int]:
    """A new deal; its stage becomes the customer's if it leads."""
    with kernel().db.unit_of_work() as uow:
        made = deals.create_deal(uow, principal(), path.customer_id, body.model_dump())
    return _deal(made.id), 201


@api.patch("/deals/<int:deal_id>", responses={200: DealOut})
def change_deal(path: DealPath, body: DealPatch) -> Response:
    """Change a deal. With ``If-Match``, 412 when somebody changed it since."""
    with kernel().db.unit_of_work() as uow:
        deals.change_deal(
            uow,
            principal(),
            path.deal_id,
            body.model_dump(exclude_unset=True),
            if_match=_if_match(),
        )
    return _deal(path.deal_id)


def _field(row: CustomField) -> FieldOut:
    return FieldOut(id=row.id, name=row.name, kind=row.kind, choices=row.choices)


@api.get("/fields", responses={200: FieldList})
def field_list() -> Response:
    """The company's own fields of customers."""
    principal()
    with kernel().db.reading() as session:
        return _json(FieldList(items=[_field(row) for row in fields.custom_fields(session)]))


@api.post("/fields", responses={201: FieldOut})
def new_field(body: FieldBody) -> tuple[Response, int]:
    """A new own field; for administrators."""
    who = require()
    with kernel().db.unit_of_work() as uow:
        made = _field(fields.add_field(uow, who, **body.model_dump()))
    return _json(made), 201


@api.delete("/fields/<int:field_id>", responses={200: Done})
def retire_field(path: FieldPath) -> Response:
    """Ask for a field no more; for administrators."""
    who = require()
    with kernel().db.unit_of_work() as uow:
        fields.retire_field(uow, who, path.field_id)
    return _json(Done())


def _absence(row: Absence, person: str) -> AbsenceOut:
    return AbsenceOut(
        id=row.id,
        person_id=row.person_id,
        person=person,
        first_day=row.first_day,
        last_day=row.last_day,
        stand_in_id=row.stand_in_id,
        note=row.note,
    )


@api.get("/absences", responses={200: AbsenceList})
def absence_list(query: AbsenceQuery) -> Response:
    """Who is away: oneself, for who leads the team."""
    with kernel().db.reading() as session:
        rows = absences.absences(session, principal(), since=query.since or local_today())
        return _json(AbsenceList(items=[_absence(row, person) for row, person in rows]))


@api.post("/absences", responses={201: AbsenceOut})
def new_absence(body: AbsenceBody) -> tuple[Response, int]:
    """Write down days on which somebody is away."""
    who = principal()
    given = body.model_dump()
    given["person_id"] = given["person_id"] or who.user_id
    with kernel().db.unit_of_work() as uow:
        row = absences.add_absence(uow, who, **given)
        made = _absence(row, uow.session.get_one(Person, row.person_id).name)
    return _json(made), 201


@api.delete("/absences/<int:absence_id>", responses={200: Done})
def remove_absence(path: AbsencePath) -> Response:
    """The person is there after all."""
    with kernel().db.unit_of_work() as uow:
        absences.remove_absence(uow, principal(), path.absence_id)
    return _json(Done())

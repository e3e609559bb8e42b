"""Whose is it, merging and splitting customers, and taking corrections back."""

from flask import Response, jsonify
from sqlalchemy.orm import Session

from server.customers import matching, merging
from server.customers.bodies import (
    CorrectionList,
    CorrectionOut,
    CorrectionPath,
    CustomerPath,
    MatchBody,
    Matched,
    MergeBody,
    SplitBody,
)
from server.customers.models import Correction
from server.customers.views.history import corrections_of
from server.customers.views.last import names
from server.customers.visibility import get_customer
from server.kernel.api import api_blueprint
from server.kernel.auth import principal
from server.kernel.context import kernel

api = api_blueprint("corrections")


def _out(session: Session, rows: list[Correction]) -> list[CorrectionOut]:
    people = names(session, {row.by_id for row in rows})
    return [
        CorrectionOut(
            id=row.id,
            kind=row.kind,
            at=row.at,
            by=people.get(row.by_id, ""),
            from_id=row.from_id,
            to_id=row.to_id,
            activities=len(row.data["links"]),
            undone_at=row.undone_at,
        )
        for row in rows
    ]


def _answer(session: Session, row: Correction) -> Response:
    [out] = _out(session, [row])
    return jsonify(out.model_dump(mode="json"))


@api.post("/match", responses={200: Matched})
def match(body: MatchBody) -> Response:
    """Which of the caller's customers an item belongs to, how sure that is, and why. Keeps nothing."""
    with kernel().db.reading() as session:
        found, also = matching.resolve(
            session,
            principal(),
            body.participants,
            kind=body.kind,
            subject=body.subject,
            text=body.text,
            hints=body.hints,
            thread=body.thread,
        )
    return jsonify(Matched(match=found, also=list(also)).model_dump(mode="json"))


@api.post("/customers/<int:customer_id>/merge", responses={200: CorrectionOut})
def merge(path: CustomerPath, body: MergeBody) -> Response:
    """Make this customer a part of another one, with all its history."""
    with kernel().db.unit_of_work() as uow:
        row = merging.merge(uow, principal(), path.customer_id, body.into)
        return _answer(uow.session, row)


@api.post("/customers/<int:customer_id>/split", responses={200: CorrectionOut})
def split(path: CustomerPath, body: SplitBody) -> Response:
    """Take people, deals and domains out into a new customer; their history goes along."""
    with kernel().db.unit_of_work() as uow:
        row = merging.split(uow, principal(), path.customer_id, **body.model_dump())
        return _answer(uow.session, row)


@api.get("/customers/<int:customer_id>/corrections", responses={200: CorrectionList})
def correction_list(path: CustomerPath) -> Response:
    """What people moved, merged and split here, the latest first."""
    with kernel().db.reading() as session:
        get_customer(session, principal(), path.customer_id)
        rows = corrections_of(session, path.customer_id, most=100)
        return jsonify(CorrectionList(items=_out(session, rows)).model_dump(mode="json"))


@api.post("/corrections/<int:correction_id>/undo", responses={200: CorrectionOut})
def undo(path: CorrectionPath) -> Response:
    """Take a move, merge or split back."""
    with kernel().db.unit_of_work() as uow:
        row = merging.undo(uow, principal(), path.correction_id)
        return _answer(uow.session, row)

"""Pages that merge and split customers, and take corrections back."""

from typing import Any

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from server.customers import forms, merging, service
from server.customers.editing import pages
from server.customers.pages import Answer
from server.customers.views import card
from server.customers.visibility import get_customer
from server.kernel.auth import principal
from server.kernel.context import kernel
from server.kernel.errors import Invalid, ServerError
from server.kernel.pages import refused, said

__all__ = ["pages"]


def _to(customer_id: int) -> BaseResponse:
    return redirect(url_for("customers.customer", customer_id=customer_id), 303)


@pages.get("/customers/<int:customer_id>/split")
def split_form(customer_id: int) -> Answer:
    return _split_form(customer_id, {})


def _split_form(customer_id: int, faults: dict[str, str]) -> Response:
    who = principal()
    with kernel().db.reading() as session:
        row = get_customer(session, who, customer_id)
        head = card.read_card(session, row, kernel().clock.now())
        held = service.content(session, row)
    shown: dict[str, Any] = {
        "id": customer_id,
        "name": row.name,
        "people": [(one.id, f"{one.name} {' '.join(one.emails)}") for one in head.contacts],
        "deals": [(one.id, one.title) for one in head.deals],
        "domains": [(domain, domain) for domain in held["domains"]],
        "faults": faults,
        "values": request.form,
    }
    page = render_template("customers/split.html", **shown)
    return make_response(page, 422 if faults else 200)


@pages.post("/customers/<int:customer_id>/split")
def split(customer_id: int) -> Answer:
    def chosen(name: str) -> list[int]:
        values = request.form.getlist(name)[:200]
        return [int(v) for v in values if v.isascii() and v.isdigit() and len(v) < 18]

    try:
        with kernel().db.unit_of_work() as uow:
            made = merging.split(
                uow,
                principal(),
                customer_id,
                name=request.form.get("name", "")[:300],
                contact_ids=chosen("contact_ids"),
                deal_ids=chosen("deal_ids"),
                domains=request.form.getlist("domains")[:50],
            ).to_id
    except Invalid as error:
        return _split_form(customer_id, error.fields)
    return _to(made)


@pages.post("/customers/<int:customer_id>/merge")
def merge(customer_id: int) -> Answer:
    into = forms.number("customer_id")
    if into is None:
        return _split_form(customer_id, {"into": "choose_customer"})
    try:
        with kernel().db.unit_of_work() as uow:
            merging.merge(uow, principal(), customer_id, into)
    except Invalid as error:
        return _split_form(customer_id, error.fields)
    return _to(into)


@pages.post("/corrections/<int:correction_id>/undo")
def undo(correction_id: int) -> Answer:
    try:
        with kernel().db.unit_of_work() as uow:
            done = merging.undo(uow, principal(), correction_id)
            back = done.from_id
    except ServerError as error:
        return refused(error)
    return said("said.undone", url_for("customers.customer", customer_id=back))

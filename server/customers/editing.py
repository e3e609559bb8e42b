"""Pages that make and change customers, contacts, deals, own fields and absences."""

from collections.abc import Callable
from typing import Any, get_args

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from server.customers import absences, contacts, deals, duplicates, fields, forms, service
from server.customers.models import Customer
from server.customers.pages import Answer, pages
from server.customers.stages import STAGES
from server.customers.versions import Stale, version_of
from server.customers.views import listing
from server.customers.visibility import get_customer
from server.kernel.auth import Principal, principal, require
from server.kernel.context import kernel
from server.kernel.db import UnitOfWork
from server.kernel.errors import Invalid
from server.kernel.pages import local_today

__all__ = ["pages"]


def _form(template: str, *, status: int = 200, **shown: Any) -> Response:
    shown.setdefault("faults", {})
    return make_response(render_template(f"customers/{template}.html", **shown), status)


def _seen() -> str | None:
    """The version the form was filled in from."""
    return request.form.get("version") or None


def _to_customer(customer_id: int) -> BaseResponse:
    return redirect(url_for("customers.customer", customer_id=customer_id), 303)


def _obey(act: Callable[[UnitOfWork], int], show: Callable[[dict[str, str]], Answer]) -> Answer:
    """Do it and show the customer; what is wrong stands beside the field it is wrong in."""
    try:
        with kernel().db.unit_of_work() as uow:
            customer_id = act(uow)
    except Invalid as error:
        return show(error.fields or {"": error.code})
    except Stale:
        return show({"": "stale"})
    return _to_customer(customer_id)


@pages.get("/customers/new")
def new_customer() -> Answer:
    require("rep", "manager")
    with kernel().db.reading() as session:
        own = fields.custom_fields(session)
    values = {"name": request.args.get("name", "").strip()[:200]}
    return _form("new", values=values, fields=own, person={}, alike=[])


@pages.post("/customers/new")
def create_customer() -> Answer:
    who = require("rep", "manager")
    with kernel().db.reading() as session:
        own = fields.custom_fields(session)
        values = forms.customer_values(own)
        new = forms.new_customer(values)
        found = duplicates.alike(session, who, new) if new.name else []
    shown: dict[str, Any] = {
        "values": values,
        "fields": own,
        "person": forms.contact_values("contact_"),
    }
    if found and request.form.get("anyway") != "1":
        return _form("new", alike=found, **shown)

    def act(uow: UnitOfWork) -> int:
        return service.create_customer(uow, new, owner_id=who.user_id, by=who).id

    return _obey(act, lambda wrong: _form("new", status=422, alike=found, faults=wrong, **shown))


@pages.get("/customers/<int:customer_id>/edit")
def edit_customer(customer_id: int) -> Answer:
    return _edit_customer(principal(), customer_id)


def _edit_customer(
    who: Principal,
    customer_id: int,
    faults: dict[str, str] | None = None,
    typed: dict[str, Any] | None = None,
) -> Response:
    with kernel().db.reading() as session:
        row = get_customer(session, who, customer_id)
        held = service.content(session, row)
        own = fields.custom_fields(session)
        owners = listing.new_owners(session, who) if who.leads else []
    stale = (faults or {}).get("") == "stale"
    return _form(
        "edit",
        status=412 if stale else 422 if faults else 200,
        id=customer_id,
        name=held["name"],
        values=typed or held,
        version=version_of(held) if typed is None or stale else _seen(),
        fields=own,
        owners=owners,
        faults=faults or {},
    )


@pages.post("/customers/<int:customer_id>/edit")
def change_customer(customer_id: int) -> Answer:
    who = principal()
    with kernel().db.reading() as session:
        own = fields.custom_fields(session)
    values = forms.customer_values(own)
    owner = forms.number("owner_id")
    if owner is not None:
        values["owner_id"] = owner

    def act(uow: UnitOfWork) -> int:
        service.change_customer(uow, who, customer_id, values, if_match=_seen())
        return customer_id

    return _obey(act, lambda wrong: _edit_customer(who, customer_id, wrong, values))


@pages.get("/customers/<int:customer_id>/contacts/new")
def new_contact(customer_id: int) -> Answer:
    return _contact_form(customer_id, {})


def _contact_form(
    customer_id: int, values: dict[str, Any], faults: dict[str, str] | None = None
) -> Response:
    with kernel().db.reading() as session:
        row = get_customer(session, principal(), customer_id)
    return _form(
        "contact",
        status=422 if faults else 200,
        customer=row,
        values=values,
        faults=faults or {},
        target=url_for("customers.create_contact", customer_id=customer_id),
    )


@pages.post("/customers/<int:customer_id>/contacts/new")
def create_contact(customer_id: int) -> Answer:
    values = forms.contact_values()

    def act(uow: UnitOfWork) -> int:
        new = contacts.NewContact(**values)
        return contacts.create_contact(uow, principal(), customer_id, new).customer_id

    return _obey(act, lambda wrong: _contact_form(customer_id, values, wrong))


@pages.get("/contacts/<int:contact_id>")
def edit_contact(contact_id: int) -> Answer:
    return _edit_contact(contact_id)


def _edit_contact(
    contact_id: int,
    faults: dict[str, str] | None = None,
    typed: dict[str, Any] | None = None,
) -> Response:
    with kernel().db.reading() as session:
        row = contacts.get_contact(session, principal(), contact_id)
        held = contacts.content(session, row)
        customer = session.get_one(Customer, row.customer_id)
        posts = contacts.posts(session, [contact_id])
    stale = (faults or {}).get("") == "stale"
    return _form(
        "contact",
        status=412 if stale else 422 if faults else 200,
        id=contact_id,
        customer=customer,
        values=typed or held,
        version=version_of(held) if typed is None or stale else _seen(),
        posts=posts,
        faults=faults or {},
        target=url_for("customers.change_contact", contact_id=contact_id),
    )


@pages.post("/contacts/<int:contact_id>")
def change_contact(contact_id: int) -> Answer:
    values = forms.contact_values()

    def act(uow: UnitOfWork) -> int:
        changes = dict(values)
        moved_to = forms.number("customer_id")
        if moved_to is not None:
            changes["customer_id"] = moved_to
        return contacts.change_contact(
            uow, principal(), contact_id, changes, if_match=_seen()
        ).customer_id

    return _obey(act, lambda wrong: _edit_contact(contact_id, wrong, values))


@pages.post("/contacts/<int:contact_id>/remove")
def remove_contact(contact_id: int) -> Answer:
    def act(uow: UnitOfWork) -> int:
        customer_id = contacts.get_contact(uow.session, principal(), contact_id).customer_id
        contacts.remove_contact(uow, principal(), contact_id)
        return customer_id

    return _obey(act, lambda wrong: _edit_contact(contact_id, wrong))


@pages.get("/customers/<int:customer_id>/deals/new")
def new_deal(customer_id: int) -> Answer:
    return _deal_form(customer_id, {"stage": "lead", "currency": "CNY"})


def _deal_form(
    customer_id: int, values: dict[str, Any], faults: dict[str, str] | None = None
) -> Response:
    with kernel().db.reading() as session:
        row = get_customer(session, principal(), customer_id)
    return _form(
        "deal",
        status=422 if faults else 200,
        customer=row,
        values=values,
        faults=faults or {},
        stages=STAGES,
        currencies=deals.COMMON_CURRENCIES,
        target=url_for("customers.create_deal", customer_id=customer_id),
    )


@pages.post("/customers/<int:customer_id>/deals/new")
def create_deal(customer_id: int) -> Answer:
    faults: dict[str, str] = {}
    values = forms.deal_values(faults)
    if faults:
        return _deal_form(customer_id, values, faults)

    def act(uow: UnitOfWork) -> int:
        return deals.create_deal(uow, principal(), customer_id, values).customer_id

    return _obey(act, lambda wrong: _deal_form(customer_id, values, wrong))


@pages.get("/deals/<int:deal_id>")
def edit_deal(deal_id: int) -> Answer:
    return _edit_deal(deal_id)


def _edit_deal(
    deal_id: int, faults: dict[str, str] | None = None, typed: dict[str, Any] | None = None
) -> Response:
    with kernel().db.reading() as session:
        row = deals.get_deal(session, principal(), deal_id)
        held = deals.content(row)
        customer = session.get_one(Customer, row.customer_id)
    stale = (faults or {}).get("") == "stale"
    currencies = dict.fromkeys((*deals.COMMON_CURRENCIES, row.currency))
    return _form(
        "deal",
        status=412 if stale else 422 if faults else 200,
        id=deal_id,
        customer=customer,
        values=typed or held,
        version=version_of(held) if typed is None or stale else _seen(),
        faults=faults or {},
        stages=STAGES,
        currencies=tuple(currencies),
        target=url_for("customers.change_deal", deal_id=deal_id),
    )


@pages.post("/deals/<int:deal_id>")
def change_deal(deal_id: int) -> Answer:
    faults: dict[str, str] = {}
    values = forms.deal_values(faults)
    if faults:
        return _edit_deal(deal_id, faults, values)

    def act(uow: UnitOfWork) -> int:
        return deals.change_deal(uow, principal(), deal_id, values, if_match=_seen()).customer_id

    return _obey(act, lambda wrong: _edit_deal(deal_id, wrong, values))


@pages.get("/customers/fields")
def own_fields() -> Answer:
    return _own_fields({})


def _own_fields(faults: dict[str, str]) -> Response:
    require()
    with kernel().db.reading() as session:
        own = fields.custom_fields(session)
    return _form(
        "fields",
        status=422 if faults else 200,
        fields=own,
        kinds=get_args(fields.FieldKind),
        faults=faults,
        values=request.form,
    )


@pages.post("/customers/fields")
def add_field() -> Answer:
    who = require()
    try:
        with kernel().db.unit_of_work() as uow:
            fields.add_field(
                uow,
                who,
                name=forms.word("name"),
                kind=forms.word("kind"),
                choices=forms.listed("choices"),
            )
    except Invalid as error:
        return _own_fields(error.fields)
    return redirect(url_for("customers.own_fields"), 303)


@pages.post("/customers/fields/<int:field_id>/retire")
def retire_field(field_id: int) -> Answer:
    who = require()
    with kernel().db.unit_of_work() as uow:
        fields.retire_field(uow, who, field_id)
    return redirect(url_for("customers.own_fields"), 303)


@pages.get("/absences")
def absence_list() -> Answer:
    return _absences({})


def _absences(faults: dict[str, str]) -> Response:
    who, today = principal(), local_today()
    with kernel().db.reading() as session:
        return _form(
            "absences",
            status=422 if faults else 200,
            rows=absences.absences(session, who, since=today),
            people=absences.people_of(session, who),
            stand_ins=absences.stand_ins(session),
            names=dict(absences.stand_ins(session)),
            today=today,
            faults=faults,
            values=request.form,
        )


@pages.post("/absences")
def add_absence() -> Answer:
    who = principal()
    faults: dict[str, str] = {}
    first, last = forms.day("first_day", faults), forms.day("last_day", faults)
    if first is None:
        faults.setdefault("first_day", "required")
    last = last or first
    if faults or first is None or last is None:
        return _absences(faults)
    try:
        with kernel().db.unit_of_work() as uow:
            absences.add_absence(
                uow,
                who,
                person_id=forms.number("person_id") or who.user_id,
                first_day=first,
                last_day=last,
                stand_in_id=forms.number("stand_in_id"),
                note=request.form.get("note", ""),
            )
    except Invalid as error:
        return _absences(error.fields)
    return redirect(url_for("customers.absence_list"), 303)


@pages.post("/absences/<int:absence_id>/remove")
def remove_absence(absence_id: int) -> Answer:
    with kernel().db.unit_of_work() as uow:
        absences.remove_absence(uow, principal(), absence_id)
    return redirect(url_for("customers.absence_list"), 303)

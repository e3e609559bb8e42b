"""Reads the YAML files of this folder into the model; a wrong reference is an error at once."""

from collections.abc import Callable, Iterable, Mapping
from datetime import time
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

import yaml

from demo.company.model import (
    Call,
    Company,
    Contact,
    Customer,
    Deal,
    Expected,
    File,
    LastContact,
    MachineMail,
    Mail,
    Moment,
    Note,
    Own,
    Person,
    Product,
    Team,
    Thread,
)

Row = dict[str, Any]
T = TypeVar("T")


def load() -> Company:
    """The whole company. Raises ValueError when a file names a key that does not exist."""
    staff = _read("people")
    company = Company(
        own=Own(**staff["company"]),
        teams=_rows(staff["teams"], Team),
        people=_rows(staff["people"], Person),
        products=_rows(staff["products"], Product),
        customers=tuple(_customer(row) for row in _read("customers")),
        contacts=_rows(_read("contacts"), Contact),
        deals=tuple(_deal(row) for row in _read("deals")),
        threads=tuple(_thread(row) for row in _read("conversations")),
        machine=tuple(_machine(row) for row in _read("machine")),
        calls=tuple(_timed(row, Call) for row in _read("calls")),
        notes=tuple(_timed(row, Note) for row in _read("notes")),
    )
    _check(company)
    return company


def load_expected() -> Mapping[str, Expected]:
    """Customer key → what should be known once the files and the history were read."""
    return {key: Expected(**row) for key, row in _read("expected").items()}


@cache
def read_templates() -> Mapping[str, Any]:
    """The texts of ``templates.yaml``: language → situation → variants."""
    found: Mapping[str, Any] = _read("templates")
    return found


def _read(name: str) -> Any:
    text = (files("demo.company") / f"{name}.yaml").read_text("utf-8")
    return yaml.load(text, yaml.CSafeLoader)


def _rows(rows: Iterable[Row], make: Callable[..., T]) -> tuple[T, ...]:
    return tuple(make(**_frozen(row)) for row in rows)


def _frozen(row: Row) -> Row:
    return {key: tuple(v) if isinstance(v, list) else v for key, v in row.items()}


def _moment(row: Row) -> Moment:
    return Moment(row.pop("days"), time.fromisoformat(row.pop("at")))


def _timed(row: Row, make: Callable[..., T]) -> T:
    rest = _frozen(row)
    return make(when=_moment(rest), **rest)


def _customer(row: Row) -> Customer:
    rest = _frozen(row)
    last = rest.pop("last", None)
    return Customer(**rest, last=LastContact(**last) if last else None)


def _deal(row: Row) -> Deal:
    rest = _frozen(row)
    amount = Decimal(rest.pop("amount"))
    demoed = "demo_to_trial_hours" in rest
    trial = rest.pop("demo_to_trial_hours", None)
    return Deal(**rest, amount=amount, demoed=demoed, trial_after=trial)


def _thread(row: Row) -> Thread:
    mails = tuple(_mail(mail) for mail in row["mails"])
    return Thread(key=row["key"], customer=row["customer"], mails=mails)


def _mail(row: Row) -> Mail:
    rest = _frozen(row)
    attach = tuple(File(name=item["file"], title=item["title"]) for item in rest.pop("attach", ()))
    return Mail(
        sender=rest.pop("from"),
        cc=rest.pop("cc", ()),
        subject=rest.pop("subject", None),
        when=_moment(rest),
        attach=attach,
        **rest,
    )


def _machine(row: Row) -> MachineMail:
    rest = _frozen(row)
    start = rest.pop("start", None)
    return MachineMail(
        sender=rest.pop("from", None),
        start=_moment(dict(start)) if start else None,
        when=_moment(rest),
        **rest,
    )


def _check(company: Company) -> None:
    people = {person.key for person in company.people}
    customers = {customer.key for customer in company.customers}
    contacts = {contact.key for contact in company.contacts}
    mails = [mail for thread in company.threads for mail in thread.mails]
    named = [
        (people, (team.manager for team in company.teams)),
        ({team.key for team in company.teams}, (p.team for p in company.people if p.team)),
        (people, (customer.owner for customer in company.customers if customer.owner)),
        (customers, (contact.customer for contact in company.contacts)),
        (customers, (deal.customer for deal in company.deals)),
        (customers, (thread.customer for thread in company.threads)),
        (customers, (note.customer for note in company.notes if note.customer)),
        ({p.key for p in company.products}, (k for deal in company.deals for k in deal.products)),
        (contacts, (call.contact for call in company.calls)),
        (people, (call.by for call in company.calls)),
        (people | contacts, (key for m in mails for key in (m.sender, *m.to, *m.cc))),
        (people | contacts, (mail.sender for mail in company.machine if mail.sender)),
    ]
    unknown = sorted({key for known, keys in named for key in keys if key not in known})
    if unknown:
        raise ValueError(f"unknown keys in demo/company: {', '.join(unknown)}")

"""What people type into the forms of customers, contacts and deals, as the services take it."""

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import request

from server.customers.contacts import NewContact
from server.customers.models import CustomField
from server.customers.service import NewCustomer

_BETWEEN = re.compile(r"[\n,，;；、]+")
_LIMITS = {"name": 200, "grade": 10, "title": 200}


def word(name: str) -> str:
    return request.form.get(name, "").strip()[: _LIMITS.get(name, 60)]


def listed(name: str) -> list[str]:
    """One field with several values, between commas or in lines of their own."""
    parts = _BETWEEN.split(request.form.get(name, "")[:4_000])
    return [part.strip() for part in parts if part.strip()][:50]


def number(name: str) -> int | None:
    value = request.form.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 18 else None


def day(name: str, faults: dict[str, str]) -> date | None:
    text = request.form.get(name, "").strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        faults[name] = "bad_date"
        return None


def customer_values(fields: list[CustomField]) -> dict[str, Any]:
    return {
        "name": request.form.get("name", "").strip(),
        **{name: word(name) for name in ("grade", "region", "industry", "size", "source")},
        **{name: listed(name) for name in ("tags", "aliases", "domains", "phones")},
        "custom": {str(field.id): word(f"custom-{field.id}") for field in fields},
    }


def new_customer(values: dict[str, Any]) -> NewCustomer:
    person = contact_values("contact_")
    has_person = any(person.values())
    return NewCustomer(**values, contacts=[NewContact(**person)] if has_person else [])


def contact_values(prefix: str = "") -> dict[str, Any]:
    return {
        "name": request.form.get(f"{prefix}name", "").strip()[:120],
        "title": request.form.get(f"{prefix}title", "").strip()[:120],
        "emails": listed(f"{prefix}emails")[:20],
        "phones": listed(f"{prefix}phones")[:20],
        "wecom": listed(f"{prefix}wecom")[:20],
    }


def deal_values(faults: dict[str, str]) -> dict[str, Any]:
    return {
        "title": request.form.get("title", "").strip(),
        "stage": word("stage"),
        "amount": _amount(faults),
        "currency": word("currency").upper(),
        "expected_close": day("expected_close", faults),
        "products": listed("products"),
        "lost_reason": word("lost_reason"),
    }


def _amount(faults: dict[str, str]) -> Decimal | None:
    text = re.sub(r"[\s,，]", "", request.form.get("amount", ""))
    if not text:
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        faults["amount"] = "bad_amount"
        return None

"""The fields that this company adds to its customers."""

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, get_args

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.customers.models import CustomField
from server.identity.service import audit
from server.kernel.auth import Principal
from server.kernel.db import UnitOfWork
from server.kernel.errors import Forbidden, Invalid, NotFound

FieldKind = Literal["text", "number", "date", "choice"]
MAX_FIELDS = 40


def custom_fields(session: Session, *, with_retired: bool = False) -> list[CustomField]:
    query = select(CustomField).order_by(CustomField.id)
    if not with_retired:
        query = query.where(CustomField.active)
    return list(session.scalars(query))


def add_field(
    uow: UnitOfWork, who: Principal, *, name: str, kind: str, choices: list[str]
) -> CustomField:
    """For administrators. Invalid names every bad field."""
    _need_admin(who)
    fields: dict[str, str] = {}
    held = custom_fields(uow.session)
    if not name.strip():
        fields["name"] = "required"
    elif any(field.name == name.strip() for field in held):
        fields["name"] = "field_taken"
    if kind not in get_args(FieldKind):
        fields["kind"] = "invalid"
    kept = list(dict.fromkeys(filter(None, (choice.strip()[:60] for choice in choices))))
    if kind == "choice" and len(kept) < 2:
        fields["choices"] = "choices_needed"
    if len(held) >= MAX_FIELDS:
        fields["name"] = "too_many_fields"
    if fields:
        raise Invalid(fields=fields)
    field = CustomField(
        name=name.strip()[:60], kind=kind, choices=kept if kind == "choice" else [], active=True
    )
    uow.session.add(field)
    uow.session.flush()
    audit(uow, who.user_id, "field.add", f"field/{field.id}", after=[name, kind, kept])
    return field


def retire_field(uow: UnitOfWork, who: Principal, field_id: int) -> CustomField:
    """It is asked for no more; what customers hold in it stays on record."""
    _need_admin(who)
    field = uow.session.get(CustomField, field_id)
    if field is None or not field.active:
        raise NotFound("field_not_found")
    field.active = False
    audit(uow, who.user_id, "field.retire", f"field/{field_id}")
    return field


def _need_admin(who: Principal) -> None:
    if who.role != "admin":
        raise Forbidden


def checked(session: Session, given: dict[str, Any], faults: dict[str, str]) -> dict[str, str]:
    """Values as they are kept, by field number; what is wrong is added to ``faults``, an empty
    value empties its field."""
    known = {str(field.id): field for field in custom_fields(session)}
    kept: dict[str, str] = {}
    for key, value in given.items():
        field = known.get(str(key))
        if field is None:
            faults[f"custom.{key}"] = "unknown_field"
            continue
        text = "" if value is None else str(value).strip()[:500]
        if text and not _fits(field, text):
            faults[f"custom.{key}"] = f"bad_{field.kind}"
        kept[str(key)] = text
    return kept


def _fits(field: CustomField, text: str) -> bool:
    try:
        if field.kind == "number":
            return Decimal(text).is_finite()
        if field.kind == "date":
            date.fromisoformat(text)
    except (InvalidOperation, ValueError):
        return False
    return field.kind != "choice" or text in field.choices

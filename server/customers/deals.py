"""Deals: what may be sold, at which stage, for how much."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from babel.numbers import list_currencies
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.customers.models import Customer, Deal, StageChange
from server.customers.stages import CLOSED, STAGES, Stage
from server.customers.versions import check
from server.customers.visibility import get_customer, may_see
from server.identity.service import audit
from server.kernel.auth import Principal
from server.kernel.db import UnitOfWork
from server.kernel.errors import Invalid, NotFound
from server.kernel.events import ContactRecomputed

EDITABLE = (
    "title",
    "stage",
    "amount",
    "currency",
    "expected_close",
    "products",
    "lost_reason",
)
MAX_AMOUNT = Decimal(10) ** 13
"""SQLite keeps numbers as doubles: up to here every cent stays what it was."""
COMMON_CURRENCIES = ("CNY", "USD", "EUR", "HKD", "JPY", "GBP", "TWD", "SGD", "KRW")


def open_deal(
    uow: UnitOfWork,
    customer: Customer,
    *,
    title: str,
    owner_id: int | None,
    stage: Stage = "lead",
    amount: Decimal | None = None,
    created_at: datetime | None = None,
    by_id: int | None = None,
    **rest: Any,
) -> Deal:
    """A new deal; its stage becomes the customer's if it leads."""
    at = created_at or uow.clock.now()
    deal = Deal(
        customer_id=customer.id,
        owner_id=owner_id,
        title=title,
        stage=stage,
        amount=amount,
        created_at=at,
        **rest,
    )
    uow.session.add(deal)
    uow.session.flush()
    uow.session.add(
        StageChange(deal_id=deal.id, from_stage=None, to_stage=stage, at=at, by_id=by_id)
    )
    refresh_stage(uow, customer)
    return deal


def refresh_stage(uow: UnitOfWork, customer: Customer) -> None:
    """A customer's stage is that of the leading (furthest) open deal, else of the last closed one."""
    uow.session.flush()
    deals = uow.session.scalars(select(Deal).where(Deal.customer_id == customer.id)).all()
    if not deals:
        return
    running = [deal for deal in deals if deal.stage not in CLOSED]
    leading = (
        max(running, key=lambda deal: (STAGES.index(deal.stage), deal.id))
        if running
        else max(deals, key=lambda deal: (deal.closed_at or deal.created_at, deal.id))
    )
    if customer.stage != leading.stage:
        customer.stage = leading.stage
        customer.revision = uow.bump("directory")


def get_deal(session: Session, who: Principal, deal_id: int, *, lock: bool = False) -> Deal:
    """The deal, or NotFound when its customer is not this person's to see. With ``lock`` nobody
    else changes it before this transaction ends."""
    query = (
        select(Deal)
        .join(Customer, Customer.id == Deal.customer_id)
        .where(Deal.id == deal_id, may_see(who))
    )
    found = session.scalar(query.with_for_update(of=Deal) if lock else query)
    if found is None:
        raise NotFound("deal_not_found")
    return found


def content(deal: Deal) -> dict[str, Any]:
    """What can be changed of a deal."""
    amount = deal.amount
    return {name: getattr(deal, name) for name in EDITABLE} | {
        # 1000 and 1000.00 are the same money.
        "amount": None if amount is None else f"{amount:.2f}"
    }


def deal_faults(wanted: dict[str, Any]) -> dict[str, str]:
    fields: dict[str, str] = {}
    if not str(wanted["title"]).strip():
        fields["title"] = "required"
    elif len(wanted["title"]) > 200:
        fields["title"] = "too_long"
    if wanted["stage"] not in STAGES:
        fields["stage"] = "invalid"
    amount = wanted["amount"]
    if amount is not None:
        amount = Decimal(amount)
        if not amount.is_finite() or not 0 <= amount < MAX_AMOUNT:
            fields["amount"] = "bad_amount"
        elif amount != amount.quantize(Decimal("0.01")):
            fields["amount"] = "too_fine"
    if wanted["currency"] not in list_currencies():
        fields["currency"] = "bad_currency"
    if wanted["stage"] == "lost" and not str(wanted["lost_reason"]).strip():
        fields["lost_reason"] = "lost_reason_required"
    return fields


def create_deal(uow: UnitOfWork, who: Principal, customer_id: int, new: dict[str, Any]) -> Deal:
    customer = get_customer(uow.session, who, customer_id)
    wanted = {**_EMPTY, **new}
    if fields := deal_faults(wanted):
        raise Invalid(fields=fields)
    deal = open_deal(uow, customer, owner_id=customer.owner_id, by_id=who.user_id, **_kept(wanted))
    if deal.stage in CLOSED:
        deal.closed_at = uow.clock.now()
    refresh_stage(uow, customer)
    audit(uow, who.user_id, "deal.create", f"deal/{deal.id}", after=content(deal))
    uow.record(ContactRecomputed((customer.id,)))
    uow.bump("feed")
    return deal


_EMPTY: dict[str, Any] = {
    "title": "",
    "stage": "lead",
    "amount": None,
    "currency": "CNY",
    "expected_close": None,
    "products": [],
    "lost_reason": "",
}


def _kept(wanted: dict[str, Any]) -> dict[str, Any]:
    products = (str(product).strip()[:120] for product in wanted["products"])
    expected: date | None = wanted["expected_close"]
    return {
        "title": str(wanted["title"]).strip(),
        "stage": wanted["stage"],
        "amount": None if wanted["amount"] is None else Decimal(wanted["amount"]),
        "currency": wanted["currency"],
        "expected_close": expected,
        "products": list(dict.fromkeys(filter(None, products))),
        "lost_reason": str(wanted["lost_reason"]).strip()[:60] if wanted["stage"] == "lost" else "",
    }


def change_deal(
    uow: UnitOfWork,
    who: Principal,
    deal_id: int,
    changes: dict[str, Any],
    *,
    if_match: str | None = None,
) -> Deal:
    """Change fields or the stage; every change of stage is written down, with who made it."""
    deal = get_deal(uow.session, who, deal_id, lock=True)
    before = content(deal)
    check(if_match, before)
    wanted = {**before, **changes}
    if fields := deal_faults(wanted):
        raise Invalid(fields=fields)
    now = uow.clock.now()
    if wanted["stage"] != deal.stage:
        uow.session.add(
            StageChange(
                deal_id=deal.id,
                from_stage=deal.stage,
                to_stage=wanted["stage"],
                at=now,
                by_id=who.user_id,
            )
        )
        deal.closed_at = now if wanted["stage"] in CLOSED else None
    for name, value in _kept(wanted).items():
        setattr(deal, name, value)
    after = content(deal)
    if after != before:
        customer = uow.session.get_one(Customer, deal.customer_id)
        refresh_stage(uow, customer)
        audit(uow, who.user_id, "deal.change", f"deal/{deal.id}", before=before, after=after)
        # Nobody has to call about a closed deal, and again about one that opened anew.
        uow.record(ContactRecomputed((customer.id,)))
        uow.bump("feed")
    return deal

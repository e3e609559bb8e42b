"""The single write door: items from agents and extensions, each judged alone."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import select

from agent.contract.activity import Activity
from agent.contract.forget import ForgetReply, ForgetRequest
from agent.contract.ingest import ItemResult, RefusalCode
from agent.rules.identity import domain_of, normalize_email
from server.customers import forgetting
from server.customers.forwarding import forward, forwarded
from server.customers.models import Customer
from server.customers.recording import record_activities
from server.customers.visibility import may_see
from server.ingest.erased import without_erased
from server.ingest.ownership import own_copies
from server.kernel.auth import Principal
from server.kernel.db import UnitOfWork
from server.kernel.errors import Forbidden, Invalid
from server.kernel.sealing import Seal


def ingest(
    uow: UnitOfWork, who: Principal, items: Sequence[dict[str, Any]], seal: Seal
) -> list[ItemResult]:
    """Record a batch, idempotent by id. One result per item, in the same order.

    A refusal is final (the agent keeps the item in quarantine); whoever may see a customer may
    record for it. Further customers of an item (``also``) that are not the caller's are left out.
    Who was erased does not come back: an item with nobody else is answered as one already here.
    """
    parsed = without_erased(uow.session, seal, [_parse(item) for item in items])
    wanted = {
        match.customer_id
        for item in parsed
        if isinstance(item, Activity)
        for match in (item.match, *item.also)
    }
    moved = forwarded(uow.session, wanted)
    parsed = [forward(item, moved) if isinstance(item, Activity) else item for item in parsed]
    wanted = {moved.get(customer_id, customer_id) for customer_id in wanted}
    own = set(uow.session.scalars(select(Customer.id).where(Customer.id.in_(wanted), may_see(who))))
    known = set(uow.session.scalars(select(Customer.id).where(Customer.id.in_(wanted))))
    admitted: list[Activity] = []
    results: list[ItemResult | Activity] = []
    for item in parsed:
        if isinstance(item, ItemResult):
            results.append(item)
        elif item.match.customer_id not in own:
            stranger = item.match.customer_id not in known
            results.append(
                _refused(item.id, "unknown_customer" if stranger else "not_your_customer")
            )
        else:
            also = tuple(match for match in item.also if match.customer_id in own)
            admitted.append(item.model_copy(update={"also": also}))
            results.append(item)
    mine, others = own_copies(uow.session, who, admitted)
    news = iter(record_activities(uow, mine, by_id=who.user_id, only_link=others))
    return [
        result
        if isinstance(result, ItemResult)
        else ItemResult(id=result.id, result="accepted" if next(news) else "duplicate")
        for result in results
    ]


def _parse(item: dict[str, Any]) -> Activity | ItemResult:
    try:
        return Activity.model_validate(item)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        return _refused(_readable_id(item), "invalid", f"{where}: {first['type']}")


def _readable_id(item: dict[str, Any]) -> UUID | None:
    try:
        return UUID(str(item.get("id")))
    except ValueError:
        return None


def _refused(key: UUID | None, code: RefusalCode, message: str = "") -> ItemResult:
    return ItemResult(id=key, result="refused", code=code, message=message)


def forget(uow: UnitOfWork, who: Principal, wanted: ForgetRequest) -> ForgetReply:
    """Only for a paired device, and only what its person's devices delivered."""
    if who.device_id is None:
        raise Forbidden("devices_only")
    emails = [normalize_email(email) for email in wanted.emails]
    domains = [domain_of(normalize_email(f"x@{domain.strip()}") or "") for domain in wanted.domains]
    fields: dict[str, str] = {}
    if None in emails:
        fields["emails"] = "bad_email"
    if "" in domains:
        fields["domains"] = "bad_domain"
    if fields:
        raise Invalid(fields=fields)
    done = forgetting.forget(
        uow,
        who,
        request_id=wanted.id,
        emails=list(filter(None, emails)),
        domains=domains,
        activities=wanted.activities,
    )
    return ForgetReply(erased=done.erased, kept=done.kept)

"""Erase what a person's devices delivered, because somebody asked to be forgotten.

Only a person's own deliveries are within reach. What a colleague's device delivered too stays, as
the colleague's: this person's part in it (the capture, the links it alone made) goes. The date of
last contact follows from what is left.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

from sqlalchemy import ColumnElement, delete, func, or_, select, update

from server.customers.linking import BY_HAND
from server.customers.models import (
    Activity,
    ActivityCapture,
    ActivityCommitment,
    ActivityCustomer,
    ActivityParticipant,
    ActivityTag,
    Customer,
    Recording,
    SearchEntry,
)
from server.customers.recording import recompute_last_contact
from server.identity.service import audit
from server.kernel.auth import Principal
from server.kernel.db import UnitOfWork

_CHUNK = 400


@dataclass(frozen=True, slots=True)
class Forgotten:
    erased: int
    kept: int


def forget(
    uow: UnitOfWork,
    who: Principal,
    *,
    request_id: UUID,
    emails: Collection[str],
    domains: Collection[str],
    activities: Collection[UUID],
) -> Forgotten:
    """Erase this person's deliveries that involve one of these. Asking again finds nothing more.

    ``emails`` and ``domains``: normalised. The audit log learns how much, never whom.
    """
    ids = _delivered(uow, who, emails, domains, activities)
    erased = kept = 0
    touched: set[int] = set()
    for start in range(0, len(ids), _CHUNK):
        some = ids[start : start + _CHUNK]
        touched.update(customers_of(uow, some))
        shared = _shared(uow, who, some)
        _leave(uow, who, sorted(shared))
        erase_activities(uow, [key for key in some if key not in shared])
        erased += len(some) - len(shared)
        kept += len(shared)
    if ids:
        recompute_last_contact(uow, touched)
        uow.bump("feed")
        audit(
            uow,
            who.user_id,
            "activity.forget",
            f"request/{request_id}",
            after={"erased": erased, "kept": kept},
        )
    return Forgotten(erased, kept)


def _delivered(
    uow: UnitOfWork,
    who: Principal,
    emails: Collection[str],
    domains: Collection[str],
    activities: Collection[UUID],
) -> list[UUID]:
    """The activities in question, locked: a delivery of the same items waits until we are done."""
    mine = select(ActivityCapture.activity_id).where(ActivityCapture.person_id == who.user_id)
    named: list[ColumnElement[bool]] = []
    if emails or domains:
        address = func.lower(ActivityParticipant.email)
        fits = [address == email for email in sorted(emails)]
        for domain in sorted(domains):
            fits.append(address.endswith(f"@{domain}", autoescape=True))
            fits.append(address.endswith(f".{domain}", autoescape=True))
        involved = select(ActivityParticipant.activity_id).where(
            or_(*fits), ActivityParticipant.side != "us"
        )
        named.append(Activity.id.in_(involved))
    if activities:
        # Kept as this person's own copy when a colleague's said something else.
        copies = [uuid5(key, f"copy of {who.user_id}") for key in activities]
        named.append(Activity.id.in_([*activities, *copies]))
    if not named:
        return []
    return list(
        uow.session.scalars(
            select(Activity.id)
            .where(Activity.id.in_(mine), or_(*named))
            .order_by(Activity.id)
            .with_for_update()
        )
    )


def customers_of(uow: UnitOfWork, ids: Sequence[UUID]) -> set[int]:
    """On whose timelines these activities stand, or whose last contact one of them is."""
    rows = uow.session.scalars(
        select(ActivityCustomer.customer_id).where(ActivityCustomer.activity_id.in_(ids))
    )
    last = uow.session.scalars(select(Customer.id).where(Customer.last_activity_id.in_(ids)))
    return {*rows, *last}


def _shared(uow: UnitOfWork, who: Principal, ids: Sequence[UUID]) -> set[UUID]:
    """Those that somebody else's devices delivered too."""
    return set(
        uow.session.scalars(
            select(ActivityCapture.activity_id).where(
                ActivityCapture.activity_id.in_(ids), ActivityCapture.person_id != who.user_id
            )
        )
    )


def _leave(uow: UnitOfWork, who: Principal, ids: Sequence[UUID]) -> None:
    """Take this person's part out of what is a colleague's as well."""
    if not ids:
        return
    session = uow.session
    mine = ActivityCapture.person_id == who.user_id
    session.execute(delete(ActivityCapture).where(ActivityCapture.activity_id.in_(ids), mine))
    said: dict[UUID, set[int]] = {key: set() for key in ids}
    heir: dict[UUID, int] = {}
    for capture in session.scalars(
        select(ActivityCapture)
        .where(ActivityCapture.activity_id.in_(ids))
        .order_by(ActivityCapture.at, ActivityCapture.person_id)
    ):
        said[capture.activity_id].update(capture.customer_ids)
        heir.setdefault(capture.activity_id, capture.person_id)
    for link in session.scalars(
        select(ActivityCustomer).where(
            ActivityCustomer.activity_id.in_(ids), ActivityCustomer.why != BY_HAND
        )
    ):
        if link.customer_id not in said[link.activity_id]:
            session.delete(link)
    for key, person_id in heir.items():
        session.execute(
            update(Activity)
            .where(Activity.id == key, Activity.by_id == who.user_id)
            .values(by_id=person_id)
        )
    session.flush()


def erase_activities(uow: UnitOfWork, ids: Sequence[UUID]) -> None:
    """These activities with all that hangs on them; last contact is the caller's to compute."""
    if not ids:
        return
    uow.session.execute(
        update(Customer)
        .where(Customer.last_activity_id.in_(ids))
        .values(last_activity_id=None)
        .execution_options(synchronize_session=False)
    )
    for part in (
        SearchEntry,
        Recording,
        ActivityTag,
        ActivityCommitment,
        ActivityParticipant,
        ActivityCustomer,
        ActivityCapture,
    ):
        uow.session.execute(
            delete(part)
            .where(part.activity_id.in_(ids))
            .execution_options(synchronize_session=False)
        )
    uow.session.execute(
        delete(Activity).where(Activity.id.in_(ids)).execution_options(synchronize_session=False)
    )

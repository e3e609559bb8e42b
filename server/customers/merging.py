"""Two customers that are one, one that is two, and the way back from both. Nothing is deleted: what
one had stands with the other, and each correction remembers what it took."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from server.customers.corrections import kept, restore, undo_move
from server.customers.deals import refresh_stage
from server.customers.indexing import index_customers
from server.customers.lessons import touch_directory
from server.customers.models import (
    ActivityCustomer,
    ActivityParticipant,
    Contact,
    Correction,
    Customer,
    CustomerTag,
    Deal,
    IdentityKey,
    Lesson,
    OwnerChange,
    Post,
)
from server.customers.recording import recompute_last_contact
from server.customers.service import NewCustomer, create_customer
from server.customers.visibility import get_customer, may_see
from server.identity.service import audit
from server.kernel.auth import Principal
from server.kernel.db import UnitOfWork
from server.kernel.errors import Conflict, Invalid, NotFound
from server.kernel.events import OwnerChanged

_TABLES: dict[str, Any] = {
    "contact": Contact,
    "deal": Deal,
    "identity_key": IdentityKey,
    "lesson": Lesson,
    "post": Post,
}
"""What belongs to one customer and goes over by its id."""


def merge(uow: UnitOfWork, who: Principal, from_id: int, into_id: int) -> Correction:
    """``from_id`` becomes a part of ``into_id``: people, deals, keys and the whole history. The
    name of the first stays as a short name, so that it is still recognised."""
    session = uow.session
    if from_id == into_id:
        raise Invalid(fields={"into": "same_customer"})
    first, second = sorted((from_id, into_id))
    both = {key: get_customer(session, who, key, lock=True) for key in (first, second)}
    gone, stays = both[from_id], both[into_id]
    data = _take(session, from_id, into_id)
    aliases = [gone.name] if gone.name != stays.name else []
    data["aliases"] = _add_aliases(session, into_id, aliases)
    data["tags"] = _add_tags(session, from_id, into_id)
    data["owner_id"], data["team_id"] = gone.owner_id, gone.team_id
    data["links"] = _carry_links(session, _links(session, from_id), into_id)
    correction = _noted(uow, who, "merge", from_id, into_id, data)
    uow.session.add(
        OwnerChange(
            revision=uow.bump("directory"),
            customer_id=from_id,
            previous_owner_id=gone.owner_id,
            previous_team_id=gone.team_id,
            at=uow.clock.now(),
        )
    )
    gone.merged_into_id, gone.owner_id, gone.team_id = into_id, None, None
    _settle(uow, from_id, into_id)
    return correction


def _take(session: Session, from_id: int, into_id: int) -> dict[str, Any]:
    """All that belongs to one goes over to the other; returns what it was."""
    taken: dict[str, Any] = {}
    held = {
        (key.kind, key.value)
        for key in session.scalars(
            select(IdentityKey).where(
                IdentityKey.customer_id == into_id, IdentityKey.contact_id.is_(None)
            )
        )
    }
    for name, table in _TABLES.items():
        rows = session.scalars(select(table).where(table.customer_id == from_id)).all()
        if table is IdentityKey:
            # The other has it already: it waits here.
            rows = [
                row
                for row in rows
                if row.contact_id is not None or (row.kind, row.value) not in held
            ]
        for row in rows:
            row.customer_id = into_id
        taken[name] = [row.id for row in rows]
    session.flush()
    return taken


def _add_aliases(session: Session, customer_id: int, names: Sequence[str]) -> list[int]:
    held = session.scalars(
        select(IdentityKey.value).where(
            IdentityKey.customer_id == customer_id, IdentityKey.kind == "alias"
        )
    ).all()
    added = [
        IdentityKey(customer_id=customer_id, kind="alias", value=name)
        for name in names
        if name not in held
    ]
    session.add_all(added)
    session.flush()
    return [key.id for key in added]


def _add_tags(session: Session, from_id: int, into_id: int) -> list[str]:
    tags = {
        key: set(session.scalars(select(CustomerTag.tag).where(CustomerTag.customer_id == key)))
        for key in (from_id, into_id)
    }
    added = sorted(tags[from_id] - tags[into_id])
    session.add_all(CustomerTag(customer_id=into_id, tag=tag) for tag in added)
    return added


def _links(session: Session, customer_id: int) -> Sequence[ActivityCustomer]:
    return session.scalars(
        select(ActivityCustomer).where(ActivityCustomer.customer_id == customer_id)
    ).all()


def _carry_links(
    session: Session, links: Sequence[ActivityCustomer], to: int
) -> list[dict[str, Any]]:
    """What stands with both already keeps its place there; returns the links as they were."""
    before = [kept(link) for link in links]
    there = set(
        session.scalars(
            select(ActivityCustomer.activity_id).where(ActivityCustomer.customer_id == to)
        )
    )
    for link in links:
        if link.activity_id in there:
            session.delete(link)
        else:
            link.customer_id = to
    session.flush()
    return [{**row, "both": UUID(row["activity_id"]) in there} for row in before]


def _noted(
    uow: UnitOfWork, who: Principal, kind: str, from_id: int, to_id: int, data: dict[str, Any]
) -> Correction:
    correction = Correction(
        kind=kind, at=uow.clock.now(), by_id=who.user_id, from_id=from_id, to_id=to_id, data=data
    )
    uow.session.add(correction)
    uow.session.flush()
    audit(uow, who.user_id, f"customer.{kind}", f"customer/{from_id}", before=from_id, after=to_id)
    return correction


def _settle(uow: UnitOfWork, *customer_ids: int) -> None:
    """Stage, last contact, search and directory follow."""
    session = uow.session
    session.flush()
    for customer in session.scalars(select(Customer).where(Customer.id.in_(customer_ids))):
        refresh_stage(uow, customer)
    touch_directory(uow, customer_ids)
    index_customers(session, customer_ids)
    recompute_last_contact(uow, customer_ids)
    uow.record(OwnerChanged(tuple(customer_ids)))
    uow.bump("feed")


def split(
    uow: UnitOfWork,
    who: Principal,
    customer_id: int,
    *,
    name: str,
    contact_ids: Collection[int] = (),
    deal_ids: Collection[int] = (),
    domains: Collection[str] = (),
) -> Correction:
    """Take people, deals and domains out into a new customer; what these people said goes along."""
    session = uow.session
    old = get_customer(session, who, customer_id, lock=True)
    if not (contact_ids or deal_ids or domains):
        raise Invalid(fields={"contact_ids": "nothing_chosen"})
    people = _own(session, Contact, customer_id, contact_ids, "contact_ids")
    some_deals = _own(session, Deal, customer_id, deal_ids, "deal_ids")
    named = [domain.strip().lower() for domain in domains]
    keys = session.scalars(
        select(IdentityKey).where(
            IdentityKey.customer_id == customer_id,
            or_(
                IdentityKey.contact_id.in_([person.id for person in people]),
                (IdentityKey.kind == "domain") & IdentityKey.value.in_(named),
            ),
        )
    ).all()
    if set(named) - {key.value for key in keys if key.kind == "domain"}:
        raise Invalid(fields={"domains": "bad_domain"})
    made = create_customer(
        uow,
        NewCustomer(
            name=name,
            grade=old.grade,
            region=old.region,
            industry=old.industry,
            source=old.source,
            created_at=old.created_at,
            first_deal=not some_deals,
        ),
        owner_id=old.owner_id,
    )
    made.team_id = old.team_id
    posts = session.scalars(
        select(Post).where(
            Post.customer_id == customer_id, Post.contact_id.in_([p.id for p in people])
        )
    ).all()
    data: dict[str, Any] = {
        "contact": [row.id for row in people],
        "deal": [row.id for row in some_deals],
        "identity_key": [row.id for row in keys],
        "lesson": [],
        "post": [row.id for row in posts],
    }
    links = session.scalars(
        select(ActivityCustomer).where(
            ActivityCustomer.customer_id == customer_id,
            ActivityCustomer.activity_id.in_(_said_by(session, people, keys)),
        )
    ).all()
    for row in (*people, *some_deals, *keys, *posts):
        row.customer_id = made.id
    session.flush()
    data["links"] = _carry_links(session, links, made.id)
    correction = _noted(uow, who, "split", customer_id, made.id, data)
    _settle(uow, customer_id, made.id)
    return correction


def _own(
    session: Session, table: Any, customer_id: int, ids: Collection[int], field: str
) -> list[Any]:
    rows = session.scalars(
        select(table).where(table.id.in_(ids), table.customer_id == customer_id)
    ).all()
    if len(rows) != len(set(ids)):
        raise Invalid(fields={field: "not_of_this_customer"})
    return list(rows)


def _said_by(session: Session, people: Sequence[Contact], keys: Sequence[IdentityKey]) -> set[UUID]:
    """Activities in which these people, or somebody at these domains, took part."""
    fits = []
    for key in keys:
        if key.kind == "email":
            fits.append(ActivityParticipant.email == key.value)
        elif key.kind == "phone":
            fits.append(ActivityParticipant.phone == key.value)
        elif key.kind == "domain":
            fits.append(ActivityParticipant.email.endswith(f"@{key.value}", autoescape=True))
            fits.append(ActivityParticipant.email.endswith(f".{key.value}", autoescape=True))
    found: set[UUID] = set()
    if fits:
        found.update(
            session.scalars(
                select(ActivityParticipant.activity_id).where(
                    or_(*fits), ActivityParticipant.side != "us"
                )
            )
        )
    found.update(
        session.scalars(
            select(ActivityCustomer.activity_id).where(
                ActivityCustomer.contact_id.in_([person.id for person in people])
            )
        )
    )
    return found


def undo(uow: UnitOfWork, who: Principal, correction_id: int) -> Correction:
    """Take a move, merge or split back; only who sees the customer it led to may."""
    session = uow.session
    correction = session.scalar(
        select(Correction)
        .join(Customer, Customer.id == Correction.to_id)
        .where(Correction.id == correction_id, may_see(who))
        .with_for_update(of=Correction)
    )
    if correction is None:
        raise NotFound("correction_not_found")
    if correction.undone_at is not None:
        raise Conflict("already_undone")
    if correction.kind == "move":
        get_customer(session, who, correction.from_id)
        undo_move(uow, correction)
    else:
        _give_back(uow, who, correction)
    correction.undone_at, correction.undone_by_id = uow.clock.now(), who.user_id
    audit(uow, who.user_id, f"{correction.kind}.undo", f"correction/{correction.id}")
    uow.bump("feed")
    return correction


def _give_back(uow: UnitOfWork, who: Principal, correction: Correction) -> None:
    """What was carried over and is still there goes back; what came since stays where it came."""
    session, old, new = uow.session, correction.from_id, correction.to_id
    data = correction.data
    for name, table in _TABLES.items():
        session.execute(
            update(table)
            .where(table.id.in_(data[name]), table.customer_id == new)
            .values(customer_id=old)
            .execution_options(synchronize_session=False)
        )
    carried = [UUID(row["activity_id"]) for row in data["links"] if not row["both"]]
    still = set(
        session.scalars(
            select(ActivityCustomer.activity_id).where(
                ActivityCustomer.activity_id.in_(carried), ActivityCustomer.customer_id == new
            )
        )
    )
    session.execute(
        delete(ActivityCustomer).where(
            ActivityCustomer.activity_id.in_(still), ActivityCustomer.customer_id == new
        )
    )
    session.expire_all()
    restore(
        session,
        [r for r in data["links"] if r["both"] or UUID(r["activity_id"]) in still],
    )
    if correction.kind == "merge":
        session.execute(delete(IdentityKey).where(IdentityKey.id.in_(data["aliases"])))
        session.execute(
            delete(CustomerTag).where(
                CustomerTag.customer_id == new, CustomerTag.tag.in_(data["tags"])
            )
        )
        gone = session.get_one(Customer, old)
        gone.merged_into_id = None
        gone.owner_id, gone.team_id = data["owner_id"], data["team_id"]
        _settle(uow, old, new)
        return
    get_customer(session, who, old)
    made = session.get_one(Customer, new)
    session.flush()
    # Whatever came to the new one since belongs to the old one again as well.
    since = _take(session, new, old)
    since["links"] = _carry_links(session, _links(session, new), old)
    uow.session.add(
        OwnerChange(
            revision=uow.bump("directory"),
            customer_id=new,
            previous_owner_id=made.owner_id,
            previous_team_id=made.team_id,
            at=uow.clock.now(),
        )
    )
    made.merged_into_id, made.owner_id, made.team_id = old, None, None
    _settle(uow, old, new)

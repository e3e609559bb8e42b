"""Keep the words by which customers and activities are found up to date."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.customers.models import (
    Activity,
    ActivityParticipant,
    Contact,
    Customer,
    CustomerTag,
    IdentityKey,
    SearchEntry,
)
from server.customers.words import words_of
from server.kernel.db import upsert


def index_customers(session: Session, ids: Iterable[int]) -> None:
    """Names, tags, own fields, contacts and keys (former ones too) of these customers."""
    wanted = sorted(set(ids))
    if not wanted:
        return
    session.flush()
    texts: dict[int, list[str]] = {}
    for row in session.execute(
        select(
            Customer.id, Customer.name, Customer.industry, Customer.region, Customer.custom
        ).where(Customer.id.in_(wanted))
    ):
        texts[row.id] = [row.name, row.industry, row.region, *map(str, row.custom.values())]
    for owner, column in (
        (Contact.customer_id, Contact.name),
        (IdentityKey.customer_id, IdentityKey.value),
        (CustomerTag.customer_id, CustomerTag.tag),
    ):
        for customer_id, text in session.execute(select(owner, column).where(owner.in_(texts))):
            texts[customer_id].append(text)
    _write(
        session,
        SearchEntry.customer_id,
        [
            {"customer_id": key, "words": words_of(*held, inside=True)}
            for key, held in texts.items()
        ],
    )


def index_activities(session: Session, ids: Collection[UUID]) -> None:
    """Subject, text, people and attachments of these activities, as they stand now."""
    if not ids:
        return
    people: dict[UUID, list[str]] = defaultdict(list)
    for part in session.execute(
        select(
            ActivityParticipant.activity_id, ActivityParticipant.name, ActivityParticipant.email
        ).where(ActivityParticipant.activity_id.in_(ids))
    ):
        people[part.activity_id] += [part.name, part.email or ""]
    rows = session.execute(
        select(Activity.id, Activity.subject, Activity.text, Activity.attachments).where(
            Activity.id.in_(ids)
        )
    )
    _write(
        session,
        SearchEntry.activity_id,
        [
            {
                "activity_id": row.id,
                "words": words_of(
                    row.subject,
                    row.text,
                    *people[row.id],
                    *(str(file.get("name", "")) for file in row.attachments),
                ),
            }
            for row in rows
        ],
    )


def _write(session: Session, key: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        entry = upsert(session, SearchEntry)
        session.execute(
            entry.on_conflict_do_update(index_elements=[key], set_={"words": entry.excluded.words}),
            rows,
        )

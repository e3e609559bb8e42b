"""Keep less of what is stored already, after the policy was lowered. There is no way back."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session

from agent.contract.activity import Activity as WireActivity
from agent.contract.activity import Attachment, Decision, Match, Signals
from agent.contract.policy import Body, Policy
from agent.contract.tag import Commitment, Tag, Turn
from agent.rules.shortening import shortened
from server.customers.indexing import index_activities
from server.customers.models import Activity, ActivityCommitment, ActivityTag
from server.kernel.db import UnitOfWork
from server.kernel.policy import current_policy

_MORE: dict[Body, tuple[Body, ...]] = {
    "full": (),
    "excerpt": ("full",),
    "tags": ("full", "excerpt"),
}
"""Which stored bodies hold more than the policy wants."""
CHUNK = 200
_CHUNKS_AT_ONCE = 10
"""So long at most others wait for one run of the job; the next goes on."""


def lower_some(uow: UnitOfWork) -> int:
    """Shorten up to ``CHUNK`` activities to what the policy in force keeps; 0: none is left."""
    return _lower_rows(uow, current_policy(uow.session), true())


def drop_old_words(uow: UnitOfWork) -> None:
    """The job that leaves old activities the words of their tags and promises only."""
    policy = current_policy(uow.session)
    if not policy.keep_words_days:
        return
    old = Activity.occurred_at < uow.clock.now() - timedelta(days=policy.keep_words_days)
    least = policy.model_copy(update={"body": "tags"})
    for _ in range(_CHUNKS_AT_ONCE):
        if not _lower_rows(uow, least, old):
            return


def _lower_rows(uow: UnitOfWork, policy: Policy, which: ColumnElement[bool]) -> int:
    session = uow.session
    rows = session.scalars(
        select(Activity)
        .where(Activity.body.in_(_MORE[policy.body]), which)
        .order_by(Activity.id)
        .limit(CHUNK)
        .with_for_update()
    ).all()
    ids = [row.id for row in rows]
    tags = _parts(session, ActivityTag, ids)
    promises = _parts(session, ActivityCommitment, ids)
    for row in rows:
        _lower(row, tags[row.id], promises[row.id], policy)
    if rows:
        session.flush()
        index_activities(session, ids)
        uow.bump("feed")
    return len(rows)


def _parts(session: Session, table: Any, ids: Sequence[UUID]) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = defaultdict(list)
    for part in session.scalars(select(table).where(table.activity_id.in_(ids)).order_by(table.id)):
        found[part.activity_id].append(part)
    return found


def _lower(
    row: Activity, tags: list[ActivityTag], promises: list[ActivityCommitment], policy: Policy
) -> None:
    # What does not stand where it says cannot be followed to its new place.
    tags = [tag for tag in tags if row.text[tag.start : tag.end] == tag.text]
    promises = [one for one in promises if row.text[one.start : one.end] == one.text]
    kept = shortened(_wire(row, tags, promises), policy)
    row.subject, row.text, row.body = kept.subject, kept.text, kept.body
    row.evidence = kept.contact.evidence
    row.signals = kept.signals.model_dump(mode="json")
    row.turns = [turn.model_dump(mode="json") for turn in kept.turns]
    row.attachments = [file.model_dump(mode="json") for file in kept.attachments]
    for tag, moved in zip(tags, kept.tags, strict=True):
        tag.start, tag.end = moved.start, moved.end
    for promise, told in zip(promises, kept.commitments, strict=True):
        promise.start, promise.end = told.start, told.end


def _wire(
    row: Activity, tags: list[ActivityTag], promises: list[ActivityCommitment]
) -> WireActivity:
    return WireActivity.model_validate(
        {
            "id": row.id,
            "kind": row.kind,
            "source": row.source,
            "direction": row.direction,
            "occurred_at": row.occurred_at,
            "subject": row.subject,
            "text": row.text,
            "body": row.body,
            "signals": Signals.model_validate(row.signals),
            # Says nothing here: only the words are looked at.
            "match": Match(customer_id=1, confidence=0, why="import"),
            "contact": Decision.model_validate(
                {
                    "counts": row.counts,
                    "grade": row.grade,
                    "reason": row.reason,
                    "evidence": row.evidence,
                }
            ),
            "tags": [Tag.model_validate(_columns(tag)) for tag in tags],
            "commitments": [Commitment.model_validate(_columns(one)) for one in promises],
            "turns": [Turn.model_validate(turn) for turn in row.turns],
            "attachments": [Attachment.model_validate(file) for file in row.attachments],
        }
    )


def _columns(row: Any) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in row.__mapper__.columns}

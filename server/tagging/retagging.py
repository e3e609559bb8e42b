"""The archive read again with what the tagger knows by now: a job in batches, which a kill only
interrupts, and which one click takes back.

What people decided stays as they decided it. The tags that a batch changes are kept beside.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from agent.nlp.tagger import Tagging
from server.customers.models import Activity, ActivityCommitment, ActivityTag
from server.identity.service import audit
from server.kernel.auth import Principal
from server.kernel.db import UnitOfWork, insert_ignoring_conflicts
from server.kernel.errors import Conflict, NotFound
from server.kernel.events import TagsChanged
from server.tagging import suggesting
from server.tagging.models import Retagging, TagsBefore
from server.tagging.reading import beside, is_whole, people_of, read, tagger_of, taught, zone_of

BATCH = 200
_TAG = ("category", "status", "start", "end", "text", "speaker", "score", "t_start", "t_end")
_PROMISE = ("start", "end", "text", "due", "owner")
ACTIVE = ("running", "undoing")


def start(uow: UnitOfWork, who: Principal) -> Retagging:
    if current(uow.session) is not None:
        raise Conflict("retagging_runs")
    total = uow.session.scalar(select(func.count()).select_from(Activity)) or 0
    job = Retagging(
        state="running",
        at=uow.clock.now(),
        by_id=who.user_id,
        total=total,
        version=taught(uow.session).version,
    )
    uow.session.add(job)
    uow.session.flush()
    audit(uow, who.user_id, "retagging.started", f"retagging/{job.id}", after=total)
    uow.bump("feed")
    return job


def undo(uow: UnitOfWork, who: Principal, job_id: int) -> Retagging:
    """Put back what the newest job changed; also when it is still under way."""
    job = newest(uow.session)
    if job is None or job.id != job_id:
        raise NotFound("retagging_not_newest")
    if job.state not in ("running", "done"):
        raise Conflict("retagging_undone")
    there = select(func.count()).select_from(TagsBefore).where(TagsBefore.retagging_id == job.id)
    job.state, job.place, job.finished_at, job.done = "undoing", None, None, 0
    job.total = uow.session.scalar(there) or 0
    audit(uow, who.user_id, "retagging.undone", f"retagging/{job.id}", after=job.total)
    uow.bump("feed")
    return job


def newest(session: Session) -> Retagging | None:
    return session.scalar(select(Retagging).order_by(Retagging.id.desc()).limit(1))


def current(session: Session) -> Retagging | None:
    """The job under way."""
    return session.scalar(select(Retagging).where(Retagging.state.in_(ACTIVE)).limit(1))


def step(uow: UnitOfWork, size: int = BATCH) -> None:
    """One batch of the job under way, if any. Its place moves in the same transaction, so that a
    batch is done once or not at all."""
    with beside(uow) as session:
        job = current(session)
        if job is None:
            return
        batch = _next(session, job, size) if job.state == "running" else None
    held = uow.session.get(Retagging, job.id, with_for_update=True)
    if held is None or (held.state, held.place) != (job.state, job.place):
        return  # somebody else was quicker
    if held.state == "undoing":
        _put_back(uow, held, size)
    elif batch is not None:
        _write(uow, held, batch, size)
    uow.bump("feed")


@dataclass(frozen=True, slots=True)
class _Batch:
    ids: list[UUID]
    found: dict[UUID, tuple[str, Tagging]]
    """With the text that was read."""
    suggested: dict[UUID, list[dict[str, Any]]]
    failed: int


def _next(session: Session, job: Retagging, size: int) -> _Batch:
    query = select(Activity).order_by(Activity.id).limit(size)
    if job.place is not None:
        query = query.where(Activity.id > job.place)
    rows = session.scalars(query).all()
    data, zone = taught(session), zone_of(session)
    people = people_of(session, [row.id for row in rows])
    found: dict[UUID, tuple[str, Tagging]] = {}
    failed = 0
    for row in filter(is_whole, rows):
        try:
            found[row.id] = row.text, read(tagger_of(data), row, people[row.id], zone)
        except Exception:  # noqa: BLE001 - one text must not stop the archive
            failed += 1
    suggested = suggesting.suggested(session, data, [row for row in rows if row.id in found])
    return _Batch([row.id for row in rows], found, suggested, failed)


def _write(uow: UnitOfWork, job: Retagging, batch: _Batch, size: int) -> None:
    session = uow.session
    rows = {
        row.id: row
        for row in session.scalars(
            select(Activity).where(Activity.id.in_(batch.found)).with_for_update()
        )
    }
    # What was changed while it was being read has been tagged anew just now.
    fresh = {
        key: its
        for key, (text, its) in batch.found.items()
        if key in rows and rows[key].text == text
    }
    tags = _parts(session, ActivityTag, fresh)
    promises = _parts(session, ActivityCommitment, fresh)
    changed = []
    for key, found in fresh.items():
        if _replace(session, job.id, key, found, tags[key], promises[key]):
            changed.append(key)
    suggesting.keep(session, {key: batch.suggested.get(key, []) for key in fresh})
    if changed:
        uow.record(TagsChanged(tuple(changed)))
    job.done += len(batch.ids)
    job.changed += len(changed)
    job.failed += batch.failed
    if len(batch.ids) < size:
        job.state, job.finished_at = "done", uow.clock.now()
        job.total = job.done
    if batch.ids:
        job.place = batch.ids[-1]


def _replace(
    session: Session,
    job_id: int,
    key: UUID,
    found: Tagging,
    tags: list[ActivityTag],
    promises: list[ActivityCommitment],
) -> bool:
    """Whether anything changed."""
    manual = [tag for tag in tags if tag.verdict is not None]
    automatic = [tag for tag in tags if tag.verdict is None]
    wanted = [
        tag
        for tag in found.tags
        if not _settled(tag.category, tag.start, tag.end, tag.text, manual)
    ]
    if _keys(wanted) == _keys(automatic) and _ends(found.commitments) == _ends(promises):
        return False
    session.execute(
        insert_ignoring_conflicts(session, TagsBefore).values(
            retagging_id=job_id,
            activity_id=key,
            tags=[_columns(tag, _TAG) for tag in automatic],
            commitments=[_columns(one, _PROMISE) for one in promises],
            put_back=False,
        )
    )
    _swap(
        session,
        key,
        [tag.model_dump() for tag in wanted],
        [promise.model_dump() for promise in found.commitments],
    )
    return True


def _put_back(uow: UnitOfWork, job: Retagging, size: int) -> None:
    session = uow.session
    rows = session.scalars(
        select(TagsBefore)
        .where(TagsBefore.retagging_id == job.id, TagsBefore.put_back.is_(False))
        .order_by(TagsBefore.activity_id)
        .limit(size)
    ).all()
    ids = [row.activity_id for row in rows]
    query = select(Activity.id, Activity.text).where(Activity.id.in_(ids))
    texts = {row.id: row.text for row in session.execute(query)}
    manual = _parts(session, ActivityTag, texts)
    changed = []
    for row in rows:
        row.put_back = True
        text = texts.get(row.activity_id, "")
        parts = (*row.tags, *row.commitments)
        if not all(text[part["start"] : part["end"]] == part["text"] for part in parts):
            continue  # its words are others by now: these tags do not belong to them
        held = [tag for tag in manual[row.activity_id] if tag.verdict is not None]
        tags = [
            tag
            for tag in row.tags
            if not _settled(tag["category"], tag["start"], tag["end"], tag["text"], held)
        ]
        _swap(session, row.activity_id, tags, [_with_day(one) for one in row.commitments])
        changed.append(row.activity_id)
    if changed:
        uow.record(TagsChanged(tuple(changed)))
    job.done += len(rows)
    if len(rows) < size:
        job.state, job.finished_at = "undone", uow.clock.now()


def _settled(category: str, start: int, end: int, text: str, manual: Iterable[ActivityTag]) -> bool:
    """Did somebody decide about these words, or the same ones elsewhere in the text?"""
    return any(
        tag.category == category and (tag.text == text or (tag.start < end and start < tag.end))
        for tag in manual
    )


def _keys(tags: Iterable[Any]) -> set[tuple[object, ...]]:
    return {(tag.category, tag.status, tag.start, tag.end, tag.speaker) for tag in tags}


def _ends(promises: Iterable[Any]) -> set[tuple[object, ...]]:
    return {(one.start, one.end, one.due, one.owner) for one in promises}


def _columns(row: Any, names: Sequence[str]) -> dict[str, Any]:
    found = {name: getattr(row, name) for name in names}
    if found.get("due") is not None:
        found["due"] = found["due"].isoformat()
    return found


def _with_day(promise: dict[str, Any]) -> dict[str, Any]:
    due = promise["due"]
    return {**promise, "due": date.fromisoformat(due) if due else None}


def _swap(
    session: Session, key: UUID, tags: list[dict[str, Any]], promises: list[dict[str, Any]]
) -> None:
    """Other tags and promises for those no person decided about."""
    session.execute(
        delete(ActivityTag)
        .where(ActivityTag.activity_id == key, ActivityTag.verdict.is_(None))
        .execution_options(synchronize_session=False)
    )
    session.execute(
        delete(ActivityCommitment)
        .where(ActivityCommitment.activity_id == key)
        .execution_options(synchronize_session=False)
    )
    for table, rows in ((ActivityTag, tags), (ActivityCommitment, promises)):
        if rows:
            session.execute(insert(table), [{**row, "activity_id": key} for row in rows])


def _parts(session: Session, table: Any, ids: Iterable[UUID]) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = {key: [] for key in ids}
    query = select(table).where(table.activity_id.in_(found)).order_by(table.id)
    for one in session.scalars(query):
        found[one.activity_id].append(one)
    return found

"""What is to be forgotten: erased here, kept from being captured again, asked of the server.

The names themselves are not kept: a keyed digest says "not this one", and the request to the server
loses its content as soon as the server has obeyed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

from sqlalchemy import Connection, delete, func, or_, select, update
from sqlalchemy.dialects.sqlite import insert

from agent.contract.activity import Activity
from agent.contract.forget import ForgetReply, ForgetRequest
from agent.outbox import moments
from agent.outbox.database import Database
from agent.outbox.digests import Digests, digests_of
from agent.outbox.pages import Entry, Page
from agent.outbox.schema import (
    activities,
    cursors,
    forget_requests,
    ledger,
    outbox,
    recordings,
    strangers,
    suppressed,
    upcoming,
)
from agent.rules.identity import domain_of

FORGOTTEN = "forgotten"
"""The rule under which such items are counted."""
_CHUNK = 500

Kind = Literal["address", "domain", "item"]


@dataclass(frozen=True, slots=True)
class Target:
    kind: Kind
    name: str
    """A normalised address or domain; of an item its activity id."""


@dataclass(frozen=True, slots=True)
class Erased:
    items: int
    """Items of the ledger that concern it; they stay as a bare count, excluded as forgotten."""
    unsent: int
    """Payloads that had not left yet, and now never will."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A request the server has not obeyed yet."""

    id: str
    request: ForgetRequest
    attempts: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with the requests."""

    pending: int
    refused: int
    erased: int
    kept: int
    last_error: str


class Forgetting:
    def __init__(self, database: Database) -> None:
        self._database = database

    def forget(self, target: Target, *, now: datetime) -> Erased:
        """Erase and remember not to, in one transaction; the request to the server waits in it."""
        with self._database.write() as tx:
            # What is erased is overwritten, on every page it leaves.
            tx.exec_driver_sql("PRAGMA secure_delete = ON")
            digests = digests_of(tx)
            concerned = _concerned(tx, target, digests)
            unsent = 0
            for start in range(0, len(concerned), _CHUNK):
                unsent += _erase(tx, concerned[start : start + _CHUNK], now)
            if target.kind != "item":
                tx.execute(
                    delete(strangers).where(strangers.c.party.in_(_parties(tx, target, digests)))
                )
            tx.execute(
                insert(suppressed)
                .values(
                    digest=digests.of(target.kind, target.name),
                    kind=target.kind,
                    at=moments.to_text(now),
                )
                .on_conflict_do_nothing()
            )
            request = ForgetRequest(
                id=uuid4(),
                emails=(target.name,) if target.kind == "address" else (),
                domains=(target.name,) if target.kind == "domain" else (),
                activities=(UUID(target.name),) if target.kind == "item" else (),
            )
            tx.execute(
                insert(forget_requests).values(
                    id=str(request.id),
                    payload=request.model_dump_json(),
                    state="pending",
                    asked_at=moments.to_text(now),
                )
            )
            tx.exec_driver_sql("PRAGMA secure_delete = FAST")
        self._database.scrub()
        return Erased(len(concerned), unsent)

    def take_back(self, target: Target) -> bool:
        """It may be captured again; True when it had been forgotten. The past does not come back
        on the server, except from mailboxes that still hold it."""
        with self._database.write() as tx:
            digest = digests_of(tx).of(target.kind, target.name)
            gone = tx.execute(delete(suppressed).where(suppressed.c.digest == digest)).rowcount
            names = select(ledger.c.source).where(ledger.c.code == FORGOTTEN)
            tx.execute(update(cursors).where(cursors.c.source.in_(names)).values(look_again=True))
        return bool(gone)

    def forgotten_at(self, target: Target) -> datetime | None:
        with self._database.write() as tx:
            digest = digests_of(tx).of(target.kind, target.name)
            found = tx.execute(
                select(suppressed.c.at).where(suppressed.c.digest == digest)
            ).scalar_one_or_none()
        return moments.from_text(found) if found is not None else None

    def count(self) -> int:
        """How many addresses, domains and items are kept away."""
        with self._database.read() as tx:
            return tx.execute(select(func.count()).select_from(suppressed)).scalar_one()

    def next_due(self, *, now: datetime, all_due: bool = False) -> Pending | None:
        due = forget_requests.c.state == "pending"
        if not all_due:
            due &= forget_requests.c.not_before <= moments.to_text(now)
        with self._database.read() as tx:
            row = tx.execute(
                select(forget_requests).where(due).order_by(forget_requests.c.asked_at).limit(1)
            ).first()
        if row is None:
            return None
        return Pending(row.id, ForgetRequest.model_validate_json(row.payload), row.attempts)

    def obeyed(self, pending: Pending, reply: ForgetReply, *, now: datetime) -> None:
        self._close(
            pending, state="done", last_error="", erased=reply.erased, kept=reply.kept, now=now
        )

    def refused(self, pending: Pending, code: str, *, now: datetime) -> None:
        """The server will never do it. Kept as a number; what to forget stays forgotten here."""
        self._close(pending, state="refused", last_error=code, erased=0, kept=0, now=now)

    def later(self, pending: Pending, code: str, *, at: datetime) -> None:
        with self._database.write() as tx:
            tx.execute(
                update(forget_requests)
                .where(forget_requests.c.id == pending.id)
                .values(
                    attempts=pending.attempts + 1, not_before=moments.to_text(at), last_error=code
                )
            )

    def standing(self) -> Standing:
        table = forget_requests.c
        with self._database.read() as tx:
            rows = tx.execute(
                select(
                    table.state, func.count(), func.sum(table.erased), func.sum(table.kept)
                ).group_by(table.state)
            ).all()
            error = tx.execute(
                select(table.last_error)
                .where(table.last_error != "")
                .order_by(table.asked_at.desc())
                .limit(1)
            ).scalar_one_or_none()
        by_state = {row[0]: row for row in rows}
        done = by_state.get("done")
        return Standing(
            pending=by_state["pending"][1] if "pending" in by_state else 0,
            refused=by_state["refused"][1] if "refused" in by_state else 0,
            erased=int(done[2] or 0) if done is not None else 0,
            kept=int(done[3] or 0) if done is not None else 0,
            last_error=error or "",
        )

    def _close(
        self,
        pending: Pending,
        *,
        state: str,
        last_error: str,
        erased: int,
        kept: int,
        now: datetime,
    ) -> None:
        with self._database.write() as tx:
            tx.exec_driver_sql("PRAGMA secure_delete = ON")
            tx.execute(
                update(forget_requests)
                .where(forget_requests.c.id == pending.id)
                .values(
                    state=state,
                    payload=None,
                    last_error=last_error,
                    erased=erased,
                    kept=kept,
                    done_at=moments.to_text(now),
                )
            )
            tx.exec_driver_sql("PRAGMA secure_delete = FAST")
        self._database.scrub()


def screened(tx: Connection, page: Page, digests: Digests) -> Page:
    """The page without what was to be forgotten: counted, with nothing of it kept.

    In the transaction that stores it: whatever was read before somebody said "forget" is stopped.
    """
    rows = tx.execute(select(suppressed.c.digest)).scalars()
    unwanted = set(rows)
    if not unwanted:
        return page
    entries = tuple(
        _emptied(entry) if unwanted.intersection(_names(entry, digests)) else entry
        for entry in page.entries
    )
    return replace(page, entries=entries)


def _names(entry: Entry, digests: Digests) -> Sequence[str]:
    names = list(digests.of_people(entry.people))
    if entry.activity_id is not None:
        names.append(digests.of("item", entry.activity_id))
    return names


def _emptied(entry: Entry) -> Entry:
    return Entry(
        external_id=entry.external_id,
        version=entry.version,
        state="excluded",
        code=FORGOTTEN,
        identity="",
        activity_id=entry.activity_id,
        occurred_at=None,
    )


def _concerned(tx: Connection, target: Target, digests: Digests) -> list[str]:
    """The ids of all activities that involve the target, known or waiting."""
    if target.kind == "item":
        return [target.name]
    digest = digests.of(target.kind, target.name)
    found = set(
        tx.execute(
            select(ledger.c.activity_id).where(
                func.instr(ledger.c.details, digest) > 0, ledger.c.activity_id.is_not(None)
            )
        ).scalars()
    )
    for json in (
        *tx.execute(
            select(outbox.c.payload).where(func.instr(outbox.c.payload, target.name) > 0)
        ).scalars(),
        *tx.execute(
            select(recordings.c.activity).where(func.instr(recordings.c.activity, target.name) > 0)
        ).scalars(),
        *tx.execute(
            select(upcoming.c.activity).where(func.instr(upcoming.c.activity, target.name) > 0)
        ).scalars(),
    ):
        activity = Activity.model_validate_json(json)
        if any(_is_of(person.email, target) for person in activity.participants):
            found.add(str(activity.id))
    return sorted(found)


def _is_of(email: str | None, target: Target) -> bool:
    if email is None:
        return False
    if target.kind == "address":
        return email == target.name
    domain = domain_of(email)
    return domain == target.name or domain.endswith(f".{target.name}")


def _parties(tx: Connection, target: Target, digests: Digests) -> list[str]:
    """Suggestions that speak of it. Who is behind a digest is only known where we wrote there."""
    named = tx.execute(select(strangers.c.name).where(strangers.c.name.is_not(None))).scalars()
    found = {digests.of(target.kind, target.name)}
    for name in set(named):
        of = domain_of(name) if "@" in name else name
        if target.kind == "domain" and (of == target.name or of.endswith(f".{target.name}")):
            found.add(digests.of("address" if "@" in name else "domain", name))
    return sorted(found)


def _erase(tx: Connection, ids: Sequence[str], now: datetime) -> int:
    tx.execute(
        update(ledger)
        .where(ledger.c.activity_id.in_(ids))
        .values(
            state="excluded",
            code=FORGOTTEN,
            identity=None,
            thread=None,
            details=None,
            occurred_at=None,
            folder="",
        )
    )
    unsent = tx.execute(
        update(outbox)
        .where(
            outbox.c.activity_id.in_(ids),
            or_(outbox.c.payload.is_not(None), outbox.c.state == "pending"),
        )
        .values(state="withdrawn", payload=None, last_error="", settled_at=moments.to_text(now))
    ).rowcount
    tx.execute(delete(recordings).where(recordings.c.activity_id.in_(ids)))
    tx.execute(delete(upcoming).where(upcoming.c.activity_id.in_(ids)))
    tx.execute(delete(strangers).where(strangers.c.activity_id.in_(ids)))
    tx.execute(
        update(activities).where(activities.c.activity_id.in_(ids)).values(digest="", thread=None)
    )
    return int(unsent)

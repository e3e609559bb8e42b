"""Reading the audit log: filtered, page by page, and as a table for a spreadsheet."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from sqlalchemy import ColumnElement, and_, delete, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from server.identity.models import AuditEntry, Person
from server.kernel.db import UnitOfWork
from server.kernel.policy import current_policy

CHUNK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    person_id: int | None = None
    by_command: bool = False
    """What was done at the server's own command line, by nobody who signed in."""
    action: str = ""
    """``customer.change``, or what comes before the dot for all of a kind."""
    subject: str = ""
    """``customer/17``, or ``customer`` for all of them."""
    first_day: date | None = None
    last_day: date | None = None


@dataclass(frozen=True, slots=True)
class Line:
    id: int
    at: datetime
    person_id: int | None
    person: str
    action: str
    subject: str
    before: str
    after: str
    why: str


Key = tuple[datetime, int]


def read(
    session: Session, wanted: Wanted, zone: tzinfo, *, before: Key | None = None, limit: int
) -> list[Line]:
    """Entries, the newest first, older than ``before``."""
    query = (
        select(AuditEntry, Person.name)
        .outerjoin(Person, Person.id == AuditEntry.person_id)
        .where(*_conditions(wanted, zone))
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
        .limit(limit)
    )
    if before is not None:
        at, row = before
        query = query.where(or_(AuditEntry.at < at, and_(AuditEntry.at == at, AuditEntry.id < row)))
    return [
        Line(
            id=entry.id,
            at=entry.at,
            person_id=entry.person_id,
            person=name or "",
            action=entry.action,
            subject=entry.subject,
            before=entry.before or "",
            after=entry.after or "",
            why=entry.why,
        )
        for entry, name in session.execute(query)
    ]


def _conditions(wanted: Wanted, zone: tzinfo) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.by_command:
        found.append(AuditEntry.person_id.is_(None))
    elif wanted.person_id is not None:
        found.append(AuditEntry.person_id == wanted.person_id)
    if wanted.action:
        found.append(_is_or_below(AuditEntry.action, wanted.action, "."))
    if wanted.subject:
        found.append(_is_or_below(AuditEntry.subject, wanted.subject, "/"))
    if wanted.first_day is not None:
        found.append(AuditEntry.at >= _morning(wanted.first_day, zone))
    if wanted.last_day is not None and wanted.last_day < date.max:
        found.append(AuditEntry.at < _morning(wanted.last_day + timedelta(days=1), zone))
    return found


def _is_or_below(column: InstrumentedAttribute[str], value: str, mark: str) -> ColumnElement[bool]:
    return or_(
        column == value,
        column.startswith(f"{value}{mark}", autoescape=True),
    )


def _morning(day: date, zone: tzinfo) -> datetime:
    # The zone's offset would lead out of what a datetime can say in the very first days.
    return datetime.combine(max(day, date(1, 1, 3)), time(), tzinfo=zone)


def actions(session: Session) -> list[str]:
    return list(session.scalars(select(AuditEntry.action).distinct().order_by(AuditEntry.action)))


def people(session: Session) -> list[tuple[int, str]]:
    """Those who changed anything."""
    rows = session.execute(
        select(Person.id, Person.name)
        .where(select(AuditEntry.id).where(AuditEntry.person_id == Person.id).exists())
        .order_by(Person.name, Person.id)
    )
    return [(row.id, row.name) for row in rows]


HEAD = ("id", "at", "person_id", "person", "action", "subject", "before", "after", "why")


def as_csv(lines: Iterator[Sequence[Line]]) -> Iterator[str]:
    """CSV that a spreadsheet opens as it is: with a byte order mark, and no cell taken for a formula."""
    yield "\ufeff" + _row(HEAD)
    for some in lines:
        yield "".join(
            _row(
                (
                    line.id,
                    line.at.isoformat(),
                    line.person_id if line.person_id is not None else "",
                    line.person,
                    line.action,
                    line.subject,
                    line.before,
                    line.after,
                    line.why,
                )
            )
            for line in some
        )


def _row(cells: Sequence[object]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([_harmless(cell) for cell in cells])
    return out.getvalue()


def _harmless(cell: object) -> object:
    is_formula = isinstance(cell, str) and cell.lstrip().startswith(
        ("=", "+", "-", "@", "\t", "\r")
    )
    return f"'{cell}" if is_formula else cell


def drop_old(uow: UnitOfWork) -> None:
    """The job that keeps no entry longer than the policy says."""
    days = current_policy(uow.session).keep_audit_days
    if not days:
        return
    old = AuditEntry.at < uow.clock.now() - timedelta(days=days)
    while True:
        some = list(uow.session.scalars(select(AuditEntry.id).where(old).limit(CHUNK)))
        if not some:
            return
        uow.session.execute(delete(AuditEntry).where(AuditEntry.id.in_(some)))

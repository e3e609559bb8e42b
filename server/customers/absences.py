"""Days on which our people do not work: their customers are somebody else's to answer meanwhile."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from server.customers.models import Absence
from server.identity.models import Person
from server.identity.service import audit
from server.kernel.auth import Principal
from server.kernel.db import UnitOfWork
from server.kernel.errors import Forbidden, Invalid, NotFound

LONGEST = timedelta(days=370)


def of_whom(who: Principal) -> list[object]:
    """The condition on ``person``: oneself, for a manager the team, for an admin all."""
    if who.role == "admin":
        return []
    mine = Person.id == who.user_id
    return [or_(mine, Person.team_id.in_(who.team_ids)) if who.role == "manager" else mine]


def absences(
    session: Session, who: Principal, *, since: date, person_ids: Collection[int] | None = None
) -> Sequence[tuple[Absence, str]]:
    """Those that end on ``since`` or later, of whom this person may see, with the name."""
    query = (
        select(Absence, Person.name)
        .join(Person, Person.id == Absence.person_id)
        .where(Absence.last_day >= since, *of_whom(who))  # type: ignore[arg-type]
        .order_by(Absence.first_day, Absence.id)
    )
    if person_ids is not None:
        query = query.where(Absence.person_id.in_(person_ids))
    return [(row[0], row[1]) for row in session.execute(query)]


def people_of(session: Session, who: Principal) -> list[tuple[int, str]]:
    """Whose absences this person may write down."""
    query = select(Person.id, Person.name).where(Person.active, *of_whom(who))  # type: ignore[arg-type]
    return [(row.id, row.name) for row in session.execute(query.order_by(Person.name))]


def stand_ins(session: Session) -> list[tuple[int, str]]:
    rows = session.execute(
        select(Person.id, Person.name)
        .where(Person.active, Person.role.in_(("rep", "manager", "admin")))
        .order_by(Person.name)
    )
    return [(row.id, row.name) for row in rows]


def add_absence(
    uow: UnitOfWork,
    who: Principal,
    *,
    person_id: int,
    first_day: date,
    last_day: date,
    stand_in_id: int | None = None,
    note: str = "",
) -> Absence:
    """One's own, or one of one's team. Invalid names every bad field."""
    fields: dict[str, str] = {}
    if not timedelta(0) <= last_day - first_day <= LONGEST:
        fields["last_day"] = "bad_days"
    if stand_in_id is not None and (
        stand_in_id == person_id or stand_in_id not in dict(stand_ins(uow.session))
    ):
        fields["stand_in_id"] = "unknown_person"
    if person_id not in dict(people_of(uow.session, who)):
        if person_id != who.user_id and not who.leads:
            raise Forbidden("managers_only")
        fields["person_id"] = "unknown_person"
    if fields:
        raise Invalid(fields=fields)
    absence = Absence(
        person_id=person_id,
        stand_in_id=stand_in_id,
        first_day=first_day,
        last_day=last_day,
        note=note.strip()[:200],
    )
    uow.session.add(absence)
    uow.session.flush()
    days = [first_day.isoformat(), last_day.isoformat()]
    audit(uow, who.user_id, "absence.add", f"absence/{absence.id}", after=[person_id, *days])
    uow.bump("feed")
    return absence


def remove_absence(uow: UnitOfWork, who: Principal, absence_id: int) -> None:
    found = uow.session.execute(
        select(Absence)
        .join(Person, Person.id == Absence.person_id)
        .where(Absence.id == absence_id, *of_whom(who))  # type: ignore[arg-type]
    ).scalar_one_or_none()
    if found is None:
        raise NotFound("absence_not_found")
    audit(uow, who.user_id, "absence.remove", f"absence/{absence_id}", before=found.person_id)
    uow.session.delete(found)
    uow.bump("feed")


def away(session: Session, person_ids: Collection[int], day: date) -> dict[int, Absence]:
    """By person: who is away on this day."""
    rows = session.scalars(
        select(Absence)
        .where(Absence.person_id.in_(person_ids), Absence.first_day <= day, Absence.last_day >= day)
        .order_by(Absence.last_day, Absence.stand_in_id.is_not(None), Absence.id)
    )
    return {row.person_id: row for row in rows}

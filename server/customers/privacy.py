"""What the customer file keeps of one person: found, told, erased."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.orm import Session

from agent.rules.identity import normalize_email, normalize_phone
from server.customers.forgetting import customers_of, erase_activities
from server.customers.indexing import index_activities, index_customers
from server.customers.models import (
    Absence,
    Activity,
    ActivityCapture,
    ActivityCommitment,
    ActivityCustomer,
    ActivityParticipant,
    ActivityTag,
    Contact,
    Customer,
    Deal,
    IdentityKey,
    Lesson,
    Post,
    Recording,
)
from server.customers.recording import recompute_last_contact
from server.identity.models import AuditEntry
from server.kernel.blotting import blotted, blotted_deep, sweep
from server.kernel.db import UnitOfWork
from server.kernel.errors import Conflict
from server.kernel.policy import current_policy
from server.kernel.privacy import Subject

_CHUNK = 200
_PARTS: tuple[tuple[str, Any], ...] = (
    ("participants", ActivityParticipant),
    ("tags", ActivityTag),
    ("commitments", ActivityCommitment),
)
_FOUND = 20
"""So many people of one name are offered to choose from."""


class CustomerFile:
    """The ``PrivacyPart`` of contacts, activities and customers."""

    def find(self, session: Session, query: str) -> Sequence[Subject]:
        email = normalize_email(query) if "@" in query else None
        phone = normalize_phone(query, current_policy(session).default_region)
        keys = [("email", email)] if email else [("phone", phone)] if phone else []
        if keys:
            kind, value = keys[0]
            held = select(IdentityKey.contact_id).where(
                IdentityKey.kind == kind, IdentityKey.value == value
            )
            contacts = session.scalars(select(Contact).where(Contact.id.in_(held))).all()
        else:
            named = Contact.name.contains(query, autoescape=True)
            ordered = select(Contact).where(named).order_by(Contact.name, Contact.id)
            contacts = session.scalars(ordered.limit(_FOUND)).all()
        found: dict[tuple[int, ...], Subject] = {}
        for contact in contacts:
            subject = _of_contact(session, contact)
            found.setdefault(subject.ids, subject)
        if (
            not found
            and email is not None
            and _took_part(session, ActivityParticipant.email, email)
        ):
            return [Subject(kind="contact", emails=(email,), names=_names(session, (email,)))]
        if (
            not found
            and phone is not None
            and _took_part(session, ActivityParticipant.phone, phone)
        ):
            return [Subject(kind="contact", phones=(phone,))]
        return list(found.values())

    def export(self, session: Session, who: Subject) -> dict[str, list[dict[str, Any]]]:
        ids = _activities(session, who)
        told: dict[str, list[dict[str, Any]]] = {}
        for kind, table, condition in (
            ("contacts", Contact, Contact.id.in_(_contacts(who))),
            ("posts", Post, Post.contact_id.in_(_contacts(who))),
            ("keys", IdentityKey, _keys(who)),
            ("lessons", Lesson, Lesson.value.in_((*who.emails, *who.phones))),
            ("absences", Absence, Absence.person_id.in_(_people(who))),
        ):
            told[kind] = [_columns(row) for row in session.scalars(select(table).where(condition))]
        told["activities"] = []
        for start in range(0, len(ids), _CHUNK):
            some = ids[start : start + _CHUNK]
            parts = {
                name: session.scalars(select(table).where(table.activity_id.in_(some))).all()
                for name, table in _PARTS
            }
            for row in session.scalars(select(Activity).where(Activity.id.in_(some))):
                mine = {
                    name: [_columns(part) for part in rows if part.activity_id == row.id]
                    for name, rows in parts.items()
                }
                told["activities"].append(_columns(row) | mine)
        return told

    def erase(self, uow: UnitOfWork, who: Subject, by: int | None) -> dict[str, int]:
        del by
        if who.kind == "person":
            return _erase_colleague(uow, who)
        return _erase_contact(uow, who)


def _of_contact(session: Session, contact: Contact) -> Subject:
    """With every row that is the same human: what shares an address with it, at any company."""
    ids, emails = {contact.id}, _values(session, {contact.id}, "email")
    if emails:
        held = select(IdentityKey.contact_id).where(
            IdentityKey.kind == "email", IdentityKey.value.in_(emails)
        )
        ids |= {one for one in session.scalars(held) if one is not None}
    rows = session.scalars(select(Contact).where(Contact.id.in_(ids)).order_by(Contact.id)).all()
    companies = session.scalars(
        select(Customer.name)
        .where(Customer.id.in_({row.customer_id for row in rows}))
        .order_by(Customer.id)
    )
    emails = _values(session, ids, "email")
    names = dict.fromkeys((*(row.name for row in rows), *_names(session, emails)))
    return Subject(
        kind="contact",
        ids=tuple(row.id for row in rows),
        names=tuple(names),
        emails=emails,
        phones=_values(session, ids, "phone"),
        where=" / ".join(companies),
    )


def _values(session: Session, contact_ids: Collection[int], kind: str) -> tuple[str, ...]:
    query = select(IdentityKey.value).where(
        IdentityKey.contact_id.in_(contact_ids), IdentityKey.kind == kind
    )
    return tuple(sorted(set(session.scalars(query))))


def _names(session: Session, emails: Collection[str]) -> tuple[str, ...]:
    """What mail programs called them; not where that is the address or a company's name."""
    if not emails:
        return ()
    query = select(ActivityParticipant.name).where(
        func.lower(ActivityParticipant.email).in_(emails), ActivityParticipant.name != ""
    )
    found = {name.strip() for name in session.scalars(query.distinct())}
    companies = set(session.scalars(select(Customer.name).where(Customer.name.in_(found))))
    aliases = select(IdentityKey.value).where(
        IdentityKey.kind == "alias", IdentityKey.value.in_(found)
    )
    companies |= set(session.scalars(aliases))
    return tuple(sorted(name for name in found - companies if len(name) > 1 and "@" not in name))


def _took_part(session: Session, column: Any, value: str) -> bool:
    query = select(ActivityParticipant.id).where(
        func.lower(column) == value, ActivityParticipant.side != "us"
    )
    return session.scalars(query.limit(1)).first() is not None


def _contacts(who: Subject) -> tuple[int, ...]:
    return who.ids if who.kind == "contact" else ()


def _people(who: Subject) -> tuple[int, ...]:
    return who.ids if who.kind == "person" else ()


def _keys(who: Subject) -> ColumnElement[bool]:
    return or_(
        IdentityKey.contact_id.in_(_contacts(who)),
        IdentityKey.kind.in_(("email", "phone"))
        & IdentityKey.value.in_((*who.emails, *who.phones)),
    )


def _is_theirs(who: Subject) -> ColumnElement[bool]:
    return or_(
        func.lower(ActivityParticipant.email).in_(who.emails),
        ActivityParticipant.phone.in_(who.phones),
    )


def _activities(session: Session, who: Subject) -> list[UUID]:
    """In which they took part: by address or number, and what a colleague's devices delivered."""
    wanted = [select(ActivityParticipant.activity_id).where(_is_theirs(who))]
    if who.kind == "person":
        wanted.append(
            select(ActivityCapture.activity_id).where(ActivityCapture.person_id.in_(who.ids))
        )
        wanted.append(select(Activity.id).where(Activity.by_id.in_(who.ids)))
    found: set[UUID] = set()
    for query in wanted:
        found.update(session.scalars(query))
    return sorted(found)


def _columns(row: Any) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in row.__mapper__.columns}


def _erase_contact(uow: UnitOfWork, who: Subject) -> dict[str, int]:
    session = uow.session
    ids = _activities(session, who)
    companies = set(
        session.scalars(select(IdentityKey.customer_id).where(_keys(who)).distinct())
    ) | set(session.scalars(select(Contact.customer_id).where(Contact.id.in_(who.ids))))
    touched, alone, shared = set(companies), 0, 0
    for start in range(0, len(ids), _CHUNK):
        some = ids[start : start + _CHUNK]
        touched |= customers_of(uow, some)
        with_others = _with_others(session, who, some)
        _redact(uow, who, sorted(with_others))
        erase_activities(uow, [key for key in some if key not in with_others])
        alone, shared = alone + len(some) - len(with_others), shared + len(with_others)
    counts = {
        "activities": alone,
        "activities_shared": shared,
        "keys": _number(session, delete(IdentityKey).where(_keys(who))),
        "lessons": _number(
            session, delete(Lesson).where(Lesson.value.in_((*who.emails, *who.phones)))
        ),
        "posts": _number(session, delete(Post).where(Post.contact_id.in_(who.ids))),
    }
    session.execute(
        update(ActivityCustomer)
        .where(ActivityCustomer.contact_id.in_(who.ids))
        .values(contact_id=None)
        .execution_options(synchronize_session=False)
    )
    counts["contacts"] = _number(session, delete(Contact).where(Contact.id.in_(who.ids)))
    counts["mentions"] = _blot_mentions(uow, who, touched)
    revision = uow.bump("directory")
    session.execute(
        update(Customer)
        .where(Customer.id.in_(companies))
        .values(revision=revision)
        .execution_options(synchronize_session=False)
    )
    recompute_last_contact(uow, touched)
    index_customers(session, touched)
    return counts


def _number(session: Session, statement: Any) -> int:
    done = session.execute(statement.execution_options(synchronize_session=False))
    return int(getattr(done, "rowcount", 0))


def _with_others(session: Session, who: Subject, ids: Sequence[UUID]) -> set[UUID]:
    """Those in which somebody else from outside took part too: theirs must not go."""
    return set(
        session.scalars(
            select(ActivityParticipant.activity_id).where(
                ActivityParticipant.activity_id.in_(ids),
                ActivityParticipant.side != "us",
                func.coalesce(func.lower(ActivityParticipant.email), "").not_in(who.emails),
                func.coalesce(ActivityParticipant.phone, "").not_in(who.phones),
            )
        )
    )


def _redact(uow: UnitOfWork, who: Subject, ids: Sequence[UUID]) -> None:
    """Take them out of what others took part in: as a participant, and by name in the words."""
    session, words = uow.session, who.words
    session.execute(
        delete(ActivityParticipant)
        .where(ActivityParticipant.activity_id.in_(ids), _is_theirs(who))
        .execution_options(synchronize_session=False)
    )
    # A voice cannot be painted over. The job that looks after the folder drops the files.
    session.execute(
        delete(Recording)
        .where(Recording.activity_id.in_(ids))
        .execution_options(synchronize_session=False)
    )
    _blot(session, ids, words)


def _blot(session: Session, ids: Sequence[UUID], words: Sequence[str]) -> None:
    for row in session.scalars(select(Activity).where(Activity.id.in_(ids))):
        row.subject, row.text = blotted(row.subject, words), blotted(row.text, words)
        row.evidence = blotted(row.evidence, words)
        row.signals = blotted_deep(row.signals, words)
        row.turns = blotted_deep(row.turns, words)
        row.attachments = blotted_deep(row.attachments, words)
    for _, table in _PARTS[1:]:
        for part in session.scalars(select(table).where(table.activity_id.in_(ids))):
            part.text = blotted(part.text, words)
    session.flush()
    index_activities(session, ids)


def _blot_mentions(uow: UnitOfWork, who: Subject, companies: Collection[int]) -> int:
    """Their name, in what is kept of the companies they are known from: notes about them, reminders,
    the audit log. Elsewhere the same name is most likely somebody else's."""
    session, names = uow.session, [word for word in who.words if word not in who.addresses]
    if not names or not companies:
        return 0
    # ``Contact`` and ``Customer`` hold names of their own right.
    changed = sweep(
        uow, names, only={"customer_id": sorted(companies)}, skip=("contact", "identity_key")
    )
    there = select(ActivityCustomer.activity_id).where(ActivityCustomer.customer_id.in_(companies))
    said = or_(
        *(
            column.contains(name, autoescape=True)
            for column in (Activity.subject, Activity.text)
            for name in names
        )
    )
    ids = list(session.scalars(select(Activity.id).where(Activity.id.in_(there), said)))
    for start in range(0, len(ids), _CHUNK):
        _blot(session, ids[start : start + _CHUNK], who.words)
    subjects = [f"customer/{one}" for one in companies] + [f"contact/{one}" for one in who.ids]
    # Whose a reminder was is known above; words about one are few, and better lost than kept.
    where = or_(AuditEntry.subject.in_(subjects), AuditEntry.subject.startswith("reminder/"))
    for entry in session.scalars(select(AuditEntry).where(where)):
        before = (entry.before, entry.after, entry.why)
        entry.before, entry.after = _told(entry.before, names), _told(entry.after, names)
        entry.why = blotted(entry.why, names)
        changed += before != (entry.before, entry.after, entry.why)
    return changed + len(ids)


def _told(text: str | None, names: Sequence[str]) -> str | None:
    return None if text is None else blotted(text, names)


def _erase_colleague(uow: UnitOfWork, who: Subject) -> dict[str, int]:
    """The history of customers stays, without the name: it is the company's, and needed."""
    session = uow.session
    owned = session.scalar(
        select(func.count()).select_from(Customer).where(Customer.owner_id.in_(who.ids))
    )
    deals = session.scalar(
        select(func.count())
        .select_from(Deal)
        .where(Deal.owner_id.in_(who.ids), Deal.closed_at.is_(None))
    )
    if owned or deals:
        raise Conflict("person_has_customers", customers=owned or 0, deals=deals or 0)
    ids = _activities(session, who)
    for start in range(0, len(ids), _CHUNK):
        some = ids[start : start + _CHUNK]
        session.execute(
            update(ActivityParticipant)
            .where(ActivityParticipant.activity_id.in_(some), _is_theirs(who))
            .values(name="", email=None, phone=None)
            .execution_options(synchronize_session=False)
        )
        _blot(session, some, who.words)
    voices = _number(session, delete(Recording).where(Recording.person_id.in_(who.ids)))
    absences = delete(Absence).where(
        or_(Absence.person_id.in_(who.ids), Absence.stand_in_id.in_(who.ids))
    )
    return {
        "activities_shared": len(ids),
        "recordings": voices,
        "absences": _number(session, absences),
    }

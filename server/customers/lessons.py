"""What moving an item teaches, for the resolver on every laptop and here."""

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from agent.rules.identity import domain_of, is_public_domain
from server.customers.models import (
    Activity,
    ActivityParticipant,
    Correction,
    Customer,
    IdentityKey,
    Lesson,
)
from server.kernel.db import UnitOfWork


def learn(
    uow: UnitOfWork, correction: Correction, activity_ids: Sequence[UUID], *, whole_thread: bool
) -> None:
    """Strangers' addresses and numbers on these items belong to ``to`` from now on; with
    ``whole_thread`` the conversation does as well, whoever writes in it next.

    The address of a known person teaches nothing: who knows two companies writes to us about
    both. Nor does one of a third customer's.
    """
    session = uow.session
    people = session.execute(
        select(ActivityParticipant.email, ActivityParticipant.phone).where(
            ActivityParticipant.activity_id.in_(activity_ids), ActivityParticipant.side != "us"
        )
    ).all()
    emails = {row.email for row in people if row.email}
    phones = {row.phone for row in people if row.phone}
    emails -= _held(session, "email", emails)
    phones -= _held(session, "phone", phones)
    emails -= _of_others(session, emails, (correction.from_id, correction.to_id))
    found = [("email", email) for email in sorted(emails)]
    found += [("phone", phone) for phone in sorted(phones)]
    if whole_thread:
        threads = session.scalars(
            select(Activity.thread).where(Activity.id.in_(activity_ids)).distinct()
        )
        found += [("thread", thread) for thread in threads if thread]
    if not found:
        return
    _unlearn_same(session, found)
    session.add_all(
        Lesson(correction_id=correction.id, customer_id=correction.to_id, kind=kind, value=value)
        for kind, value in found
    )
    session.flush()
    touch_directory(uow, (correction.from_id, correction.to_id))


def _held(session: Session, kind: str, values: Collection[str]) -> set[str]:
    """Those that are somebody's own already."""
    return set(
        session.scalars(
            select(IdentityKey.value).where(
                IdentityKey.kind == kind,
                IdentityKey.value.in_(values),
                IdentityKey.until.is_(None),
            )
        )
    )


def _of_others(session: Session, emails: Iterable[str], two: Collection[int]) -> set[str]:
    domains = {email: domain_of(email) for email in emails}
    asked = {domain for domain in domains.values() if not is_public_domain(domain)}
    taken = set(
        session.scalars(
            select(IdentityKey.value).where(
                IdentityKey.kind == "domain",
                IdentityKey.value.in_(asked),
                IdentityKey.until.is_(None),
                IdentityKey.customer_id.not_in(two),
            )
        )
    )
    own = set(
        session.scalars(
            select(IdentityKey.value).where(
                IdentityKey.kind == "domain",
                IdentityKey.value.in_(asked),
                IdentityKey.customer_id.in_(two),
            )
        )
    )
    return {email for email, domain in domains.items() if domain in taken - own}


def _unlearn_same(session: Session, found: Iterable[tuple[str, str]]) -> None:
    """The latest word on an address, number or conversation is the one that holds."""
    for kind, value in found:
        for lesson in session.scalars(
            select(Lesson).where(Lesson.kind == kind, Lesson.value == value)
        ):
            session.delete(lesson)
    session.flush()


def unlearn(uow: UnitOfWork, correction: Correction) -> None:
    for lesson in uow.session.scalars(select(Lesson).where(Lesson.correction_id == correction.id)):
        uow.session.delete(lesson)
    uow.session.flush()
    touch_directory(uow, (correction.from_id, correction.to_id))


def touch_directory(uow: UnitOfWork, customer_ids: Collection[int]) -> None:
    """Laptops ask for these customers again."""
    revision = uow.bump("directory")
    for customer in uow.session.scalars(
        select(Customer).where(Customer.id.in_(customer_ids)).order_by(Customer.id)
    ):
        customer.revision = revision


def taught(session: Session, customer_ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    """By customer, as the directory tells it."""
    found: dict[int, list[str]] = {}
    for lesson in session.scalars(
        select(Lesson).where(Lesson.customer_id.in_(customer_ids)).order_by(Lesson.id)
    ):
        word = f"thread:{lesson.value}" if lesson.kind == "thread" else lesson.value
        found.setdefault(lesson.customer_id, []).append(word)
    return {customer_id: tuple(words) for customer_id, words in found.items()}

"""The optional second step of signing in: codes of an authenticator app (TOTP), recovery codes."""

import secrets
from dataclasses import dataclass
from datetime import datetime

import pyotp
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from server.identity.credentials import RecoveryCode, SecondStep
from server.identity.models import Person
from server.identity.service import audit
from server.kernel.db import UnitOfWork
from server.kernel.errors import Conflict, Invalid
from server.kernel.sealing import Seal

ISSUER = "Genjin"
RECOVERY_CODES = 10
_HALF_MINUTE = 30
_PURPOSE, _RECOVERY = "second step", "recovery code"
_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What the app is told: by the QR code, or typed in."""

    secret: str
    uri: str


def is_on(session: Session, person_id: int) -> bool:
    row = session.get(SecondStep, person_id)
    return row is not None and row.confirmed_at is not None


def recovery_codes_left(session: Session, person_id: int) -> int:
    return (
        session.scalar(
            select(func.count())
            .select_from(RecoveryCode)
            .where(RecoveryCode.person_id == person_id, RecoveryCode.used_at.is_(None))
        )
        or 0
    )


def enrol(uow: UnitOfWork, seal: Seal, person: Person) -> Enrolment:
    """A new secret, not asked for until ``confirm`` has seen a code of it. An enrolment already under
    way goes on: reloading the page does not spoil what the app has scanned."""
    row = uow.session.get(SecondStep, person.id)
    if row is not None and row.confirmed_at is not None:
        raise Conflict("two_step_is_on")
    secret = seal.unseal(_PURPOSE, row.sealed) if row is not None else None
    if secret is None:
        secret = pyotp.random_base32()
        row = row or SecondStep(person_id=person.id)
        row.sealed, row.last_step = seal.seal(_PURPOSE, secret), 0
        uow.session.add(row)
    uri = pyotp.TOTP(secret).provisioning_uri(name=person.email, issuer_name=ISSUER)
    return Enrolment(secret, uri)


def confirm(uow: UnitOfWork, seal: Seal, person: Person, code: str) -> list[str]:
    """The app works: from now on it is asked for. Returns the recovery codes, shown this once."""
    row = uow.session.get(SecondStep, person.id)
    if row is None or row.confirmed_at is not None:
        raise Conflict("two_step_is_on" if row is not None else "two_step_not_begun")
    if not _spend(uow, seal, person.id, code):
        raise Invalid(fields={"code": "bad_second_step"})
    row.confirmed_at = uow.clock.now()
    audit(uow, person.id, "two_step.on", f"person/{person.id}")
    return renew_recovery_codes(uow, seal, person)


def renew_recovery_codes(uow: UnitOfWork, seal: Seal, person: Person) -> list[str]:
    """New ones; the old are void."""
    uow.session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))
    codes = ["".join(secrets.choice(_LETTERS) for _ in range(12)) for _ in range(RECOVERY_CODES)]
    uow.session.add_all(
        RecoveryCode(digest=_digest(seal, person.id, code), person_id=person.id) for code in codes
    )
    audit(uow, person.id, "two_step.recovery_codes", f"person/{person.id}", after=len(codes))
    return [f"{code[:4]}-{code[4:8]}-{code[8:]}" for code in codes]


def passes(uow: UnitOfWork, seal: Seal, person_id: int, code: str) -> bool:
    """Is it the app's code of now (not spent yet), or an unused recovery code? Both are spent by
    asking, each once, however many ask at the same moment."""
    return _spend(uow, seal, person_id, code) or _spend_recovery(uow, seal, person_id, code)


def turn_off(uow: UnitOfWork, person: Person, *, by: int | None, why: str = "") -> None:
    row = uow.session.get(SecondStep, person.id)
    if row is None:
        return
    was_on = row.confirmed_at is not None
    uow.session.delete(row)
    uow.session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))
    if was_on:
        audit(uow, by, "two_step.off", f"person/{person.id}", why=why)


def _spend(uow: UnitOfWork, seal: Seal, person_id: int, code: str) -> bool:
    row = uow.session.get(SecondStep, person_id)
    digits = "".join(char for char in code if not char.isspace())
    if row is None or len(digits) != 6 or not (digits.isascii() and digits.isdigit()):
        return False
    secret = seal.unseal(_PURPOSE, row.sealed)
    step = _step(pyotp.TOTP(secret), digits, uow.clock.now()) if secret else None
    if step is None:
        return False
    # Conditional, so that of two who send the same code at once only one comes in.
    won = uow.session.scalar(
        update(SecondStep)
        .where(SecondStep.person_id == person_id, SecondStep.last_step < step)
        .values(last_step=step)
        .returning(SecondStep.person_id)
        .execution_options(synchronize_session=False)
    )
    return won is not None


def _step(totp: pyotp.TOTP, digits: str, now: datetime) -> int | None:
    """Which half minute's code it is: this one's, or a neighbour's, as clocks differ."""
    here = int(now.timestamp()) // _HALF_MINUTE
    for step in (here, here - 1, here + 1):
        if secrets.compare_digest(totp.at(step * _HALF_MINUTE), digits):
            return step
    return None


def _spend_recovery(uow: UnitOfWork, seal: Seal, person_id: int, code: str) -> bool:
    bare = "".join(char for char in code.upper() if char.isalnum())
    won = uow.session.scalar(
        update(RecoveryCode)
        .where(
            RecoveryCode.digest == _digest(seal, person_id, bare),
            RecoveryCode.person_id == person_id,
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=uow.clock.now())
        .returning(RecoveryCode.person_id)
        .execution_options(synchronize_session=False)
    )
    if won is not None:
        audit(uow, person_id, "two_step.recovery_used", f"person/{person_id}")
    return won is not None


def _digest(seal: Seal, person_id: int, code: str) -> str:
    return seal.digest(_RECOVERY, f"{person_id}:{code}")

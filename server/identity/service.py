"""Sign-in, tokens, pairing and devices."""

import hashlib
import json
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from agent.contract.device import Heartbeat, PairReply, PairRequest
from agent.contract.policy import Policy
from agent.rules.identity import domain_of, is_public_domain, normalize_email
from server.identity import passwords
from server.identity.models import AuditEntry, Device, PairingCode, Person, Team, Token
from server.kernel.auth import (
    ORDINARY_SCOPES,
    ROLES,
    TOKEN_SCOPES,
    Principal,
    Role,
    Scope,
    TokenScope,
)
from server.kernel.db import UnitOfWork
from server.kernel.errors import Forbidden, Invalid, NotFound, Unauthorized
from server.kernel.policy import current_policy

PAIRING_MINUTES = 10
USED_EVERY = timedelta(minutes=5)
"""So often at most is the use of a token written down."""
_CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""No 0/O, 1/I/L: a person reads the code from one screen and types it into another."""


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def add_person(
    uow: UnitOfWork,
    *,
    name: str,
    email: str,
    role: Role,
    password: str | None = None,
    team_id: int | None = None,
    locale: str = "zh-CN",
    timezone: str = "Asia/Shanghai",
) -> Person:
    """A new person. Raises Invalid for a bad or taken address, a role or a poor password."""
    address = normalize_email(email)
    fields: dict[str, str] = {}
    if address is None:
        fields["email"] = "bad_email"
    elif uow.session.scalar(select(Person.id).where(Person.email == address)) is not None:
        fields["email"] = "email_taken"
    if role not in ROLES:
        fields["role"] = "unknown_role"
    fault = passwords.fault_of(password, email, name) if password is not None else None
    if fault is not None:
        fields["password"] = fault
    if fields or address is None:
        raise Invalid(fields=fields)
    person = Person(
        name=name,
        email=address,
        role=role,
        team_id=team_id,
        password_hash=passwords.hashed(password) if password else None,
        locale=locale,
        timezone=timezone,
        created_at=uow.clock.now(),
    )
    uow.session.add(person)
    uow.session.flush()
    # The agents tell us from the customers by the people in the policy: a new revision of the
    # directory is what makes them ask for it again.
    uow.bump("directory")
    return person


def principal_of(
    session: Session, person: Person, scope: Scope, device_id: int | None = None, **more: Any
) -> Principal:
    """``more``: what else the door tells (``may``, ``token_id``, ``session_id``)."""
    role: Role = person.role  # type: ignore[assignment]
    if role == "manager":
        led = session.scalars(select(Team.id).where(Team.manager_id == person.id))
        teams = frozenset(led)
    else:
        teams = frozenset(filter(None, [person.team_id]))
    return Principal(
        user_id=person.id,
        name=person.name,
        role=role,
        team_ids=teams,
        locale=person.locale,
        timezone=person.timezone,
        scope=scope,
        device_id=device_id,
        must_change_password=person.must_change_password,
        **more,
    )


def check_password(session: Session, email: str, password: str) -> Person:
    """The person, or Unauthorized("bad_sign_in"): the same answer and the same work whether the
    address or the password is wrong."""
    person = session.scalar(
        select(Person).where(Person.email == (normalize_email(email) or ""), Person.active)
    )
    known = person.password_hash if person is not None else None
    if not passwords.fits(password, known) or person is None:
        raise Unauthorized("bad_sign_in")
    return person


def issue_token(
    uow: UnitOfWork,
    person_id: int,
    *,
    device_id: int | None = None,
    label: str = "",
    scopes: Iterable[TokenScope] = ORDINARY_SCOPES,
    expires_at: datetime | None = None,
) -> str:
    """A new bearer token in clear; only its digest is kept."""
    secret = f"gj_{secrets.token_urlsafe(32)}"
    uow.session.add(
        Token(
            digest=digest(secret),
            person_id=person_id,
            device_id=device_id,
            label=label,
            scopes=" ".join(sorted(scopes)),
            created_at=uow.clock.now(),
            expires_at=expires_at,
        )
    )
    return secret


def principal_for_token(session: Session, secret: str, now: datetime) -> tuple[Principal, bool]:
    """Who acts by this token, and whether its last use on record is some minutes old.

    Unauthorized("bad_token") for an unknown, revoked or expired one.
    """
    row = session.execute(
        select(Token.id, Token.device_id, Token.scopes, Token.last_used_at, Person)
        .join(Person, Person.id == Token.person_id)
        .where(
            Token.digest == digest(secret),
            Token.revoked_at.is_(None),
            or_(Token.expires_at.is_(None), Token.expires_at > now),
            Person.active,
        )
    ).one_or_none()
    if row is None:
        raise Unauthorized("bad_token")
    token_id, device_id, scopes, used, person = row
    may = frozenset(scope for scope in TOKEN_SCOPES if scope in scopes.split())
    who = principal_of(
        session, person, "device" if device_id else "api", device_id, may=may, token_id=token_id
    )
    return who, used is None or used < now - USED_EVERY


def new_pairing_code(uow: UnitOfWork, who: Principal) -> str:
    """A one-time code like ``7KQ2-XMPA``, good for ten minutes."""
    raw = "".join(secrets.choice(_CODE_ALPHABET) for _ in range(8))
    uow.session.add(
        PairingCode(
            digest=digest(raw),
            person_id=who.user_id,
            expires_at=uow.clock.now() + timedelta(minutes=PAIRING_MINUTES),
        )
    )
    return f"{raw[:4]}-{raw[4:]}"


def pair(uow: UnitOfWork, request: PairRequest) -> PairReply:
    """Spend a code. Raises Unauthorized("bad_code") for a wrong, used or expired one."""
    code = "".join(char for char in request.code.upper() if char.isalnum())
    now = uow.clock.now()
    person_id = uow.session.scalar(
        update(PairingCode)
        .where(
            PairingCode.digest == digest(code),
            PairingCode.used_at.is_(None),
            PairingCode.expires_at > now,
        )
        .values(used_at=now)
        .returning(PairingCode.person_id)
        .execution_options(synchronize_session=False)
    )
    person = uow.session.get(Person, person_id) if person_id is not None else None
    if person is None or not person.active:
        raise Unauthorized("bad_code")
    device = Device(person_id=person.id, kind=request.kind, name=request.name, paired_at=now)
    uow.session.add(device)
    uow.session.flush()
    token = issue_token(uow, person.id, device_id=device.id, label=request.kind)
    audit(uow, person.id, "device.pair", f"device/{device.id}")
    uow.bump("feed")
    return PairReply(
        token=token, user=person.name, email=person.email, role=person.role, locale=person.locale
    )


def revoke_device(uow: UnitOfWork, who: Principal, device_id: int) -> None:
    device = uow.session.get(Device, device_id)
    if device is None or (device.person_id != who.user_id and who.role != "admin"):
        raise NotFound
    uow.session.execute(
        update(Token)
        .where(Token.device_id == device_id, Token.revoked_at.is_(None))
        .values(revoked_at=uow.clock.now())
    )
    audit(uow, who.user_id, "device.revoke", f"device/{device_id}")
    uow.bump("feed")


def heartbeat(uow: UnitOfWork, who: Principal, beat: Heartbeat) -> None:
    """Keep what a device says of itself; open pages hear of it only when it says something new."""
    if who.device_id is None:
        raise Forbidden("devices_only")
    device = uow.session.get_one(Device, who.device_id)
    said = beat.model_dump_json()
    if said != device.status:
        device.status = said
        uow.bump("feed")
    device.seen_at = uow.clock.now()


def status_of(device: Device) -> Heartbeat | None:
    return Heartbeat.model_validate(json.loads(device.status)) if device.status else None


def live_devices(session: Session, person_ids: Iterable[int]) -> list[Device]:
    """The devices of these people that still hold a valid token, newest first."""
    return list(
        session.scalars(
            select(Device)
            .where(
                Device.person_id.in_(list(person_ids)),
                select(Token.id)
                .where(Token.device_id == Device.id, Token.revoked_at.is_(None))
                .exists(),
            )
            .order_by(Device.paired_at.desc(), Device.id.desc())
        )
    )


def people_led_by(session: Session, who: Principal) -> list[Person]:
    """Whose work this person answers for: the own teams' (manager), everybody's (admin), oneself."""
    query = select(Person).where(Person.active).order_by(Person.name)
    if who.role == "admin":
        return list(session.scalars(query))
    mine = Person.id == who.user_id
    if who.role == "manager":
        return list(session.scalars(query.where(or_(mine, Person.team_id.in_(who.team_ids)))))
    return list(session.scalars(query.where(mine)))


def audit(
    uow: UnitOfWork,
    person_id: int | None,
    action: str,
    subject: str,
    *,
    before: object = None,
    after: object = None,
    why: str = "",
) -> None:
    """Write down a change a person made."""

    def text(value: object) -> str | None:
        return None if value is None else json.dumps(value, ensure_ascii=False, default=str)

    uow.session.add(
        AuditEntry(
            at=uow.clock.now(),
            person_id=person_id,
            action=action,
            subject=subject,
            before=text(before),
            after=text(after),
            why=why,
        )
    )


def person_count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Person)) or 0


def seen_within(device: Device, now: datetime, span: timedelta) -> bool:
    return device.seen_at is not None and device.seen_at > now - span


def find_person(session: Session, email: str) -> Person | None:
    return session.scalar(select(Person).where(Person.email == (normalize_email(email) or "")))


def join_team(uow: UnitOfWork, person: Person, name: str) -> Team:
    """Put a person into a team, made at need; a manager leads it."""
    team = uow.session.scalar(select(Team).where(Team.name == name))
    if team is None:
        team = Team(name=name)
        uow.session.add(team)
        uow.session.flush()
    if person.role == "manager":
        team.manager_id = person.id
    else:
        person.team_id = team.id
    return team


def policy_with_staff(session: Session) -> Policy:
    """The policy in force, with our own people filled in, so that agents tell us from them.

    Where nobody named our domains, they are those our people sign in with: else a colleague
    without an account here would pass for a stranger."""
    rows = session.execute(
        select(Person.email, Person.name).where(Person.active).order_by(Person.id)
    ).all()
    found = current_policy(session)
    named = (domain_of(row.email) for row in rows)
    domains = dict.fromkeys(one for one in named if one and not is_public_domain(one))
    return found.model_copy(
        update={
            "own_domains": found.own_domains or tuple(sorted(domains)),
            "staff_emails": tuple(
                dict.fromkeys((*found.staff_emails, *(row.email for row in rows)))
            ),
            "staff_names": tuple(dict.fromkeys((*found.staff_names, *(row.name for row in rows)))),
        }
    )

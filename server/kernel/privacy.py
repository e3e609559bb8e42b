"""What the law gives one person: all that is kept of them, and that it is erased.

Every capability says for itself what it keeps (``PrivacyPart``); here they are asked in turn, in
one transaction, and a receipt is kept that tells how much, never whom.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol
from uuid import UUID, uuid4

from phonenumbers import parse
from sqlalchemy import JSON, ForeignKey, String, Text, Uuid, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.kernel.blotting import sweep
from server.kernel.db import Base, UnitOfWork, UtcDateTime
from server.kernel.sealing import Seal

SubjectKind = Literal["contact", "person"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One human being: a contact at a customer's, somebody unknown who wrote, or one of our people.

    ``emails`` and ``phones`` are normalised. ``ids`` are the rows of ``kind`` that are this human.
    """

    kind: SubjectKind
    ids: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    where: str = ""
    """For the eye: the company of a contact, the role of one of our people."""

    @property
    def key(self) -> str:
        """Type and id, as the audit log names them."""
        return f"{self.kind}/{self.ids[0]}" if self.ids else f"{self.kind}/-"

    @property
    def addresses(self) -> tuple[str, ...]:
        """Words that mean this human wherever they stand: addresses, and numbers as people write
        them, with and without the code of the country."""
        short = (
            str(parse(phone).national_number) for phone in self.phones if phone.startswith("+")
        )
        return _longest_first((*self.emails, *self.phones, *short))

    @property
    def words(self) -> tuple[str, ...]:
        """All that would give this human away in a text about them, names too. One of a single
        character stands in too many other words."""
        return _longest_first((*self.addresses, *(name.strip() for name in self.names)))


def _longest_first(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(
        sorted({word for word in words if len(word) > 1}, key=lambda one: (-len(one), one))
    )


class PrivacyPart(Protocol):
    """What one capability keeps of people."""

    def find(self, session: Session, query: str) -> Sequence[Subject]:
        """Whose address, number or name this is."""

    def export(self, session: Session, who: Subject) -> dict[str, list[dict[str, Any]]]:
        """Everything kept of them, by kind; values as JSON has them."""

    def erase(self, uow: UnitOfWork, who: Subject, by: int | None) -> dict[str, int]:
        """Erase it; how many rows of which kind. A ServerError says why it cannot be now: then
        nothing is erased anywhere."""


class PrivacyRequest(Base):
    """The receipt that stays: who asked for what and how much there was."""

    __tablename__ = "privacy_request"
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    """None: at the server's own command line."""
    kind: Mapped[str] = mapped_column(String(10))
    """``export`` or ``erase``."""
    subject: Mapped[str] = mapped_column(String(60))
    why: Mapped[str] = mapped_column(Text, default="")
    counts: Mapped[dict[str, int]] = mapped_column(JSON)


class Suppressed(Base):
    """An address or number whose owner was erased, as a keyed digest: what a laptop still holds is
    not taken in again."""

    __tablename__ = "suppressed"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


@dataclass(frozen=True, slots=True)
class Receipt:
    id: UUID
    counts: dict[str, int]
    archive: bytes
    """A zip: ``receipt.json``, and ``data.json`` of an export."""


def find(parts: Sequence[PrivacyPart], session: Session, query: str) -> list[Subject]:
    wanted = query.strip()
    return [one for part in parts for one in part.find(session, wanted)] if wanted else []


def export(
    parts: Sequence[PrivacyPart], uow: UnitOfWork, who: Subject, *, by: int | None, why: str
) -> Receipt:
    """All that is kept of this human, as a zip of JSON."""
    data: dict[str, list[dict[str, Any]]] = {}
    for part in parts:
        for kind, rows in part.export(uow.session, who).items():
            data.setdefault(kind, []).extend(rows)
    counts = {kind: len(rows) for kind, rows in sorted(data.items()) if rows}
    text = json.dumps(data, ensure_ascii=False, indent=1, default=str).encode()
    extra = {"sha256_of_data": hashlib.sha256(text).hexdigest()}
    return _receipt(uow, "export", who, by, why, counts, {"data.json": text}, extra)


def erase(
    parts: Sequence[PrivacyPart],
    uow: UnitOfWork,
    who: Subject,
    *,
    by: int | None,
    why: str,
    seal: Seal,
) -> Receipt:
    """Erase this human everywhere. There is no way back but a backup."""
    counts: dict[str, int] = {}
    for part in parts:
        for kind, number in part.erase(uow, who, by).items():
            counts[kind] = counts.get(kind, 0) + number
    counts["mentions"] = counts.get("mentions", 0) + sweep(uow, who.addresses, skip=("person",))
    if who.kind == "contact":
        suppress(uow, seal, (*who.emails, *who.phones))
    uow.bump("feed")
    kept = {kind: number for kind, number in sorted(counts.items()) if number}
    return _receipt(uow, "erase", who, by, why, kept, {}, {})


def _receipt(
    uow: UnitOfWork,
    kind: str,
    who: Subject,
    by: int | None,
    why: str,
    counts: dict[str, int],
    files: dict[str, bytes],
    extra: dict[str, Any],
) -> Receipt:
    row = PrivacyRequest(
        id=uuid4(),
        at=uow.clock.now(),
        by_id=by,
        kind=kind,
        subject=who.key,
        why=why,
        counts=counts,
    )
    uow.session.add(row)
    uow.session.flush()
    told = {
        "id": str(row.id),
        "request": kind,
        "at": row.at.isoformat(),
        "by": by,
        "subject": who.key,
        "why": why,
        "counts": counts,
        **extra,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("receipt.json", json.dumps(told, ensure_ascii=False, indent=1))
        for name, content in files.items():
            archive.writestr(name, content)
    return Receipt(row.id, counts, out.getvalue())


def requests(session: Session, limit: int = 100) -> list[PrivacyRequest]:
    query = select(PrivacyRequest).order_by(PrivacyRequest.at.desc(), PrivacyRequest.id)
    return list(session.scalars(query.limit(limit)))


_PURPOSE = "suppressed"


def suppress(uow: UnitOfWork, seal: Seal, keys: Sequence[str]) -> None:
    for key in keys:
        found = seal.digest(_PURPOSE, key.casefold())
        if uow.session.get(Suppressed, found) is None:
            uow.session.add(Suppressed(digest=found, at=uow.clock.now()))
    uow.session.flush()


def suppressed_among(session: Session, seal: Seal, keys: Sequence[str]) -> set[str]:
    """Which of these addresses and numbers belong to somebody erased."""
    if not keys or session.scalars(select(Suppressed.digest).limit(1)).first() is None:
        return set()
    by_digest = {seal.digest(_PURPOSE, key.casefold()): key for key in set(keys)}
    found: set[str] = set()
    digests = sorted(by_digest)
    for start in range(0, len(digests), 400):
        some = digests[start : start + 400]
        query = select(Suppressed.digest).where(Suppressed.digest.in_(some))
        found.update(by_digest[digest] for digest in session.scalars(query))
    return found

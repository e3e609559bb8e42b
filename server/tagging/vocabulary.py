"""The company's competitors, products and jargon: every change is a version, none is ever lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from agent.contract.tagger import MAX_TERMS, Term
from agent.nlp.lexicon import LexiconBroken, company, shipped
from server.identity.models import Person
from server.identity.service import audit
from server.kernel.auth import Principal
from server.kernel.db import UnitOfWork
from server.kernel.errors import Conflict, Invalid, NotFound
from server.tagging.models import VocabularyVersion

FILE_NAME = "genjin-vocabulary.yaml"


def newest(session: Session) -> VocabularyVersion | None:
    query = select(VocabularyVersion).order_by(VocabularyVersion.version.desc())
    return session.scalar(query.limit(1))


def current_terms(session: Session) -> tuple[int, tuple[Term, ...]]:
    """The version in force and what it holds."""
    row = newest(session)
    if row is None:
        return 0, ()
    return row.version, tuple(Term.model_validate(term) for term in row.terms)


@dataclass(frozen=True, slots=True)
class Past:
    version: int
    at: datetime
    by: str
    change: str
    about: str
    number: int


def history(session: Session, limit: int = 20) -> list[Past]:
    query = (
        select(VocabularyVersion, Person.name)
        .outerjoin(Person, Person.id == VocabularyVersion.by_id)
        .order_by(VocabularyVersion.version.desc())
        .limit(limit)
    )
    return [
        Past(row.version, row.at, name or "", row.change, row.about, len(row.terms))
        for row, name in session.execute(query)
    ]


def put(uow: UnitOfWork, who: Principal, term: Term, *, place: int | None, seen: int) -> int:
    """Add a term, or change the one at ``place`` (from 0) of the version ``seen``."""
    version, terms = _held(uow, seen)
    if place is not None and not 0 <= place < len(terms):
        raise NotFound
    tried(term)
    name = term.words[0].casefold()
    double = [
        at
        for at, other in enumerate(terms)
        if at != place
        and (other.kind, other.category) == (term.kind, term.category)
        and name in {word.casefold() for word in other.words}
    ]
    if double:
        raise Invalid(fields={"words": "term_is_there"})
    if place is None:
        if len(terms) >= MAX_TERMS:
            raise Invalid("too_many_terms")
        return _write(uow, who, version, (*terms, term), "added", term.words[0])
    changed = (*terms[:place], term, *terms[place + 1 :])
    return _write(uow, who, version, changed, "changed", term.words[0])


def remove(uow: UnitOfWork, who: Principal, place: int, *, seen: int) -> int:
    version, terms = _held(uow, seen)
    if not 0 <= place < len(terms):
        raise NotFound
    kept = (*terms[:place], *terms[place + 1 :])
    return _write(uow, who, version, kept, "removed", terms[place].words[0])


def replace_all(uow: UnitOfWork, who: Principal, terms: Sequence[Term], *, seen: int) -> int:
    version, _ = _held(uow, seen)
    if len(terms) > MAX_TERMS:
        raise Invalid("too_many_terms")
    for term in terms:
        tried(term)
    return _write(uow, who, version, tuple(terms), "file", "")


def restore(uow: UnitOfWork, who: Principal, wanted: int, *, seen: int) -> int:
    """Put an older version in force again, as a new one; 0 is the empty one before the first."""
    version, _ = _held(uow, seen)
    row = uow.session.get(VocabularyVersion, wanted)
    if row is None and wanted != 0:
        raise NotFound
    terms = tuple(Term.model_validate(term) for term in row.terms) if row else ()
    return _write(uow, who, version, terms, "restored", str(wanted))


def tried(term: Term) -> None:
    """Raises ``Invalid`` with the reason when a term does not compile or an example fails."""
    if (term.category is None) == (term.kind == "jargon"):
        raise Invalid(fields={"category": "required"})
    try:
        company.check(shipped(), [term])
    except LexiconBroken as error:
        raise Invalid(
            f"term_{error.params['reason']}",
            fields={_FIELD_OF.get(str(error.params["reason"]), "words"): _code(error)},
            what=error.params["what"],
        ) from error


_FIELD_OF = {"example_not_found": "yes", "example_found": "no"}


def _code(error: LexiconBroken) -> str:
    return f"term_{error.params['reason']}"


def term_of(**given: object) -> Term:
    """A term from what somebody typed. Raises ``Invalid`` with the field that is wrong."""
    try:
        return Term.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = str(first["loc"][0]) if first["loc"] else "words"
        code = "required" if first["type"] in ("too_short", "missing") else "too_long"
        raise Invalid(fields={field: code}) from None


def _held(uow: UnitOfWork, seen: int) -> tuple[int, tuple[Term, ...]]:
    version, terms = current_terms(uow.session)
    if version != seen:
        raise Conflict("vocabulary_changed")
    return version, terms


def _write(
    uow: UnitOfWork,
    who: Principal,
    version: int,
    terms: Sequence[Term],
    change: str,
    about: str,
) -> int:
    row = VocabularyVersion(
        version=version + 1,
        at=uow.clock.now(),
        by_id=who.user_id,
        change=change,
        about=about[:200],
        terms=[term.model_dump(mode="json", exclude_defaults=True) for term in terms],
    )
    uow.session.add(row)
    uow.session.flush()
    audit(uow, who.user_id, f"vocabulary.{change}", f"vocabulary/{row.version}", after=about)
    uow.bump("tagger")
    uow.bump("feed")
    return row.version

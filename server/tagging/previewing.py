"""What a new word of the company would change in the newest activities, before it is saved."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from agent.contract.tag import Tag
from agent.contract.tagger import TaggerData, Term
from agent.nlp.company import company_tagger
from agent.nlp.fold import fold
from agent.nlp.sentences import Span, sentences
from server.customers.models import Activity
from server.customers.visibility import visible_activities
from server.kernel.auth import Principal
from server.tagging import labels
from server.tagging.reading import is_whole, people_of, read, tagger_of, taught, zone_of

LOOKED_AT = 500
_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Hit:
    """One tag that would come or go."""

    change: Literal["comes", "goes"]
    category: str
    status: str
    before: str
    text: str
    after: str
    at: datetime
    customer_id: int
    customer: str


@dataclass(frozen=True, slots=True)
class Preview:
    looked_at: int
    named: int
    """In how many the words stand."""
    comes: int
    goes: int
    hits: list[Hit]
    """The newest of them."""


def preview(session: Session, who: Principal, term: Term, place: int | None = None) -> Preview:
    """Compares the tagger with and without the term (in the place of another one), on the newest
    activities that this person may see."""
    data = taught(session)
    held = list(data.terms)
    if place is not None and 0 <= place < len(held):
        held[place] = term
    else:
        held.append(term)
    with_it = company_tagger(TaggerData(terms=tuple(held), adaptation=data.adaptation))
    without = tagger_of(data)
    rows = _newest(session, who)
    replaced = [data.terms[place]] if place is not None and 0 <= place < len(data.terms) else []
    named = [row for row in rows if _is_named(row.text, [term, *replaced])]
    people, zone = people_of(session, [row.id for row in named]), zone_of(session)
    owners = labels.customers_of(session, who, [row.id for row in named])
    hits: list[Hit] = []
    for row in named:
        old = read(without, row, people[row.id], zone).tags
        new = read(with_it, row, people[row.id], zone).tags
        owner = owners.get(row.id, (0, ""))
        spans = list(sentences(fold(row.text)))
        was, will = ({_what(tag, spans) for tag in tags} for tags in (old, new))
        hits += [_hit("comes", row, tag, owner) for tag in new if _what(tag, spans) not in was]
        hits += [_hit("goes", row, tag, owner) for tag in old if _what(tag, spans) not in will]
    comes = sum(hit.change == "comes" for hit in hits)
    return Preview(len(rows), len(named), comes, len(hits) - comes, hits[:_SHOWN])


def _newest(session: Session, who: Principal) -> list[Activity]:
    query = visible_activities(who).order_by(Activity.occurred_at.desc(), Activity.id)
    return [row for row in session.scalars(query.limit(LOOKED_AT)) if is_whole(row)]


def _is_named(text: str, terms: Sequence[Term]) -> bool:
    folded = fold(text)
    return any(
        term.is_pattern or any(fold(word) in folded for word in term.words) for term in terms
    )


def _what(tag: Tag, spans: Sequence[Span]) -> tuple[str, str, int]:
    """What is said in which sentence, be it by these or by other words of it."""
    at = sum(start <= tag.start for start, _ in spans)
    return tag.category, tag.status, at


def _hit(change: Literal["comes", "goes"], row: Activity, tag: Tag, owner: tuple[int, str]) -> Hit:
    before, after = labels.surroundings(row.text, tag.start, tag.end, tag.text)
    return Hit(change, tag.category, tag.status, before, tag.text, after, row.occurred_at, *owner)

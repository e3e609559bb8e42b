"""The tagger's teaching over the API: what agents fetch, and what people correct."""

import hashlib
from typing import Any, Literal
from uuid import UUID

from flask import Response, jsonify, make_response, request
from pydantic import BaseModel, Field
from werkzeug.wrappers import Response as BaseResponse

from agent.contract.tag import Category, Status
from agent.contract.tagger import MAX_TERMS, TaggerData, Term
from server.kernel.api import api_blueprint, needs
from server.kernel.auth import principal, require
from server.kernel.context import kernel
from server.kernel.errors import NotFound
from server.kernel.paging import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    decode_cursor,
    encode_cursor,
    moment,
    row_id,
)
from server.tagging import labels, retagging, suggesting, training, vocabulary
from server.tagging.previewing import preview
from server.tagging.reading import taught

api = api_blueprint("tagger")


class ActivityPath(BaseModel):
    activity_id: UUID


class LabelPath(BaseModel):
    label_id: int = Field(ge=1, lt=2**63)


class SuggestionPath(BaseModel):
    suggestion_id: int = Field(ge=1, lt=2**63)
    answer: Literal["accept", "dismiss"]


class RetaggingPath(BaseModel):
    retagging_id: int = Field(ge=1, lt=2**63)


class MarkBody(BaseModel):
    category: Category
    status: Status = "asserted"
    words: str = Field(max_length=2_000)
    nth: int = Field(0, ge=0, le=100_000)
    """Which occurrence of the words in the text, from 0."""


class MarkedOut(BaseModel):
    id: int
    category: str
    status: str
    start: int
    end: int
    text: str


class LabelQuery(BaseModel):
    category: Category | None = None
    cursor: str | None = Field(None, max_length=600)
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)


class VocabularyBody(BaseModel):
    version: int = Field(ge=0, lt=2**31)
    """The one the caller has seen."""
    terms: list[Term] = Field(max_length=MAX_TERMS)


class PreviewBody(BaseModel):
    term: Term


@api.get("/tagger", responses={200: TaggerData, 304: None})
@needs("ingest", "read")
def tagger() -> BaseResponse:
    """What the company has taught. Send the ETag back as If-None-Match to get 304 while it stands."""
    with kernel().db.reading() as session:
        body = taught(session).model_dump_json(exclude_defaults=True)
    response = make_response(body)
    response.mimetype = "application/json"
    response.set_etag(hashlib.sha256(body.encode()).hexdigest()[:32])
    return response.make_conditional(request)


@api.post("/activities/<uuid:activity_id>/tags", responses={200: MarkedOut})
def mark(path: ActivityPath, body: MarkBody) -> Response:
    """These words of an activity mean something that the tagger missed."""
    with kernel().db.unit_of_work() as uow:
        tag = labels.mark(uow, principal(), path.activity_id, **body.model_dump())
        told = {name: getattr(tag, name) for name in MarkedOut.model_fields}
    return jsonify(told)


@api.get("/tagger/labels")
def label_list(query: LabelQuery) -> Response:
    """Standing corrections on activities that the caller may see, the newest first."""
    after: Any = decode_cursor(query.cursor, moment, row_id)
    with kernel().db.reading() as session:
        found = labels.recent(
            session, principal(), category=query.category, after=after, limit=query.limit + 1
        )
    page = found[: query.limit]
    cursor = None
    if len(found) > len(page):
        last = page[-1].label
        cursor = encode_cursor(last.at.isoformat(), last.id)
    return jsonify(items=[_plain(line) for line in page], cursor=cursor)


def _plain(line: labels.Line) -> dict[str, Any]:
    label = line.label
    names = ("id", "category", "status", "verdict", "start", "end", "text", "speaker")
    return {
        **{name: getattr(label, name) for name in names},
        "activity_id": str(label.activity_id),
        "customer_id": line.customer_id,
        "at": label.at.isoformat(),
        "by": line.by,
    }


@api.post("/tagger/labels/<int:label_id>/undo")
def undo_label(path: LabelPath) -> Response:
    """Take a correction back."""
    with kernel().db.unit_of_work() as uow:
        label = labels.undo(uow, principal(), path.label_id)
        return jsonify(id=label.id, undone=True)


@api.post("/tagger/suggestions/<int:suggestion_id>/<answer>")
def answer(path: SuggestionPath) -> Response:
    """Accept a suggestion as a tag, or dismiss it."""
    with kernel().db.unit_of_work() as uow:
        right = path.answer == "accept"
        suggesting.answer(uow, principal(), path.suggestion_id, right=right)
    return jsonify(id=path.suggestion_id, answer=path.answer)


@api.get("/tagger/figures")
def figures() -> Response:
    """Per category: labels, and precision and recall with their intervals before and after."""
    require("manager")
    with kernel().db.reading() as session:
        seen = training.overview(session)
    return jsonify(
        version=seen.version,
        trained_at=seen.trained_at.isoformat() if seen.trained_at else None,
        waiting=seen.waiting,
        categories=[_row(row) for row in seen.rows],
    )


def _row(row: training.Row) -> dict[str, Any]:
    def quality(of: Any) -> Any:
        if of is None:
            return None
        return {
            name: {"hits": share.hits, "of": share.of, "value": share.value, "ci": share.interval}
            for name, share in (("precision", of.precision), ("recall", of.recall))
        }

    names = ("category", "labels", "new", "confirmed", "rejected", "missed", "may_tag")
    return {
        **{name: getattr(row, name) for name in names},
        "before": quality(row.before),
        "after": quality(row.after),
    }


@api.post("/tagger/train")
def train() -> Response:
    """Learn from all standing corrections, now."""
    who = require("manager")
    return jsonify(version=training.train(kernel().db, who.user_id))


@api.get("/tagger/vocabulary")
def words() -> Response:
    """The company's competitors, products and jargon."""
    with kernel().db.reading() as session:
        version, terms = vocabulary.current_terms(session)
    return jsonify(version=version, terms=[term.model_dump(mode="json") for term in terms])


@api.put("/tagger/vocabulary")
def put_words(body: VocabularyBody) -> Response:
    """Put another vocabulary in the place of the version the caller has seen."""
    who = require("manager")
    with kernel().db.unit_of_work() as uow:
        version = vocabulary.replace_all(uow, who, body.terms, seen=body.version)
    return jsonify(version=version)


@api.post("/tagger/vocabulary/preview")
def preview_term(body: PreviewBody) -> Response:
    """What a new term would change in the newest activities that the caller may see."""
    who = require("manager")
    vocabulary.tried(body.term)
    with kernel().db.reading() as session:
        seen = preview(session, who, body.term)
    hits = [
        {
            "change": hit.change,
            "category": hit.category,
            "status": hit.status,
            "text": hit.text,
            "customer_id": hit.customer_id,
        }
        for hit in seen.hits
    ]
    return jsonify(
        looked_at=seen.looked_at, named=seen.named, comes=seen.comes, goes=seen.goes, hits=hits
    )


@api.get("/tagger/retagging")
def retagging_state() -> Response:
    """The newest retagging of the archive, and how far it is."""
    require("manager")
    with kernel().db.reading() as session:
        return jsonify(_job(retagging.newest(session)))


@api.post("/tagger/retagging")
def start_retagging() -> Response:
    """Read the archive again."""
    who = require("manager")
    with kernel().db.unit_of_work() as uow:
        return jsonify(_job(retagging.start(uow, who)))


@api.post("/tagger/retagging/<int:retagging_id>/undo")
def undo_retagging(path: RetaggingPath) -> Response:
    """Put back the tags as they were before the newest retagging."""
    who = require("manager")
    with kernel().db.unit_of_work() as uow:
        return jsonify(_job(retagging.undo(uow, who, path.retagging_id)))


def _job(job: Any) -> dict[str, Any]:
    if job is None:
        raise NotFound
    names = ("id", "state", "total", "done", "changed", "failed")
    return {name: getattr(job, name) for name in names}

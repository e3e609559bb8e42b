"""Pages on which managers teach the tagger, and the forms of the timeline that correct it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from agent.contract.tag import CATEGORIES, STATUSES
from agent.contract.tagger import Term
from agent.nlp.learn.adapt import MAY_TAG
from agent.nlp.lexicon import LexiconBroken, company
from server.kernel.auth import principal, require
from server.kernel.context import kernel
from server.kernel.db import UnitOfWork
from server.kernel.errors import Conflict, Invalid, NotFound, ServerError
from server.kernel.i18n import t
from server.kernel.pages import (
    feed,
    is_fragment,
    no_content,
    nothing_new,
    page_blueprint,
    refused,
    said,
    text_or,
)
from server.tagging import labels, retagging, suggesting, training, vocabulary
from server.tagging.previewing import preview

Answer = str | BaseResponse

pages = page_blueprint("tagging", __name__)
pages.add_app_template_global(lambda: CATEGORIES, "tag_categories")

KINDS = ("competitor", "product", "jargon")


@pages.get("/tagging")
def overview() -> Answer:
    """How good the tagger is by what people say of it, and what it has been taught."""
    who = require("manager")
    with kernel().db.reading() as session:
        revision = feed(session)
        if nothing_new(revision):
            return no_content()
        shown: dict[str, Any] = {
            "seen": training.overview(session),
            "recent": labels.recent(session, who, limit=20),
            "suggestions": suggesting.waiting(session, who, limit=10),
            "job": retagging.newest(session),
        }
    template = "tagging/_overview.html" if is_fragment() else "tagging/overview.html"
    return render_template(template, **shown, rev=revision, may_tag=MAY_TAG)


def _obey(act: Callable[[UnitOfWork], object], done: str, **params: object) -> Answer:
    try:
        with kernel().db.unit_of_work() as uow:
            act(uow)
    except ServerError as error:
        return refused(error)
    return said(done, url_for("tagging.overview"), **params)


@pages.post("/tagging/train")
def train() -> Answer:
    who = require("manager")
    training.train(kernel().db, who.user_id)
    return said("said.trained", url_for("tagging.overview"))


@pages.post("/tagging/labels/<int:label_id>/undo")
def undo_label(label_id: int) -> Answer:
    return _obey(lambda uow: labels.undo(uow, principal(), label_id), "said.label_undone")


@pages.post("/tagging/suggestions/<int:suggestion_id>/<answer>")
def answer(suggestion_id: int, answer: str) -> Answer:
    if answer not in ("accept", "dismiss"):
        return refused(NotFound())
    right = answer == "accept"
    done = "said.suggestion_accepted" if right else "said.suggestion_dismissed"
    return _obey(lambda uow: suggesting.answer(uow, principal(), suggestion_id, right=right), done)


@pages.post("/tagging/retagging")
def retag() -> Answer:
    who = require("manager")
    return _obey(lambda uow: retagging.start(uow, who), "said.retagging_started")


@pages.post("/tagging/retagging/<int:retagging_id>/undo")
def undo_retagging(retagging_id: int) -> Answer:
    who = require("manager")
    return _obey(lambda uow: retagging.undo(uow, who, retagging_id), "said.retagging_undone")


@pages.post("/customers/<int:customer_id>/activities/<uuid:activity_id>/tags")
def mark(customer_id: int, activity_id: UUID) -> Answer:
    """Words of a timeline that the tagger missed."""
    category = request.form.get("category", "")
    status = request.form.get("status", "asserted")
    nth = request.form.get("nth", "")
    back = url_for("customers.customer", customer_id=customer_id, _anchor=f"i-{activity_id}")
    try:
        if category not in CATEGORIES:
            raise Invalid(fields={"category": "mark_no_category"})
        if status not in STATUSES:
            raise Invalid
        with kernel().db.unit_of_work() as uow:
            labels.mark(
                uow,
                principal(),
                activity_id,
                category=category,
                status=status,
                words=request.form.get("words", ""),
                nth=int(nth) if nth.isascii() and nth.isdigit() and len(nth) < 7 else 0,
            )
    except ServerError as error:
        return refused(error)
    return said("said.marked", back, category=t(f"category.{category}"))


@pages.get("/tagging/vocabulary")
def words() -> Answer:
    """The company's own words."""
    require("manager")
    place = request.args.get("edit", "")
    at = int(place) if place.isascii() and place.isdigit() and len(place) < 7 else None
    return _vocabulary(editing=at)


def _vocabulary(*, status: int = 200, editing: int | None = None, **shown: Any) -> Response:
    with kernel().db.reading() as session:
        version, terms = vocabulary.current_terms(session)
        past = vocabulary.history(session)
    if editing is not None and editing >= len(terms):
        raise NotFound
    if "values" not in shown:
        shown["values"] = _typed(terms[editing]) if editing is not None else {"kind": KINDS[0]}
    page = render_template(
        "tagging/vocabulary.html",
        version=version,
        terms=list(enumerate(terms)),
        past=past,
        kinds=KINDS,
        categories=CATEGORIES,
        statuses=STATUSES,
        editing=editing,
        **{"faults": {}, "seen": None, "file_fault": "", **shown},
    )
    return make_response(page, status)


def _typed(term: Term) -> dict[str, Any]:
    return {
        "kind": term.kind,
        "category": term.category or "",
        "status": term.status,
        "is_pattern": term.is_pattern,
        **{name: "\n".join(getattr(term, name)) for name in ("words", "yes", "no")},
    }


@pages.post("/tagging/vocabulary")
def put_word() -> Answer:
    """Look at what a term would change, or save it."""
    who = require("manager")
    form = request.form
    place = form.get("place", "")
    at = int(place) if place.isascii() and place.isdigit() and len(place) < 7 else None
    values = {**form.to_dict(), "is_pattern": form.get("is_pattern") == "1"}
    try:
        term = _term_of_form()
        vocabulary.tried(term)
        if form.get("do") == "preview":
            with kernel().db.reading() as session:
                seen = preview(session, who, term, at)
            return _vocabulary(editing=at, values=values, seen=seen)
        with kernel().db.unit_of_work() as uow:
            vocabulary.put(uow, who, term, place=at, seen=_version())
    except Invalid as error:
        told = {field: _reason(code, error) for field, code in error.fields.items()}
        faults = told or {"": _reason(error.code, error)}
        return _vocabulary(status=422, editing=at, values=values, faults=faults)
    except Conflict as error:
        return _vocabulary(status=409, values=values, faults={"": t(f"error.{error.code}")})
    return redirect(url_for("tagging.words"), 303)


def _term_of_form() -> Term:
    form = request.form
    kind = form.get("kind", "")
    is_jargon = kind == "jargon"
    if kind not in KINDS or (is_jargon and form.get("category") not in CATEGORIES):
        raise Invalid(fields={"category" if kind in KINDS else "kind": "required"})
    status = form.get("status", "asserted")
    return vocabulary.term_of(
        kind=kind,
        words=_lines("words"),
        is_pattern=form.get("is_pattern") == "1",
        category=form.get("category") if is_jargon else None,
        status=status if is_jargon and status in STATUSES else "asserted",
        yes=_lines("yes"),
        no=_lines("no"),
    )


def _lines(name: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in request.form.get(name, "").splitlines() if line.strip())


def _reason(code: str, error: ServerError) -> str:
    return text_or(f"error.{code}", "error.invalid", **{"what": "", **error.params})


def _version() -> int:
    value = request.form.get("version", "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else -1


@pages.post("/tagging/vocabulary/<int:place>/remove")
def remove_word(place: int) -> Answer:
    who = require("manager")
    return _then_words(lambda uow: vocabulary.remove(uow, who, place, seen=_version()))


@pages.post("/tagging/vocabulary/restore")
def restore_words() -> Answer:
    who = require("manager")
    wanted = request.form.get("wanted", "")
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 10):
        raise NotFound
    return _then_words(lambda uow: vocabulary.restore(uow, who, int(wanted), seen=_version()))


def _then_words(act: Callable[[UnitOfWork], object]) -> Answer:
    try:
        with kernel().db.unit_of_work() as uow:
            act(uow)
    except Conflict as error:
        return _vocabulary(status=409, faults={"": t(f"error.{error.code}")})
    return redirect(url_for("tagging.words"), 303)


@pages.get("/tagging/vocabulary.yaml")
def words_file() -> Answer:
    """The vocabulary as a file."""
    require("manager")
    with kernel().db.reading() as session:
        _, terms = vocabulary.current_terms(session)
    response = make_response(company.written(terms) or "competitors: []\n")
    response.mimetype = "application/yaml"
    response.headers["Content-Disposition"] = f"attachment; filename={vocabulary.FILE_NAME}"
    return response


@pages.post("/tagging/vocabulary/file")
def put_file() -> Answer:
    """Take a file in the place of the whole vocabulary; one with a fault changes nothing."""
    who = require("manager")
    given = request.files.get("file")
    content = b""
    if given is not None:
        content = given.stream.read(company.MAX_BYTES + 1)
        given.close()
    name = (given.filename if given is not None else "") or vocabulary.FILE_NAME
    try:
        terms = company.read(name[:80], content)
        with kernel().db.unit_of_work() as uow:
            vocabulary.replace_all(uow, who, terms, seen=_version())
    except LexiconBroken as error:
        reason = t(f"error.term_{error.params['reason']}", what=error.params["what"])
        fault = t("vocabulary.broken", file=name[:80], line=error.params["line"], reason=reason)
        return _vocabulary(status=422, file_fault=fault)
    except (Invalid, Conflict) as error:
        return _vocabulary(status=int(error.status), file_fault=_reason(error.code, error))
    return redirect(url_for("tagging.words"), 303)

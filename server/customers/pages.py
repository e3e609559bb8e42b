"""The list of customers, and one customer with its timeline."""

import json
from typing import Any, get_args
from uuid import UUID

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from agent.contract.activity import KINDS
from agent.contract.tag import CATEGORIES
from server.customers import corrections
from server.customers.forwarding import forwarded
from server.customers.stages import STAGES
from server.customers.views import card, history, listing, timeline
from server.customers.visibility import get_customer
from server.kernel.auth import principal
from server.kernel.context import kernel
from server.kernel.errors import Invalid, ServerError
from server.kernel.i18n import t
from server.kernel.pages import (
    feed,
    here,
    is_fragment,
    no_content,
    nothing_new,
    page_blueprint,
    refused,
    said,
)

Answer = str | BaseResponse

pages = page_blueprint("customers", __name__)


def _one_of(name: str, choices: tuple[str, ...]) -> Any:
    """A query parameter if it is one of ``choices``, else None: an odd link shows everything."""
    value = request.args.get(name)
    return value if value in choices else None


HAPPENINGS = ("stage", "reminder")
"""What stands on a timeline beside what was said, and can be looked at alone."""


def _activity(name: str) -> UUID | None:
    try:
        return UUID(request.args.get(name, ""))
    except ValueError:
        return None


def _number(name: str) -> int | None:
    value = request.values.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 18 else None


@pages.get("/customers")
def customers() -> Answer:
    who, now = principal(), kernel().clock.now()
    wanted = listing.Wanted(
        q=request.args.get("q", "").strip()[:200],
        stage=_one_of("stage", (*STAGES, "open")),
        owner_id=_number("owner"),
        overdue=request.args.get("overdue") == "1",
        tag=request.args.get("label", "").strip()[:40],
        order=_one_of("sort", get_args(listing.Order)) or "quiet",
    )
    before = request.args.get("before")
    with kernel().db.reading() as session:
        revision = feed(session)
        if nothing_new(revision):
            return no_content()
        page = listing.list_customers(
            session, who, wanted, now, before=before, floor=request.args.get("floor")
        )
        kernel().extend_cards(session, who, page.rows)
        owners = listing.owners(session, who) if who.leads and not is_fragment() else []
        labels = [] if is_fragment() else listing.used_labels(session, who)
    shown = {"page": page, "wanted": wanted, "rev": revision, "owners": owners, "stages": STAGES}
    shown["labels"] = labels
    shown["may_create"] = who.role in ("rep", "manager", "admin")
    shown["more"] = here(before=page.cursor)
    shown["here"] = here()
    if not is_fragment():
        return render_template("customers/list.html", **shown)
    return render_template("customers/_rows.html" if before else "customers/_list.html", **shown)


@pages.get("/customers/<int:customer_id>")
def customer(customer_id: int) -> Answer:
    who, now = principal(), kernel().clock.now()
    wanted = timeline.Wanted(
        kind=_one_of("kind", (*KINDS, *HAPPENINGS)),
        tag=_one_of("tag", CATEGORIES),
        counted=_one_of("counted", ("yes", "no")),
        q=request.args.get("q", "").strip()[:200],
        thread=request.args.get("thread", "")[:128] or None,
        at=_activity("at"),
    )
    before = request.args.get("before")
    with kernel().db.reading() as session:
        revision = feed(session)
        if nothing_new(revision):
            return no_content()
        if (there := forwarded(session, [customer_id]).get(customer_id)) is not None:
            return redirect(url_for("customers.customer", customer_id=there), 301)
        row = get_customer(session, who, customer_id)
        page = timeline.read_timeline(
            session,
            who,
            row.id,
            wanted,
            kernel().timeline_parts,
            before=before,
            floor=request.args.get("floor"),
        )
        head = card.read_card(session, row, now)
        kernel().extend_cards(session, who, [head])
        tags = timeline.used_tags(session, row.id)
        corrected = history.recent(session, who, row.id)
    shown = {
        "card": head,
        "page": page,
        "wanted": wanted,
        "rev": revision,
        "tags": tags,
        "kinds": (*KINDS, *HAPPENINGS),
        "corrected": corrected,
        "stages": STAGES,
        "more": here(before=page.cursor),
        "here": here(),
        "link": here,
    }
    if not is_fragment():
        return render_template("customers/one.html", **shown)
    return render_template("customers/_items.html" if before else "customers/_one.html", **shown)


@pages.get("/customers/<int:customer_id>/activities/<uuid:activity_id>/thread")
def thread(customer_id: int, activity_id: UUID) -> Answer:
    """The older items of a conversation, to stand below the newest."""
    who = principal()
    with kernel().db.reading() as session:
        get_customer(session, who, customer_id)
        found = timeline.rest_of_thread(session, who, customer_id, activity_id)
    return render_template("customers/_thread.html", found=found, customer_id=customer_id)


@pages.get("/customers/<int:customer_id>/others")
def others(customer_id: int) -> Answer:
    """Customers to move an item to, by a few letters of the name."""
    who, q = principal(), request.args.get("q", "").strip()[:200]
    with kernel().db.reading() as session:
        get_customer(session, who, customer_id)
        found = listing.pick(session, who, q, without=customer_id) if q else []
    return render_template(
        "customers/_others.html", found=found, q=q, pick=request.args.get("pick") == "1"
    )


@pages.post("/customers/<int:customer_id>/activities/<uuid:activity_id>/move")
def move(customer_id: int, activity_id: UUID) -> Answer:
    """Move an item (or its whole conversation) to the customer it really belongs to."""
    back = url_for("customers.customer", customer_id=customer_id)
    try:
        target = _number("to")
        if target is None:
            raise Invalid("choose_customer")
        with kernel().db.unit_of_work() as uow:
            moved = corrections.relink(
                uow,
                principal(),
                activity_id,
                target,
                from_customer_id=customer_id,
                whole_thread=request.form.get("whole_thread") == "1",
            )
            name = get_customer(uow.session, principal(), target).name
    except ServerError as error:
        return refused(error)
    answer = said("said.moved", back, count=len(moved.activities), customer=name)
    if moved.correction_id is not None and "HX-Trigger" in answer.headers:
        # Beside the word that it was done, the way back.
        told = json.loads(answer.headers["HX-Trigger"])
        told["said"]["undo"] = url_for("customers.undo", correction_id=moved.correction_id)
        told["said"]["undo_text"] = t("correction.undo")
        answer.headers["HX-Trigger"] = json.dumps(told)
    return answer


@pages.post("/customers/<int:customer_id>/tags/<int:tag_id>/<verdict>")
def judge(customer_id: int, tag_id: int, verdict: str) -> Answer:
    """A person says whether a tag is right."""
    back = url_for("customers.customer", customer_id=customer_id)
    try:
        if verdict not in ("confirmed", "rejected"):
            raise Invalid
        with kernel().db.unit_of_work() as uow:
            corrections.judge_tag(uow, principal(), tag_id, verdict)
    except ServerError as error:
        return refused(error)
    return said(f"said.tag_{verdict}", back)

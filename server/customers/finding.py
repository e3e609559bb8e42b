"""Search over customers and timelines: the page and the API."""

from dataclasses import asdict

from flask import Response, jsonify, render_template, request
from pydantic import BaseModel, Field

from agent.contract.base import RowId, Utc
from server.customers.correcting import pages
from server.customers.pages import Answer
from server.customers.views import finding
from server.kernel.api import api_blueprint
from server.kernel.auth import principal
from server.kernel.context import kernel
from server.kernel.pages import here, is_fragment
from server.kernel.paging import MAX_LIMIT

__all__ = ["api", "pages"]

api = api_blueprint("search")


@pages.get("/search")
def search() -> Answer:
    q, before = request.args.get("q", "").strip()[:200], request.args.get("before")
    with kernel().db.reading() as session:
        found = finding.search(session, principal(), q, before=before)
        shown = {"q": q, "found": found, "more": here(before=found.cursor)}
        if not is_fragment():
            return render_template("customers/search.html", **shown)
        part = "_hits.html" if before else "_found.html"
        return render_template(f"customers/{part}", **shown)


class SearchQuery(BaseModel):
    q: str = Field(max_length=200)
    cursor: str | None = Field(None, max_length=600)
    limit: int = Field(finding.PAGE, ge=1, le=MAX_LIMIT)


class PieceOut(BaseModel):
    text: str
    hit: bool


class HitOut(BaseModel):
    activity_id: str
    customer_id: RowId
    customer: str
    kind: str
    direction: str
    at: Utc
    by: str
    subject: list[PieceOut]
    snippet: list[PieceOut]


class CustomerHit(BaseModel):
    id: RowId
    name: str


class SearchReply(BaseModel):
    customers: list[CustomerHit]
    items: list[HitOut]
    cursor: str | None


@api.get("/search", responses={200: SearchReply})
def search_api(query: SearchQuery) -> Response:
    """Customers (on the first page) and what was said, the newest first. Two Chinese characters
    are enough; several terms must all be there."""
    with kernel().db.reading() as session:
        found = finding.search(
            session, principal(), query.q, before=query.cursor, limit=query.limit
        )
        reply = SearchReply(
            customers=[CustomerHit(id=row.id, name=row.name) for row in found.customers],
            items=[
                HitOut.model_validate(asdict(hit) | {"activity_id": str(hit.activity_id)})
                for hit in found.hits
            ],
            cursor=found.cursor,
        )
    return jsonify(reply.model_dump(mode="json"))

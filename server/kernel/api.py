"""What every API shares: the prefix, the bearer token, the shape of errors."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import current_app, g, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from agent.contract.ingest import ErrorReply
from server.kernel.auth import TokenScope, principal
from server.kernel.errors import Forbidden, Unauthorized

PREFIX = "/api/v1"
View = TypeVar("View", bound=Callable[..., Any])
_NEEDS = "genjin_needs"

ERRORS: dict[str | int, Any] = dict.fromkeys(
    (400, 401, 403, 404, 409, 413, 422, 429, 500, 503), ErrorReply
)
"""What any address may answer, by its reason rather than by its kind."""


def api_blueprint(name: str, *, public: bool = False) -> APIBlueprint:
    """A blueprint below ``/api/v1``; unless ``public``, every route needs a bearer token."""
    blueprint = APIBlueprint(
        f"api_{name}",
        __name__,
        url_prefix=PREFIX,
        abp_tags=[Tag(name=name)],
        abp_security=[] if public else [{"bearer": []}],
        abp_responses=ERRORS,
    )
    if not public:
        blueprint.before_request(_need_principal)
    return blueprint


def bearer_token() -> str | None:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" and secret.strip() else None


def needs(*scopes: TokenScope) -> Callable[[View], View]:
    """Mark a view (below its route decorator): a token needs one of these scopes for it.

    Unmarked, what reads needs ``read`` and what changes needs ``write``.
    """

    def mark(view: View) -> View:
        setattr(view, _NEEDS, frozenset(scopes))
        return view

    return mark


def scopes_for(view: Callable[..., Any] | None, method: str) -> frozenset[TokenScope]:
    """The scopes of which a token needs one."""
    ordinary: TokenScope = "read" if method in ("GET", "HEAD", "OPTIONS") else "write"
    marked: frozenset[TokenScope] = getattr(view, _NEEDS, frozenset((ordinary,)))
    return marked


def _need_principal() -> None:
    if g.get("principal") is None:
        raise Unauthorized("bad_token" if bearer_token() else "unauthorized")
    view = current_app.view_functions.get(request.endpoint or "")
    if not principal().may & scopes_for(view, request.method):
        raise Forbidden("scope_missing")

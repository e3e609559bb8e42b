"""What every API shares: the prefix, the bearer token, the shape of errors."""

from typing import Any

from flask import g, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from agent.contract.ingest import ErrorReply
from server.kernel.errors import Unauthorized

PREFIX = "/api/v1"

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


def _need_principal() -> None:
    if g.get("principal") is None:
        raise Unauthorized("bad_token" if bearer_token() else "unauthorized")

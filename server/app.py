"""The composition root of the server: everything real is made here, and nowhere else."""

import logging
import secrets
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from importlib import import_module
from typing import Any

from flask import (
    Flask,
    Response,
    g,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI
from flask_wtf.csrf import CSRFError, CSRFProtect
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from agent.contract.ingest import ErrorBody, ErrorReply
from server.identity import service as identity
from server.identity import tokens
from server.identity.session import signed_in
from server.kernel import i18n
from server.kernel.api import PREFIX, bearer_token
from server.kernel.capability import Capability
from server.kernel.clock import Clock, SystemClock
from server.kernel.context import Kernel, kernel
from server.kernel.db import MISUSE, Database, UnitOfWork, counter_value, failure_code
from server.kernel.errors import Busy, ServerError, TooMany, Unauthorized, trace
from server.kernel.events import EventBus
from server.kernel.jobs import Scheduler
from server.kernel.limits import limit_size, limiter
from server.kernel.sealing import Seal
from server.kernel.settings import Settings
from server.kernel.wire import WireJson, refuse_nul

log = logging.getLogger(__name__)

CAPABILITIES = (
    "server.identity",
    "server.customers",
    "server.ingest",
    "server.followups",
    "server.tagging",
)
"""The one list of parts. Each names a package with a ``capability``."""

MAX_REQUEST_BYTES = 32 * 1024 * 1024


def create_app(settings: Settings, *, clock: Clock | None = None) -> OpenAPI:
    """The whole server as a WSGI application. Starts no thread and opens no port."""
    clock = clock or SystemClock()
    bus = EventBus()
    parts: list[Capability] = [import_module(name).capability for name in CAPABILITIES]
    app = OpenAPI(
        "server",
        info=Info(title="Genjin", version="0.1.0"),
        security_schemes={"bearer": {"type": "http", "scheme": "bearer"}},
        doc_prefix=PREFIX,
        doc_url="/openapi.json",
        validation_error_callback=_invalid_request,
        validation_error_model=ErrorReply,
        template_folder="templates",
        static_folder="static",
    )
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=MAX_REQUEST_BYTES,
        PERMANENT_SESSION_LIFETIME=timedelta(days=14),
        # Refreshed with every answer, the cookie of a poll in flight would undo a sign-out.
        SESSION_REFRESH_EACH_REQUEST=False,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
    )
    app.json = WireJson(app)
    app.extensions["genjin"] = Kernel(
        settings=settings,
        clock=clock,
        bus=bus,
        db=Database(settings.database_url, bus, clock, files=settings.data_dir),
        seal=Seal(settings.secret_key),
        card_parts=tuple(part.card_part for part in parts if part.card_part),
        timeline_parts=tuple(part.timeline_part for part in parts if part.timeline_part),
        privacy_parts=tuple(part.privacy for part in parts if part.privacy),
    )
    csrf = CSRFProtect(app)
    limiter.init_app(app)
    app.before_request(limit_size)
    app.before_request(_who_is_asking)
    app.before_request(_readable)
    app.after_request(_security_headers)
    app.after_request(_write_down_use)
    _handle_errors(app)
    app.context_processor(lambda: _in_templates(settings))
    for part in parts:
        for api in part.api:
            app.register_api(api)
            csrf.exempt(api)
        if part.pages is not None:
            app.register_blueprint(part.pages)
        for event, handler in part.handlers:
            bus.subscribe(event, handler)
    for prefix in ("", PREFIX):
        app.add_url_rule(f"{prefix}/healthz", f"healthz{len(prefix)}", _healthz)
        app.add_url_rule(f"{prefix}/readyz", f"readyz{len(prefix)}", _readyz)
    return app


def scheduler(app: Flask) -> Scheduler:
    """The periodic jobs of all parts, for the process that is to run them."""
    shared: Kernel = app.extensions["genjin"]
    jobs = [job for name in CAPABILITIES for job in import_module(name).capability.periodic]
    return Scheduler(shared.db, jobs, shared.clock)


def _is_api() -> bool:
    return request.path.startswith(f"{PREFIX}/")


def _who_is_asking() -> None:
    g.principal = None
    g.noticed = None
    g.csp_nonce = secrets.token_urlsafe(16)
    if request.endpoint == "static" or (_is_api() and bearer_token() is None):
        return
    now = kernel().clock.now()
    with kernel().db.reading() as session:
        if not _is_api():
            if (found := signed_in(session, now)) is not None:
                g.principal, g.noticed = found[0], found[1].noticed
        elif (secret := bearer_token()) is not None:
            try:
                g.principal, is_news = identity.principal_for_token(session, secret, now)
            except Unauthorized:
                return
            if is_news and g.principal.token_id is not None:
                g.noticed = tokens.used(g.principal.token_id)


def _write_down_use(response: Response) -> Response:
    """That a token or a session was used: after the answer has gone out, for nobody waits for it."""
    if (notice := g.get("noticed")) is not None:
        response.call_on_close(partial(_notice, kernel().db, notice))
    return response


def _notice(db: Database, notice: Callable[[UnitOfWork], None]) -> None:
    try:
        with db.unit_of_work() as uow:
            notice(uow)
    except (DBAPIError, PoolTimeout) as error:
        log.warning("last use not written: %s", failure_code(error))


def _readable() -> None:
    refuse_nul(request.args)
    if not _is_api():
        refuse_nul(request.form)


def _security_headers(response: Response) -> Response:
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    response.headers.setdefault(
        "Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
    )
    if kernel().settings.secure_cookies:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    response.headers.setdefault(
        "Content-Security-Policy",
        "default-src 'self'; "
        f"script-src 'self' 'nonce-{g.get('csp_nonce', '')}'; style-src 'self'; "
        "img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'",
    )
    if g.get("principal") is not None and request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store, private")
    return response


def _in_templates(settings: Settings) -> dict[str, Any]:
    return {
        "t": i18n.t,
        "language": i18n.language,
        "format_moment": i18n.format_moment,
        "relative_day": lambda moment: i18n.relative_day(moment, kernel().clock.now()),
        "csp_nonce": lambda: g.csp_nonce,
        "principal": g.get("principal"),
        "live_seconds": settings.live_seconds,
        "company_sign_in": settings.oidc,
    }


def _error_text(error: ServerError) -> str:
    return i18n.t(f"error.{error.code}", **error.params)


def _invalid_request(error: ValidationError) -> Response:
    fields = {
        ".".join(map(str, fault["loc"])) or "body": fault["type"]
        for fault in error.errors(include_input=False, include_url=False, include_context=False)
    }
    return _json_error(422, "invalid", i18n.t("error.invalid"), fields)


def _json_error(
    status: int, code: str, message: str, fields: dict[str, str] | None = None
) -> Response:
    reply = ErrorReply(error=ErrorBody(code=code, message=message, fields=fields or {}))
    response = jsonify(reply.model_dump())
    response.status_code = status
    return response


def _answer(error: ServerError) -> BaseResponse | tuple[str, int]:
    if _is_api():
        response = _json_error(error.status, error.code, _error_text(error), error.fields)
        if isinstance(error, Unauthorized):
            response.headers["WWW-Authenticate"] = "Bearer"
        if isinstance(error, Busy):
            response.headers["Retry-After"] = "5"
        if isinstance(error, TooMany):
            response.headers["Retry-After"] = str(error.retry_after)
        return response
    if isinstance(error, Unauthorized) and request.method == "GET" and not _is_signing_in():
        return redirect(url_for("identity.sign_in", next=request.full_path.rstrip("?")))
    page = render_template("error.html", status=int(error.status), message=_error_text(error))
    answer = make_response(page, int(error.status))
    if isinstance(error, TooMany):
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def _is_signing_in() -> bool:
    """Sent back to the sign-in from there, a browser would go round in circles."""
    return request.path.startswith("/sign-in")


_BY_STATUS = {404: "not_found", 405: "method_not_allowed", 413: "too_large", 429: "too_many"}


def _handle_errors(app: Flask) -> None:
    app.register_error_handler(ServerError, _answer)

    def on_http(error: HTTPException) -> BaseResponse | tuple[str, int]:
        # An HTTPException may carry a finished answer (a validation reply, a redirect).
        if error.response is not None or error.code is None or error.code < 400:
            return error.get_response()
        code = _BY_STATUS.get(error.code, "bad_request" if error.code < 500 else "internal")
        if isinstance(error, CSRFError):
            code = "csrf"
        failure = ServerError(code)
        failure.status = error.code  # type: ignore[assignment]
        return _answer(failure)

    def on_database(error: DBAPIError | PoolTimeout) -> BaseResponse | tuple[str, int]:
        if isinstance(error, MISUSE):
            return on_anything(error)
        log.error("database: %s", failure_code(error))
        return _answer(Busy("database_busy"))

    def on_anything(error: Exception) -> BaseResponse | tuple[str, int]:
        log.error("unexpected %s", trace(error))
        return _answer(ServerError())

    app.register_error_handler(HTTPException, on_http)
    app.register_error_handler(DBAPIError, on_database)
    app.register_error_handler(PoolTimeout, on_database)
    app.register_error_handler(Exception, on_anything)


def _healthz() -> Response:
    """The process answers."""
    return jsonify({"status": "ok"})


def _readyz() -> Response:
    """The database answers too, and holds our tables."""
    with kernel().db.reading() as session:
        counter_value(session, "feed")
    return jsonify({"status": "ok"})

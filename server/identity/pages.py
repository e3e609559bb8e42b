"""Sign in and out, language, devices."""

from datetime import timedelta

from flask import g, redirect, render_template, request
from flask_limiter import RateLimitExceeded
from werkzeug.wrappers import Response as BaseResponse

from server.identity import service
from server.identity.preferences import choose_language
from server.identity.session import sign_in as start_session
from server.identity.session import sign_out as end_session
from server.identity.views import SILENT_AFTER, my_devices, proofs
from server.kernel.auth import principal
from server.kernel.context import kernel
from server.kernel.errors import Invalid, ServerError, Unauthorized
from server.kernel.i18n import LANGUAGES
from server.kernel.limits import limiter
from server.kernel.pages import (
    feed,
    is_fragment,
    no_content,
    nothing_new,
    page_blueprint,
    safe_next,
)

Answer = str | BaseResponse | tuple[str, int]

pages = page_blueprint(
    "identity", __name__, public=("sign_in", "check_sign_in", "sign_out", "language")
)


def _failed(response: BaseResponse) -> bool:
    return response.status_code == 401


@pages.get("/sign-in")
def sign_in() -> Answer:
    if g.get("principal") is not None:
        return redirect(safe_next(request.args.get("next")))
    return render_template("identity/sign_in.html")


@pages.post("/sign-in")
@limiter.limit("10/minute", deduct_when=_failed)
def check_sign_in() -> Answer:
    """Ten wrong passwords a minute from one address, and the door stays shut for that minute."""
    try:
        with kernel().db.reading() as session:
            person = service.check_password(
                session, request.form.get("email", ""), request.form.get("password", "")
            )
    except Unauthorized as error:
        return _again(error)
    start_session(person)
    return redirect(safe_next(request.form.get("next")), 303)


@pages.errorhandler(RateLimitExceeded)
def too_many(error: RateLimitExceeded) -> Answer:
    del error
    failure = ServerError("too_many")
    failure.status = 429  # type: ignore[assignment] # as in server.app: any HTTP status
    return _again(failure)


def _again(error: ServerError) -> tuple[str, int]:
    page = render_template(
        "identity/sign_in.html", problem=error.code, email=request.form.get("email", "")
    )
    return page, int(error.status)


@pages.post("/sign-out")
def sign_out() -> Answer:
    end_session()
    return redirect("/sign-in", 303)


@pages.post("/language")
def language() -> Answer:
    """Works before signing in (a cookie) and after (the person's own setting too)."""
    chosen = request.form.get("language", "")
    if chosen not in LANGUAGES:
        raise Invalid
    if g.get("principal") is not None:
        with kernel().db.unit_of_work() as uow:
            choose_language(uow, principal(), chosen)
    response = redirect(safe_next(request.form.get("next")), 303)
    response.set_cookie(
        "lang",
        chosen,
        max_age=timedelta(days=365),
        samesite="Lax",
        secure=kernel().settings.secure_cookies,
    )
    return response


@pages.get("/devices")
def devices() -> Answer:
    who, now = principal(), kernel().clock.now()
    with kernel().db.reading() as session:
        revision = feed(session)
        if nothing_new(revision):
            return no_content()
        found = my_devices(session, who.user_id, now)
    template = "identity/_devices.html" if is_fragment() else "identity/devices.html"
    return render_template(template, devices=found, rev=revision)


@pages.get("/completeness")
def completeness() -> Answer:
    """Is everything captured? Of oneself, for managers of their teams: counts, never contents."""
    who, now = principal(), kernel().clock.now()
    with kernel().db.reading() as session:
        revision = feed(session)
        if nothing_new(revision):
            return no_content()
        found = proofs(session, who, now)
    name = "identity/_completeness.html" if is_fragment() else "identity/completeness.html"
    hours = int(SILENT_AFTER.total_seconds() // 3600)
    return render_template(name, proofs=found, rev=revision, silent_hours=hours)


@pages.post("/devices/code")
def new_code() -> Answer:
    """A one-time code, with the exact command that uses it."""
    who = principal()
    with kernel().db.unit_of_work() as uow:
        code = service.new_pairing_code(uow, who)
    shown = {"code": code, "url": request.url_root.rstrip("/"), "minutes": service.PAIRING_MINUTES}
    if is_fragment():
        return render_template("identity/_code.html", **shown)
    with kernel().db.reading() as session:
        found = my_devices(session, who.user_id, kernel().clock.now())
        return render_template(
            "identity/devices.html", devices=found, rev=feed(session), pairing=shown
        )


@pages.post("/devices/<int:device_id>/revoke")
def revoke(device_id: int) -> Answer:
    with kernel().db.unit_of_work() as uow:
        service.revoke_device(uow, principal(), device_id)
    return redirect("/devices", 303)

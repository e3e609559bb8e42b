"""What one chooses for oneself."""

from datetime import timedelta

from flask import g, redirect, request

from server.identity.pages.blueprint import Answer, pages
from server.identity.preferences import choose_language
from server.kernel.auth import principal
from server.kernel.context import kernel
from server.kernel.errors import Invalid
from server.kernel.i18n import LANGUAGES
from server.kernel.pages import safe_next


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

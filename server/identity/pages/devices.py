"""Paired devices, and whether everything is captured."""

from flask import redirect, render_template, request

from server.identity import service
from server.identity.pages.blueprint import Answer, pages
from server.identity.views import SILENT_AFTER, my_devices, proofs
from server.kernel.auth import principal
from server.kernel.context import kernel
from server.kernel.pages import feed, is_fragment, no_content, nothing_new


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
    shown = {
        "code": code,
        "url": kernel().settings.public_url or request.url_root.rstrip("/"),
        "minutes": service.PAIRING_MINUTES,
    }
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

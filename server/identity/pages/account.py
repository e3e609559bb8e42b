"""One's own account: password, second step, browsers, API tokens, the company account."""

import base64
from collections.abc import Callable

import segno
from flask import redirect, render_template, request, url_for

from server.identity import accounts, browsers, people, tokens, twostep
from server.identity.models import Person
from server.identity.pages.blueprint import Answer, pages
from server.identity.pages.signing_in import SECOND_STEP
from server.identity.session import sign_in as start_session
from server.kernel.auth import TOKEN_SCOPES, principal
from server.kernel.context import kernel
from server.kernel.db import UnitOfWork
from server.kernel.errors import Invalid, ServerError


def _show(
    problems: dict[str, str] | None = None, status: int = 200, **shown: object
) -> tuple[str, int]:
    who, now = principal(), kernel().clock.now()
    with kernel().db.reading() as session:
        person = session.get_one(Person, who.user_id)
        page = render_template(
            "identity/account.html",
            person=person,
            two_step=twostep.is_on(session, who.user_id),
            codes_left=twostep.recovery_codes_left(session, who.user_id),
            sessions=browsers.of_person(session, who.user_id, now),
            tokens=[one for one in tokens.listed(session, now, who.user_id) if not one.device_id],
            accounts=accounts.of_person(session, who.user_id),
            scopes=[one for one in TOKEN_SCOPES if one != "admin" or who.role == "admin"],
            lifetimes=tokens.LIFETIMES,
            problems=problems or {},
            **shown,
        )
    return page, status


def _faults(error: ServerError) -> dict[str, str]:
    return error.fields or {"": error.code}


def _obey(act: Callable[[UnitOfWork], object]) -> Answer:
    """Do it and show the account anew; what was refused is told beside its form."""
    try:
        with kernel().db.unit_of_work() as uow:
            act(uow)
    except ServerError as error:
        return _show(_faults(error), int(error.status))
    return redirect(url_for("identity.account"), 303)


@pages.get("/account")
def account() -> Answer:
    return _show()


@pages.get("/account/password")
def new_password() -> Answer:
    """Also the only page open to who must choose a new one."""
    with kernel().db.reading() as session:
        has_one = session.get_one(Person, principal().user_id).password_hash is not None
    return render_template("identity/new_password.html", has_one=has_one, problems=[])


@pages.post("/account/password")
def change_password() -> Answer:
    """Every other browser is signed out by it; this one goes on."""
    who, form, shared = principal(), request.form, kernel()
    try:
        # Who found a browser open must not find out the password in it.
        SECOND_STEP.spend(shared.db, shared.clock, f"password {who.user_id}")
        if form.get("password", "") != form.get("again", ""):
            raise Invalid(fields={"again": "passwords_differ"})
        with shared.db.unit_of_work() as uow:
            person = people.change_own_password(
                uow, who, form.get("current", ""), form.get("password", "")
            )
            start_session(uow, person, method="password")
    except ServerError as error:
        page = render_template(
            "identity/new_password.html",
            has_one=True,
            problems=list(_faults(error).values()),
            params=error.params,
        )
        return page, int(error.status)
    SECOND_STEP.give_back(shared.db, f"password {who.user_id}")
    return redirect(url_for("identity.account"), 303)


@pages.get("/account/two-step")
def two_step() -> Answer:
    """The QR code for the authenticator app, and the place for its first code."""
    return _enrolling([], 200)


def _enrolling(problems: list[str], status: int) -> Answer:
    shared = kernel()
    with shared.db.unit_of_work() as uow:
        person = uow.session.get_one(Person, principal().user_id)
        if twostep.is_on(uow.session, person.id):
            return redirect(url_for("identity.account"), 303)
        enrolment = twostep.enrol(uow, shared.seal, person)
    drawn = segno.make(enrolment.uri, error="m").svg_inline(
        scale=5, border=2, dark="#000", light="#fff", svgclass=None, lineclass=None, omitsize=True
    )
    page = render_template(
        "identity/two_step.html",
        # As an image: the page's rules forbid styles in it, and nothing of it is taken for markup.
        qr=f"data:image/svg+xml;base64,{base64.b64encode(_alone(drawn)).decode()}",
        secret=" ".join(enrolment.secret[at : at + 4] for at in range(0, len(enrolment.secret), 4)),
        problems=problems,
    )
    return page, status


def _alone(svg: str) -> bytes:
    return svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1).encode()


@pages.post("/account/two-step")
def confirm_two_step() -> Answer:
    who, shared = principal(), kernel()
    try:
        SECOND_STEP.spend(shared.db, shared.clock, str(who.user_id))
        with shared.db.unit_of_work() as uow:
            person = uow.session.get_one(Person, who.user_id)
            codes = twostep.confirm(uow, shared.seal, person, request.form.get("code", "")[:40])
    except ServerError as error:
        return _enrolling(list(_faults(error).values()), int(error.status))
    SECOND_STEP.give_back(shared.db, str(who.user_id))
    return render_template("identity/recovery_codes.html", codes=codes)


def _with_password(act: Callable[[UnitOfWork, Person], Answer]) -> Answer:
    """What would open the door to somebody at a browser left open asks for the password again."""
    who, shared = principal(), kernel()
    try:
        SECOND_STEP.spend(shared.db, shared.clock, f"password {who.user_id}")
        with shared.db.unit_of_work() as uow:
            person = uow.session.get_one(Person, who.user_id)
            people.check_own_password(person, request.form.get("current", ""))
            answer = act(uow, person)
    except ServerError as error:
        return _show({"two_step": next(iter(_faults(error).values()))}, int(error.status))
    SECOND_STEP.give_back(shared.db, f"password {who.user_id}")
    return answer


@pages.post("/account/two-step/off")
def two_step_off() -> Answer:
    def act(uow: UnitOfWork, person: Person) -> Answer:
        twostep.turn_off(uow, person, by=person.id)
        return redirect(url_for("identity.account"), 303)

    return _with_password(act)


@pages.post("/account/two-step/codes")
def new_recovery_codes() -> Answer:
    def act(uow: UnitOfWork, person: Person) -> Answer:
        if not twostep.is_on(uow.session, person.id):
            raise Invalid(fields={"two_step": "two_step_not_begun"})
        codes = twostep.renew_recovery_codes(uow, kernel().seal, person)
        return render_template("identity/recovery_codes.html", codes=codes)

    return _with_password(act)


@pages.post("/account/sessions/<int:session_id>/end")
def end_session(session_id: int) -> Answer:
    with kernel().db.unit_of_work() as uow:
        browsers.end(uow, principal(), session_id)
    return redirect(url_for("identity.account"), 303)


@pages.post("/account/sessions/end-others")
def end_other_sessions() -> Answer:
    return _obey(lambda uow: browsers.end_others(uow, principal()))


@pages.post("/account/tokens")
def make_token() -> Answer:
    form = request.form
    days = form.get("days", "90")
    try:
        with kernel().db.unit_of_work() as uow:
            secret = tokens.make(
                uow,
                principal(),
                label=form.get("label", ""),
                scopes=form.getlist("scope"),
                days=int(days) if days.isascii() and days.isdigit() and len(days) < 5 else -1,
            )
    except ServerError as error:
        return _show(_faults(error), int(error.status), label=form.get("label", ""))
    return _show(secret=secret)


@pages.post("/account/tokens/<int:token_id>/revoke")
def revoke_token(token_id: int) -> Answer:
    with kernel().db.unit_of_work() as uow:
        tokens.revoke(uow, principal(), token_id)
    # From the list of everybody's tokens back to that list.
    there = "identity.all_tokens" if request.form.get("all") == "1" else "identity.account"
    return redirect(url_for(there), 303)


@pages.post("/account/company/<int:account_id>/unlink")
def unlink_account(account_id: int) -> Answer:
    with kernel().db.unit_of_work() as uow:
        accounts.unlink(uow, principal(), account_id)
    return redirect(url_for("identity.account"), 303)

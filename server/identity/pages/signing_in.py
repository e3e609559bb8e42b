"""By password, with a second step for who wants one; by an administrator's link; and out again."""

import hashlib
from datetime import timedelta

from flask import g, redirect, render_template, request
from flask_limiter.util import get_remote_address

from agent.rules.identity import normalize_email
from server.identity import people, service, twostep
from server.identity.models import Person
from server.identity.pages.blueprint import Answer, pages
from server.identity.session import (
    half_signed_in,
    wait_for_second_step,
)
from server.identity.session import sign_in as start_session
from server.identity.session import sign_out as end_session
from server.kernel.context import kernel
from server.kernel.db import UnitOfWork
from server.kernel.errors import Invalid, ServerError, TooMany, Unauthorized
from server.kernel.limits import Throttle
from server.kernel.pages import safe_next

FROM_ADDRESS = Throttle("sign-in from", 10, timedelta(minutes=1))
INTO_ACCOUNT = Throttle("sign-in as", 30, timedelta(minutes=15), "too_many_for_account")
SECOND_STEP = Throttle("second step", 5, timedelta(minutes=5))
LINKS = Throttle("password link", 20, timedelta(minutes=10))


def is_signed_in() -> bool:
    return g.get("principal") is not None


@pages.get("/sign-in")
def sign_in() -> Answer:
    if is_signed_in():
        return redirect(safe_next(request.args.get("next")))
    return render_template("identity/sign_in.html")


@pages.post("/sign-in")
def check_sign_in() -> Answer:
    """Ten wrong passwords a minute from one address, thirty in a quarter of an hour for one account:
    then the door stays shut for the rest of that time. Right ones do not count."""
    email, password = request.form.get("email", ""), request.form.get("password", "")
    shared, address = kernel(), get_remote_address()
    account = hashlib.sha256((normalize_email(email) or email).encode()).hexdigest()
    try:
        FROM_ADDRESS.spend(shared.db, shared.clock, address)
        INTO_ACCOUNT.spend(shared.db, shared.clock, account)
        with shared.db.reading() as session:
            person = service.check_password(session, email, password)
    except (Unauthorized, TooMany) as error:
        return sign_in_again(error)
    FROM_ADDRESS.give_back(shared.db, address)
    INTO_ACCOUNT.give_back(shared.db, account)
    with shared.db.unit_of_work() as uow:
        people.keep_hash_current(uow, person.id, password)
        return go_on(uow, person, "password", safe_next(request.form.get("next")))


def go_on(
    uow: UnitOfWork, person: Person, method: str, then: str, *, second_step_done: bool = False
) -> Answer:
    """The first step was right: to the second where there is one, else in."""
    if not second_step_done and twostep.is_on(uow.session, person.id):
        wait_for_second_step(person, method=method, then=then, now=uow.clock.now())
        return redirect("/sign-in/code", 303)
    start_session(uow, person, method=method)
    return redirect(then, 303)


def sign_in_again(error: ServerError) -> Answer:
    page = render_template(
        "identity/sign_in.html",
        problem=error.code,
        params=error.params,
        email=request.form.get("email", ""),
    )
    return page, int(error.status)


@pages.get("/sign-in/code")
def second_step() -> Answer:
    if half_signed_in(kernel().clock.now()) is None:
        return redirect("/sign-in")
    return render_template("identity/second_step.html")


@pages.post("/sign-in/code")
def check_second_step() -> Answer:
    """Five wrong codes, and this person waits five minutes: a million codes take a while so."""
    shared = kernel()
    half = half_signed_in(shared.clock.now())
    if half is None:
        return redirect("/sign-in", 303)
    try:
        SECOND_STEP.spend(shared.db, shared.clock, str(half.person_id))
        with shared.db.unit_of_work() as uow:
            person = uow.session.get(Person, half.person_id)
            if person is None or not person.active or person.session_epoch != half.epoch:
                return redirect("/sign-in", 303)
            _take_code(uow, person, request.form.get("code", "")[:40])
            start_session(uow, person, method=half.method)
    except (Unauthorized, TooMany) as error:
        page = render_template("identity/second_step.html", problem=error.code, params=error.params)
        return page, int(error.status)
    SECOND_STEP.give_back(shared.db, str(half.person_id))
    return redirect(safe_next(half.next), 303)


def _take_code(uow: UnitOfWork, person: Person, code: str) -> None:
    if not twostep.passes(uow, kernel().seal, person.id, code):
        raise Unauthorized("bad_second_step")


@pages.get("/new-password")
def password_link() -> Answer:
    """Where an administrator's link leads. Its secret stands behind the ``#``: browsers send that to
    nobody, so that it stands in no log."""
    return render_template("identity/password_link.html")


@pages.post("/new-password")
def use_password_link() -> Answer:
    shared, address = kernel(), get_remote_address()
    code, new = request.form.get("code", "").strip(), request.form.get("password", "")
    try:
        LINKS.spend(shared.db, shared.clock, address)
        if new != request.form.get("again", ""):
            raise Invalid(fields={"again": "passwords_differ"})
        with shared.db.unit_of_work() as uow:
            person = people.use_link(uow, code, new)
            answer = go_on(uow, person, "link", "/")
    except ServerError as error:
        page = render_template(
            "identity/password_link.html",
            problems=list(error.fields.values()) or [error.code],
            params=error.params,
            code=code,
        )
        return page, int(error.status)
    LINKS.give_back(shared.db, address)
    return answer


@pages.post("/sign-out")
def sign_out() -> Answer:
    with kernel().db.unit_of_work() as uow:
        end_session(uow, g.get("principal"))
    return redirect("/sign-in", 303)

"""Administrators: people's accounts, and everybody's tokens."""

from collections.abc import Callable

from flask import redirect, render_template, request, url_for

from server.identity import people, service, tokens
from server.identity.models import Person
from server.identity.pages.blueprint import Answer, pages
from server.kernel.auth import ROLES, Principal, require_admin
from server.kernel.context import kernel
from server.kernel.db import UnitOfWork
from server.kernel.errors import ServerError
from server.kernel.i18n import LANGUAGES


def _show(problems: dict[str, str] | None = None, status: int = 200, **shown: object) -> Answer:
    with kernel().db.reading() as session:
        page = render_template(
            "identity/people.html",
            people=people.everybody(session),
            roles=ROLES,
            languages=LANGUAGES,
            problems=problems or {},
            hours=people.LINK_HOURS,
            form=request.form,
            **shown,
        )
    return page, status


def _link(secret: str) -> str:
    base = kernel().settings.public_url or request.url_root.rstrip("/")
    return f"{base}{url_for('identity.password_link')}#{secret}"


@pages.get("/admin/people")
def all_people() -> Answer:
    require_admin()
    return _show()


@pages.post("/admin/people")
def add_person() -> Answer:
    """A new account without a password, and the link by which its owner chooses one."""
    who, form = require_admin(), request.form
    try:
        with kernel().db.unit_of_work() as uow:
            person = service.add_person(
                uow,
                name=form.get("name", "").strip()[:120] or "?",
                email=form.get("email", ""),
                role=form.get("role", ""),  # type: ignore[arg-type] # refused there if it is none
                locale=form.get("locale", "") if form.get("locale") in LANGUAGES else "zh-CN",
            )
            team = form.get("team", "").strip()[:120]
            if team:
                service.join_team(uow, person, team)
            service.audit(
                uow, who.user_id, "person.add", f"person/{person.id}", after=[person.role, team]
            )
            secret = people.make_link(uow, person, by=who.user_id)
    except ServerError as error:
        return _show(error.fields or {"": error.code}, int(error.status))
    return _show(link=_link(secret), link_for=person)


def _with(
    person_id: int, act: Callable[[UnitOfWork, Principal, Person, str], str | None]
) -> Answer:
    who = require_admin()
    why = request.form.get("why", "").strip()[:500]
    try:
        with kernel().db.unit_of_work() as uow:
            person = people.get_person(uow.session, person_id)
            secret = act(uow, who, person, why)
    except ServerError as error:
        return _show(
            {"person": next(iter(error.fields.values()), error.code)},
            int(error.status),
            about=person_id,
        )
    if secret is not None:
        return _show(link=_link(secret), link_for=person)
    return redirect(f"{url_for('identity.all_people')}#person-{person_id}", 303)


@pages.post("/admin/people/<int:person_id>/role")
def change_role(person_id: int) -> Answer:
    form = request.form

    def act(uow: UnitOfWork, who: Principal, person: Person, why: str) -> None:
        role, team = form.get("role", ""), form.get("team", "")[:120]
        people.change_role(uow, person, role, team, by=who.user_id, why=why)

    return _with(person_id, act)


@pages.post("/admin/people/<int:person_id>/link")
def make_link(person_id: int) -> Answer:
    return _with(
        person_id,
        lambda uow, who, person, why: people.make_link(uow, person, by=who.user_id, why=why),
    )


@pages.post("/admin/people/<int:person_id>/<any('close', 'open'):door>")
def open_or_close(person_id: int, door: str) -> Answer:
    return _with(
        person_id,
        lambda uow, who, person, why: people.set_active(
            uow, person, door == "open", by=who.user_id, why=why
        ),
    )


@pages.post("/admin/people/<int:person_id>/sign-out")
def sign_out_person(person_id: int) -> Answer:
    return _with(
        person_id,
        lambda uow, who, person, why: people.sign_out_everywhere(
            uow, person, by=who.user_id, why=why
        ),
    )


@pages.post("/admin/people/<int:person_id>/must-change")
def must_change_password(person_id: int) -> Answer:
    return _with(
        person_id,
        lambda uow, who, person, why: people.require_new_password(
            uow, person, by=who.user_id, why=why
        ),
    )


@pages.post("/admin/people/<int:person_id>/two-step-off")
def two_step_off_for(person_id: int) -> Answer:
    """For who lost both the authenticator and the recovery codes."""
    return _with(
        person_id,
        lambda uow, who, person, why: people.turn_off_two_step(
            uow, person, by=who.user_id, why=why
        ),
    )


@pages.get("/admin/tokens")
def all_tokens() -> Answer:
    require_admin()
    with kernel().db.reading() as session:
        found = tokens.listed(session, kernel().clock.now())
    return render_template("identity/tokens.html", tokens=found)

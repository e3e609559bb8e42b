"""The browser's session: a signed cookie that names the person and their session epoch."""

from flask import session as cookie
from sqlalchemy.orm import Session

from server.identity.models import Person
from server.identity.service import principal_of
from server.kernel.auth import Principal

_PERSON, _EPOCH = "person", "epoch"


def sign_in(person: Person) -> None:
    cookie.clear()
    cookie[_PERSON], cookie[_EPOCH] = person.id, person.session_epoch
    cookie.permanent = True


def sign_out() -> None:
    cookie.clear()


def signed_in(session: Session) -> Principal | None:
    """Who the cookie names, if that person is still active and was not signed out everywhere."""
    if _PERSON not in cookie:
        return None
    person = session.get(Person, cookie[_PERSON])
    if person is None or not person.active or person.session_epoch != cookie.get(_EPOCH):
        return None
    return principal_of(session, person, "session")

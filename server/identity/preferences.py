"""What people choose for themselves."""

from server.identity.models import Person
from server.identity.service import audit
from server.kernel.auth import Principal
from server.kernel.db import UnitOfWork
from server.kernel.errors import Invalid
from server.kernel.i18n import LANGUAGES


def choose_language(uow: UnitOfWork, who: Principal, language: str) -> None:
    """The language of this person's pages and messages from now on."""
    if language not in LANGUAGES:
        raise Invalid(fields={"language": "unknown_language"})
    person = uow.session.get_one(Person, who.user_id)
    if person.locale != language:
        audit(
            uow,
            who.user_id,
            "person.language",
            f"person/{person.id}",
            before=person.locale,
            after=language,
        )
        person.locale = language

"""What follow-up does with the news of other capabilities."""

from server.followups import service
from server.kernel.db import UnitOfWork
from server.kernel.events import ContactRecomputed, OwnerChanged


def on_contact_recomputed(uow: UnitOfWork, event: ContactRecomputed) -> None:
    service.follow_contact(uow, event.customer_ids)


def on_owner_changed(uow: UnitOfWork, event: OwnerChanged) -> None:
    uow.session.flush()
    service.follow_owner(uow, event.customer_ids)

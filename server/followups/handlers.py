"""What follow-up does with the news of other capabilities."""

from server.followups import service
from server.kernel.db import UnitOfWork
from server.kernel.events import ContactRecomputed, OwnerChanged


def on_customers_changed(uow: UnitOfWork, event: ContactRecomputed | OwnerChanged) -> None:
    uow.session.flush()
    service.follow(uow, event.customer_ids)

"""Follow-up that cannot be forgotten: reminders after days without contact."""

from server.followups import handlers
from server.followups.api import api
from server.followups.cards import add_open_reminders
from server.followups.happenings import reminders_that_happened
from server.followups.pages import pages
from server.followups.service import sweep
from server.kernel.capability import Capability, Periodic
from server.kernel.events import ContactRecomputed, OwnerChanged

capability = Capability(
    name="followups",
    api=(api,),
    pages=pages,
    handlers=(
        (ContactRecomputed, handlers.on_customers_changed),
        (OwnerChanged, handlers.on_customers_changed),
    ),
    periodic=(Periodic("followups.sweep", 30, sweep),),
    card_part=add_open_reminders,
    timeline_part=reminders_that_happened,
)

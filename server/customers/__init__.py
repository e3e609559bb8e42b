"""The customer file: customers, contacts, deals, activities, last contacted."""

from server.customers.api import api
from server.customers.corrections_api import api as corrections_api
from server.customers.file_api import api as file_api
from server.customers.finding import api as search_api
from server.customers.lowering import drop_old_words
from server.customers.privacy import CustomerFile
from server.customers.recording import settle_future
from server.customers.recordings import drop_orphans
from server.customers.sounds import api as sounds_api
from server.customers.sounds import pages
from server.kernel.capability import Capability, Periodic

capability = Capability(
    name="customers",
    api=(api, file_api, corrections_api, search_api, sounds_api),
    pages=pages,
    periodic=(
        Periodic("customers.settle_future", 60, settle_future),
        Periodic("customers.drop_sounds", 600, drop_orphans),
        Periodic("customers.drop_old_words", 3600, drop_old_words),
    ),
    privacy=CustomerFile(),
)

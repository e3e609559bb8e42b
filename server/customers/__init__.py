"""The customer file: customers, contacts, deals, activities, last contacted."""

from server.customers.api import api
from server.customers.pages import pages
from server.customers.recording import settle_future
from server.kernel.capability import Capability, Periodic

capability = Capability(
    name="customers",
    api=(api,),
    pages=pages,
    periodic=(Periodic("customers.settle_future", 60, settle_future),),
)

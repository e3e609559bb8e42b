"""People, teams, devices: who is asking."""

from server.identity.api import api, public_api
from server.identity.pages import pages
from server.kernel.capability import Capability

capability = Capability(name="identity", api=(api, public_api), pages=pages)

"""The single write door for agents, extensions and webhooks."""

from server.ingest.api import api
from server.kernel.capability import Capability

capability = Capability(name="ingest", api=(api,))

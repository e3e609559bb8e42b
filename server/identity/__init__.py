"""People, teams, devices: who is asking."""

from server.identity.api import api, audit_api, public_api
from server.identity.auditlog import drop_old
from server.identity.pages import pages
from server.identity.privacy import Accounts
from server.kernel.capability import Capability, Periodic
from server.kernel.limits import forget_old_counts

capability = Capability(
    name="identity",
    api=(api, public_api, audit_api),
    pages=pages,
    periodic=(
        Periodic("identity.forget_old_counts", 600, forget_old_counts),
        Periodic("identity.drop_old_audit", 3600, drop_old),
    ),
    privacy=Accounts(),
)

"""Every table of the server in one import, for migrations and tests."""

from server.customers import models as customers
from server.followups import models as followups
from server.identity import models as identity
from server.kernel import jobs, policy
from server.tagging import models as tagging

__all__ = ["customers", "followups", "identity", "jobs", "policy", "tagging"]

"""What the agent wants of the server, whoever carries it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from agent.contract.device import Heartbeat, HeartbeatReply, PairReply
from agent.contract.directory import DirectoryDelta, NewCustomer
from agent.contract.forget import ForgetReply, ForgetRequest
from agent.contract.ingest import BatchReply
from agent.contract.policy import Policy
from agent.contract.reminder import ReminderOut
from agent.contract.tagger import TaggerData


class Remote(Protocol):
    """Every call either returns the server's answer or raises a ``DeliveryError``:

    ``DeliveryRetryable``     no answer, or one that says "later" or makes no sense; what was sent
                              may or may not have arrived: send it again, ids keep it single
    ``DeliveryUnauthorized``  the token is not accepted
    ``DeliveryRefused``       the server understood and will never take this request
    """

    def pair(self, code: str, name: str) -> PairReply: ...

    def send(self, activities: Sequence[str]) -> BatchReply:
        """Each an ``Activity`` as JSON; the reply holds one result for each, in their order."""
        ...

    def directory(self, since: int) -> DirectoryDelta: ...

    def policy(self, etag: str | None) -> tuple[Policy, str] | None:
        """The policy and its tag; None while ``etag`` is still the current one."""
        ...

    def tagger(self, etag: str | None) -> tuple[TaggerData, str] | None:
        """What the company taught its tagger, and its tag; None while ``etag`` is current."""
        ...

    def heartbeat(self, beat: Heartbeat) -> HeartbeatReply: ...

    def reminders(self) -> tuple[ReminderOut, ...]:
        """The open reminders of the person this laptop is paired for."""
        ...

    def forget(self, request: ForgetRequest) -> ForgetReply:
        """Erase what this person's devices delivered. Sending it again changes nothing more."""
        ...

    def adopt(self, customer: NewCustomer) -> int:
        """Open a customer for the person this laptop is paired for, or, where they have one of
        this very name, add the keys to it; its id."""
        ...

    def server_time(self) -> datetime | None:
        """The server's clock, to the second; None when it does not tell. Needs no token."""
        ...

    def close(self) -> None: ...

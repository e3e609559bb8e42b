"""What the conformance suite asks of a place that a source reads from."""

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable


class Place(Protocol):
    """Something that a source reads, and a hand to change it."""

    def settings(self) -> Mapping[str, Any]: ...
    def secrets(self) -> Mapping[str, str]:
        """What the laptop keeps for the source ``it``: ``{"password@it": …}``."""
        ...

    def add(self, n: int) -> str:
        """Put the n-th item there, finished; its external id."""
        ...

    def change(self, external_id: str) -> str:
        """Same item, other content; its external id from now on."""
        ...

    def remove(self, external_id: str) -> None: ...
    def break_one(self) -> str:
        """Put an item there that cannot be read; its external id."""
        ...

    def vanish(self) -> None:
        """The whole place cannot be reached."""
        ...

    def come_back(self) -> None: ...
    def close(self) -> None:
        """End what was started for it."""
        ...


@runtime_checkable
class MailboxPlace(Place, Protocol):
    """A mailbox on a server that can be told to fail, or behind a wire that can."""

    def move(self, external_id: str) -> str:
        """Into another folder that is read; its external id from now on."""
        ...

    def fail(self, request: int) -> None:
        """Once, the ``request``-th request from now on fails (1: the next): cut in its answer,
        refused as busy, or the connection reset."""
        ...

    def stall(self) -> None:
        """From now on requests are taken and never answered."""
        ...

    def recover(self) -> None:
        """End what ``fail`` and ``stall`` began."""
        ...

    def refuse_sign_in(self) -> None:
        """The password is no longer right."""
        ...

    def sign_ins(self) -> int:
        """How often somebody tried to sign in, in vain or not."""
        ...

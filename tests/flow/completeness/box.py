"""A mailbox as the story handles it, whatever program keeps it."""

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

from tests.flow.completeness.account import Thing


class Box(Protocol):
    """Folders go by the names of ``tests.flow.completeness.account``."""

    type: ClassVar[str]
    has_window: ClassVar[bool]
    """What was received long ago is not read."""
    password: str

    def settings(self) -> Mapping[str, Any]: ...

    def put(self, thing: Thing) -> None: ...

    def put_broken(self, thing: Thing) -> str:
        """Something that cannot be read; the code under which it has to be set aside."""
        ...

    def move(self, thing: Thing, folder: str) -> None: ...

    def copy(self, thing: Thing, new: Thing) -> None: ...

    def remove(self, thing: Thing) -> None: ...

    def rename(self, folder: str, to: str) -> None: ...

    def delete_folder(self, folder: str) -> None:
        """With all that lies in it."""
        ...

    def forget(self) -> None:
        """Whatever the agent remembers of its place is worth nothing from now on."""
        ...

    def fail(self, request: int) -> None:
        """Once: the ``request``-th from now (1: the next) goes wrong, in turn in every way."""
        ...

    def recover(self) -> None: ...

    @property
    def faults(self) -> int:
        """How many requests have gone wrong."""
        ...

    def listing(self) -> Mapping[str, int]:
        """External id → thing, of all that lies in the folders that are read: counted in the
        mailbox itself."""
        ...

    def close(self) -> None: ...

"""Reading the elements of an answer: what is missing or broken is empty."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Protocol

TYPES = "{http://schemas.microsoft.com/exchange/services/2006/types}"
MESSAGES = "{http://schemas.microsoft.com/exchange/services/2006/messages}"
_SPACE = re.compile(r"\s+")


class Element(Protocol):
    """The part of an XML element that is used here."""

    @property
    def tag(self) -> object: ...
    @property
    def text(self) -> str | None: ...
    def get(self, key: str) -> str | None: ...
    def find(self, path: str) -> "Element | None": ...
    def __iter__(self) -> "Iterator[Element]": ...


class Fields:
    """The children of an item, by the name they have in the types namespace."""

    def __init__(self, element: Element) -> None:
        self.name = _name(element)
        self._found = {_name(child): child for child in element}

    def __contains__(self, name: str) -> bool:
        return name in self._found

    def text(self, name: str) -> str:
        child = self._found.get(name)
        return "" if child is None else child.text or ""

    def is_true(self, name: str) -> bool:
        return self.text(name).strip().lower() in ("true", "1")

    def moment(self, name: str) -> datetime | None:
        return moment(self.text(name))

    def attribute(self, name: str, key: str) -> str:
        child = self._found.get(name)
        return "" if child is None else child.get(key) or ""

    def child(self, name: str) -> Element | None:
        return self._found.get(name)

    def children(self, name: str) -> Iterable[Element]:
        child = self._found.get(name)
        return () if child is None else child

    def mailboxes(self, name: str) -> list[tuple[str, str]]:
        """(name, address) of everybody in it; the address is empty where it is no mail address."""
        return [mailbox(Fields(one)) for one in self.children(name)]

    @property
    def id(self) -> str:
        return self.attribute("ItemId", "Id")

    @property
    def change_key(self) -> str:
        return self.attribute("ItemId", "ChangeKey")


def mailbox(fields: Fields) -> tuple[str, str]:
    address = fields.text("EmailAddress").strip()
    # People within the organisation may stand there by their place in the directory.
    return _SPACE.sub(" ", fields.text("Name")).strip(), address if "@" in address else ""


def moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text.strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _name(element: Element) -> str:
    tag = element.tag
    # The tag of a comment is a function.
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""

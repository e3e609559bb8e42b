"""The mailbox as the source sees it: pages of changes, lists of ids, items."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from exchangelib import Account
from exchangelib.errors import ResponseMessageError
from exchangelib.items import ID_ONLY
from exchangelib.properties import FolderId

from agent.capture.exchange import border
from agent.capture.exchange import services as svc
from agent.capture.exchange.connection import Connection
from agent.capture.exchange.elements import Element, Fields
from agent.errors import BadItem, SourceUnavailable

CHUNK = 50
"""Items of one GetItem: fifteen times as fast as single ones, and small enough for any server."""

Change = Literal["put", "gone", "read"]


class SyncStateLost(Exception):
    """The server no longer knows the mark it gave."""


@dataclass(frozen=True, slots=True)
class Listed:
    """An item as lists have it."""

    id: str
    change_key: str
    item_class: str
    received: datetime | None


@dataclass(frozen=True, slots=True)
class Changed:
    kind: Change
    item: Listed


@dataclass(frozen=True, slots=True)
class Page:
    changes: tuple[Changed, ...]
    """Empty when the question was ``bare``."""
    count: int
    state: str
    is_last: bool


@dataclass(frozen=True, slots=True)
class Found:
    items: tuple[Listed, ...]
    total: int
    """Of all that the question covers, from its beginning."""
    is_last: bool


@dataclass(frozen=True, slots=True)
class Occurrence:
    id: str
    change_key: str
    uid: str
    recurs_at: datetime | None
    start: datetime


class Gone:
    """It was there when the list was made."""


@dataclass(frozen=True, slots=True)
class Broken:
    code: str


Answer = Fields | Gone | Broken


def sound(answer: Fields | Broken) -> Fields:
    """Raises ``BadItem``."""
    if isinstance(answer, Broken):
        raise BadItem(answer.code)
    return answer


class Mailbox:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def changes(self, folder: str, state: str | None, *, limit: int, bare: bool) -> Page:
        """What changed since ``state``; ``bare``: ids alone. Raises ``SyncStateLost``."""

        def ask(account: Account) -> Page:
            service = svc.Changes(account=account)
            found = list(
                service.call(
                    folder=FolderId(id=folder),
                    shape=ID_ONLY,
                    additional_fields=None if bare else svc.LISTED,
                    sync_state=state,
                    ignore=None,
                    max_changes_returned=min(limit, svc.MAX_PAGE),
                    sync_scope="NormalItems",
                )
            )
            for one in found:
                if isinstance(one, Exception):
                    raise one
            if not service.sync_state:
                raise ValueError
            changes = () if bare else tuple(_changed(found))
            return Page(
                changes, len(found), service.sync_state, bool(service.includes_last_item_in_range)
            )

        try:
            return self._connection.ask(ask, border.SYNC_STATE_LOST if state else ())
        except border.SYNC_STATE_LOST:
            raise SyncStateLost from None

    @staticmethod
    def check_progress(state: str | None, page: Page) -> None:
        """There is more, says the server; if it says so of the same place, it would for ever."""
        if page.state == state and not page.count:
            raise SourceUnavailable("mailbox_answer_odd", retry_after=border.LATER_S, error="state")

    def newest(
        self, folder: str, since: datetime, before: datetime | None, *, offset: int
    ) -> Found:
        """A page of a folder, newest first."""

        def ask(account: Account) -> Found:
            service = svc.Listing(account=account, page_size=svc.MAX_PAGE)
            found = service.newest(folder, since, before, offset=offset, size=svc.MAX_PAGE)
            items = tuple(_listed(Fields(one)) for one in found)
            return Found(items, service.found, service.is_last)

        return self._connection.ask(ask)

    def occurrences(self, folder: str, start: datetime, end: datetime) -> list[Occurrence]:
        """Those that begin from ``start`` on and before ``end``."""

        def ask(account: Account) -> list[Element]:
            return svc.Listing(account=account, page_size=svc.MAX_PAGE).occurrences(
                folder, start, end
            )

        try:
            elements = self._connection.ask(ask, border.TOO_MANY_FOUND)
        except border.TOO_MANY_FOUND:
            middle = start + (end - start) / 2
            if (end - start).total_seconds() < 3600:
                raise SourceUnavailable("mailbox_answer_too_large", retry_after=900) from None
            middle = middle.replace(microsecond=0)
            return [
                *self.occurrences(folder, start, middle),
                *self.occurrences(folder, middle, end),
            ]
        return [one for one in map(_occurrence, elements) if start <= one.start < end]

    def mails(self, ids: Sequence[str]) -> Iterator[Answer]:
        return self._items(ids, svc.MAIL)

    def mime(self, id_: str) -> Answer:
        """With ``MimeContent``."""
        (answer,) = self._items([id_], svc.MIME)
        return answer

    def meetings(self, ids: Sequence[str]) -> Iterator[Answer]:
        return self._items(ids, svc.MEETING)

    def _items(self, ids: Sequence[str], fields: list[object]) -> Iterator[Answer]:
        """An answer for each of ``ids``, in their order."""
        for at in range(0, len(ids), CHUNK):
            yield from self._chunk(ids[at : at + CHUNK], fields)

    def _chunk(self, ids: Sequence[str], fields: list[object]) -> list[Answer]:
        try:
            return self._connection.ask(lambda account: _read(account, ids, fields), (_Odd,))
        except _Odd:
            pass  # the server blames the whole request for one item
        except SourceUnavailable as error:
            if error.code != "mailbox_answer_too_large":
                raise
            if len(ids) == 1:
                return [Broken("item_too_large")]
            half = len(ids) // 2
            return [*self._chunk(ids[:half], fields), *self._chunk(ids[half:], fields)]
        if len(ids) == 1:
            return [Broken("item_damaged")]
        singly = [self._chunk([one], fields)[0] for one in ids]
        if all(isinstance(one, Broken) for one in singly):
            # Not all of them at once: it is the server that has a bad day.
            raise SourceUnavailable("mailbox_answer_odd", retry_after=border.LATER_S, error="items")
        return singly


class _Odd(Exception):
    """No answers, or not those to the question."""


def _read(account: Account, ids: Sequence[str], fields: list[object]) -> list[Answer]:
    service = svc.Bodies(account=account, chunk_size=CHUNK)
    try:
        found = list(service.call(svc.item_ids(ids), additional_fields=fields, shape=ID_ONLY))
        answers = [_answer(one) for one in found]
    except border.TRANSIENT:
        raise
    except ResponseMessageError:
        raise _Odd from None
    if len(answers) != len(ids):
        raise _Odd
    if len(ids) > 1:
        for id_, answer in zip(ids, answers, strict=True):
            if isinstance(answer, Fields) and answer.id != id_:
                raise _Odd
    return answers


def _answer(found: object) -> Answer:
    if isinstance(found, border.GONE):
        return Gone()
    if isinstance(found, border.TRANSIENT):
        raise found
    if isinstance(found, Exception) or found is None or isinstance(found, bool):
        return Broken("item_damaged")
    return Fields(found)  # type: ignore[arg-type] # what the library passes on


def _changed(found: Sequence[Element]) -> Iterator[Changed]:
    for change in found:
        fields = Fields(change)
        match fields.name:
            case "Create" | "Update":
                inner = next(iter(change), None)
                if inner is None:
                    raise ValueError
                yield Changed("put", _listed(Fields(inner)))
            case "Delete":
                yield Changed("gone", _listed(fields))
            case "ReadFlagChange":
                yield Changed("read", _listed(fields))
            case _:
                raise ValueError


def _listed(fields: Fields) -> Listed:
    if not fields.id:
        raise ValueError
    return Listed(
        fields.id,
        fields.change_key,
        fields.text("ItemClass"),
        fields.moment("DateTimeReceived"),
    )


def _occurrence(element: Element) -> Occurrence:
    fields = Fields(element)
    start = fields.moment("Start")
    if not fields.id or start is None:
        raise ValueError
    return Occurrence(fields.id, fields.change_key, fields.text("UID"), recurs_at(fields), start)


def recurs_at(fields: Fields) -> datetime | None:
    """The original start of one of a series, None for a meeting on its own."""
    if fields.text("CalendarItemType") not in ("Occurrence", "Exception"):
        return None
    return fields.moment("RecurrenceId") or fields.moment("OriginalStart") or fields.moment("Start")

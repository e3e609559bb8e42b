"""The operations of the server that are used, answering with plain elements.

The library makes an object with a hundred fields of each; what is needed of it is a few texts.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from exchangelib import Account
from exchangelib.fields import FieldOrder, FieldPath
from exchangelib.folders import Folder
from exchangelib.items import ID_ONLY, CalendarItem, Message
from exchangelib.properties import DistinguishedFolderId, FolderId, ItemId, Mailbox
from exchangelib.services import FindFolder, FindItem, GetFolder, GetItem, SyncFolderItems
from exchangelib.services.sync_folder_hierarchy import SyncFolder
from exchangelib.util import create_element

from agent.capture.exchange.elements import Element

MAX_PAGE = 512
"""The server refuses to tell of more changes at once."""


def paths(model: Any, *names: str) -> list[Any]:
    return [FieldPath(field=model.get_field_by_fieldname(name)) for name in names]


LISTED = paths(Message, "item_class", "datetime_received", "datetime_created")
MAIL = paths(
    Message,
    "item_class",
    "subject",
    "body",
    "sender",
    "author",
    "to_recipients",
    "cc_recipients",
    "bcc_recipients",
    "headers",
    "message_id",
    "in_reply_to",
    "references",
    "datetime_sent",
    "datetime_received",
    "datetime_created",
    "sensitivity",
    "categories",
    "attachments",
    "is_draft",
)
MIME = paths(Message, "mime_content")
OCCURRENCE = paths(CalendarItem, "uid", "recurrence_id", "original_start", "start", "type")
MEETING = paths(
    CalendarItem,
    "subject",
    "body",
    "start",
    "end",
    "original_start",
    "uid",
    "recurrence_id",
    "type",
    "location",
    "is_cancelled",
    "is_all_day",
    "legacy_free_busy_status",
    "my_response_type",
    "organizer",
    "required_attendees",
    "optional_attendees",
    "sensitivity",
    "categories",
)
FOLDER = paths(Folder, "name", "parent_folder_id", "folder_class")


class Folders(GetFolder):  # type: ignore[misc]
    def _elems_to_objs(self, elems: Iterable[Any]) -> Iterator[Any]:
        yield from elems


class FoldersBelow(FindFolder):  # type: ignore[misc]
    def _elem_to_obj(self, elem: Any) -> Any:
        return elem

    def all(self, root: Any) -> list[Element]:
        """Every folder below ``root``, however deep."""
        pages = self._paged_call(
            payload_func=self.get_payload,
            max_items=None,
            folders=[root],
            additional_fields=FOLDER,
            restriction=None,
            shape=ID_ONLY,
            depth="Deep",
            page_size=self.page_size,
            offset=0,
        )
        return list(_good(pages))


class Changes(SyncFolderItems):  # type: ignore[misc]
    """Yields the elements of the changes (``Create`` …)."""

    def _get_element_container(self, message: Any, name: str | None = None) -> Any:
        # The library looks for the next mark first, which a refusal need not have.
        if message.get("ResponseClass") == "Error":
            return super(SyncFolder, self)._get_element_container(message=message, name=name)
        return super()._get_element_container(message=message, name=name)

    def _elem_to_obj(self, elem: Any) -> Any:
        return elem


class Listing(FindItem):  # type: ignore[misc]
    """One page of a folder, and how much there is in all."""

    found = 0
    is_last = True

    def _elem_to_obj(self, elem: Any) -> Any:
        return elem

    def _get_paging_values(self, elem: Any) -> tuple[int, int | None]:
        count, offset = super()._get_paging_values(elem)
        self.found, self.is_last = count, offset is None
        return count, offset

    def newest(
        self, folder: str, since: datetime, before: datetime | None, *, offset: int, size: int
    ) -> list[Element]:
        """Received from ``since`` on and earlier than ``before``."""
        return list(
            _good(
                self.call(
                    folders=[FolderId(id=folder)],
                    additional_fields=LISTED,
                    restriction=_Received(since, before),
                    order_fields=[FieldOrder(LISTED[1], reverse=True)],
                    shape=ID_ONLY,
                    query_string=None,
                    depth="Shallow",
                    calendar_view=None,
                    max_items=size,
                    offset=offset,
                )
            )
        )

    def occurrences(self, folder: str, start: datetime, end: datetime) -> list[Element]:
        return list(
            _good(
                self.call(
                    folders=[FolderId(id=folder)],
                    additional_fields=OCCURRENCE,
                    restriction=None,
                    order_fields=None,
                    shape=ID_ONLY,
                    query_string=None,
                    depth="Shallow",
                    calendar_view=_View(start, end),
                    max_items=None,
                    offset=0,
                )
            )
        )


class Bodies(GetItem):  # type: ignore[misc]
    def _elem_to_obj(self, elem: Any) -> Any:
        return elem


class _Received:
    """A restriction on the time of arrival."""

    def __init__(self, since: datetime, before: datetime | None) -> None:
        self._since = since
        self._before = before

    def to_xml(self, version: object) -> Any:  # noqa: ARG002 - the library's signature
        element = create_element("m:Restriction")
        inner = _compare("IsGreaterThanOrEqualTo", self._since)
        if self._before is not None:
            both = create_element("t:And")
            both.append(inner)
            both.append(_compare("IsLessThan", self._before))
            inner = both
        element.append(inner)
        return element


class _View:
    """The occurrences of single and recurring meetings between two moments."""

    def __init__(self, start: datetime, end: datetime) -> None:
        self._start = start
        self._end = end

    def to_xml(self, version: object) -> Any:  # noqa: ARG002 - the library's signature
        return create_element(
            "m:CalendarView", attrs={"StartDate": _utc(self._start), "EndDate": _utc(self._end)}
        )


def distinguished(account: Account, name: str) -> Any:
    """The id of a folder that every mailbox has, whatever it is called there."""
    return DistinguishedFolderId(
        id=name, mailbox=Mailbox(email_address=account.primary_smtp_address)
    )


def item_ids(wanted: Iterable[str]) -> list[Any]:
    """Without the change key: what was changed since is read as it is now."""
    return [ItemId(id=id_) for id_ in wanted]


def _compare(how: str, moment: datetime) -> Any:
    element = create_element(f"t:{how}")
    element.append(create_element("t:FieldURI", attrs={"FieldURI": "item:DateTimeReceived"}))
    value = create_element("t:FieldURIOrConstant")
    value.append(create_element("t:Constant", attrs={"Value": _utc(moment)}))
    element.append(value)
    return element


def _utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _good(found: Iterable[Any]) -> Iterator[Any]:
    for one in found:
        if isinstance(one, Exception):
            raise one
        if one is not None and one is not True:
            yield one

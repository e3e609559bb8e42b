"""What the server does when asked. It refuses what the real one refuses."""

import base64
import binascii
import hashlib
import hmac
import json
import operator
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from lxml import etree

from tests.servers.ews import render, soap
from tests.servers.ews.soap import Failed, M, Refused, T, children
from tests.servers.ews.store import Folder, Item, Store

MAX_CHANGES = 512
_KNOWN = {*render.WHOLE, *render.OCCURRENCE_WHOLE}
_FOLDER_FIELDS = {"folder:DisplayName", "folder:ParentFolderId", "folder:FolderClass"}
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "IsGreaterThanOrEqualTo": operator.ge,
    "IsGreaterThan": operator.gt,
    "IsLessThan": operator.lt,
    "IsLessThanOrEqualTo": operator.le,
    "IsEqualTo": operator.eq,
}
STATE = "<m:SyncState/><m:IncludesLastItemInRange>true</m:IncludesLastItemInRange><m:Changes/>"


class Operations:
    def __init__(self, stores: Mapping[str, Store], server: tuple[int, int]) -> None:
        self._stores = stores
        self.server = server
        self.find_limit = 1000
        self.lists_limit = MAX_CHANGES
        """A server may give less than it was asked for."""
        self.shuffles = False
        """Changes of a page come in any order."""
        self.sorts = True
        self.restricts = True
        self.leaves_out = False
        """Refusals hold nothing but the code, as those of some servers do."""
        self._states = 0
        self._key = b"of the server alone"

    def forget_states(self) -> None:
        """No mark given so far is known any longer."""
        self._states += 1

    def answer(self, raw: bytes, user: str) -> bytes:
        request = soap.operation(raw, self.server)
        name = etree.QName(request).localname
        does: dict[str, Callable[[Any, str], str]] = {
            "GetFolder": self._get_folder,
            "FindFolder": self._find_folder,
            "SyncFolderItems": self._sync,
            "FindItem": self._find_item,
            "GetItem": self._get_item,
        }
        if name not in does:
            raise Refused("ErrorInvalidRequest", f"{name} is not offered here")
        for store in self._stores.values():
            store.lock.acquire()
        try:
            return soap.reply(name, does[name](request, user), self.server)
        finally:
            for store in self._stores.values():
                store.lock.release()

    # Folders

    def _get_folder(self, request: Any, user: str) -> str:
        parts = children(request, "FolderShape", "FolderIds")
        fields = _fields(parts["FolderShape"], _FOLDER_FIELDS)
        return "".join(
            self._each(
                "GetFolder",
                parts["FolderIds"],
                lambda one: f"<m:Folders>{_folder(self._folder(one, user)[1], fields)}</m:Folders>",
            )
        )

    def _find_folder(self, request: Any, user: str) -> str:
        parts = children(
            request, "FolderShape", "IndexedPageFolderView", "Restriction", "ParentFolderIds"
        )
        if request.get("Traversal") not in ("Deep", "Shallow") or "Restriction" in parts:
            raise Refused("ErrorSchemaValidation")
        fields = _fields(parts["FolderShape"], _FOLDER_FIELDS)
        size, offset = _page(parts["IndexedPageFolderView"])

        def one(id_: Any) -> str:
            store, top = self._folder(id_, user)
            below = list(_below(store, top.id, deep=request.get("Traversal") == "Deep"))
            page = below[offset : offset + size]
            return _root_folder(
                "".join(_folder(folder, fields) for folder in page),
                len(below),
                offset + len(page),
                "Folders",
            )

        return "".join(self._each("FindFolder", parts["ParentFolderIds"], one))

    # Items

    def _sync(self, request: Any, user: str) -> str:
        parts = children(
            request,
            "ItemShape",
            "SyncFolderId",
            "SyncState",
            "Ignore",
            "MaxChangesReturned",
            "SyncScope",
        )
        limit = int(parts["MaxChangesReturned"].text)
        if not 1 <= limit <= MAX_CHANGES:
            raise Refused("ErrorSchemaValidation", "MaxChangesReturned")
        fields = _fields(parts["ItemShape"], _KNOWN)
        state = parts["SyncState"].text if "SyncState" in parts else None
        name = "SyncFolderItems"
        try:
            store, folder = self._folder(parts["SyncFolderId"][0], user, "ErrorSyncFolderNotFound")
            since = 0 if state is None else self._since(state, folder)
            _listable(fields, render.LISTED)
        except Failed as failed:
            return soap.error(name, failed.code, "" if self.leaves_out else STATE)
        changes = list(store.changes(folder.id, since))
        page = changes[: min(limit, self.lists_limit)]
        at = page[-1][0] if page else since
        if self.shuffles:
            random.Random(at).shuffle(page)  # noqa: S311 - the same each time
        inner = "".join(_change(kind, item, fields) for _, kind, item in page)
        is_last = "true" if len(page) == len(changes) else "false"
        return soap.success(
            name,
            f"<m:SyncState>{self._state(at, folder)}</m:SyncState>"
            f"<m:IncludesLastItemInRange>{is_last}</m:IncludesLastItemInRange>"
            f"<m:Changes>{inner}</m:Changes>",
        )

    def _find_item(self, request: Any, user: str) -> str:
        parts = children(
            request,
            "ItemShape",
            "IndexedPageItemView",
            "CalendarView",
            "Restriction",
            "SortOrder",
            "ParentFolderIds",
        )
        if request.get("Traversal") != "Shallow":
            raise Refused("ErrorInvalidRequest", "Traversal")
        fields = _fields(parts["ItemShape"], _KNOWN)
        if "CalendarView" in parts:

            def one(id_: Any) -> str:
                return self._view(parts, fields, *self._folder(id_, user))

        else:

            def one(id_: Any) -> str:
                return self._list(parts, fields, *self._folder(id_, user))

        return "".join(self._each("FindItem", parts["ParentFolderIds"], one))

    def _list(
        self, parts: dict[str, Any], fields: tuple[str, ...], store: Store, folder: Folder
    ) -> str:
        _listable(fields, render.LISTED)
        size, offset = _page(parts["IndexedPageItemView"])
        found = store.newest(folder.id)
        if "SortOrder" in parts:
            (order,) = parts["SortOrder"]
            (uri,) = order
            if uri.get("FieldURI") != "item:DateTimeReceived":
                raise Refused("ErrorSchemaValidation", "SortOrder")
            if order.get("Order") == "Ascending":
                found.reverse()
            if not self.sorts:
                random.Random(len(found)).shuffle(found)  # noqa: S311 - the same each time
        if "Restriction" in parts and self.restricts:
            (restriction,) = parts["Restriction"]
            found = [item for item in found if _holds(restriction, item)]
        page = found[offset : offset + min(size, self.find_limit, self.lists_limit)]
        return _root_folder(
            "".join(render.item(one, fields, render.LISTED) for one in page),
            len(found),
            offset + len(page),
            "Items",
        )

    def _view(
        self, parts: dict[str, Any], fields: tuple[str, ...], store: Store, folder: Folder
    ) -> str:
        if "Restriction" in parts or "SortOrder" in parts:
            raise Failed("ErrorRestrictionTooComplex")
        if folder.kind != "IPF.Appointment":
            raise Failed("ErrorCalendarFolderIsInvalidForCalendarView")
        _listable(fields, render.OCCURRENCE_LISTED)
        start = datetime.fromisoformat(parts["CalendarView"].get("StartDate"))
        end = datetime.fromisoformat(parts["CalendarView"].get("EndDate"))
        if end < start:
            raise Failed("ErrorCalendarEndDateIsEarlierThanStartDate")
        if (end - start).days > 731:
            raise Failed("ErrorCalendarViewRangeTooBig")
        found: list[tuple[datetime, str]] = []
        for item in store.by_folder[folder.id].values():
            for number, original in enumerate(item.series.originals() if item.series else []):
                moved = item.series.at(original) if item.series else None
                if moved is not None and moved.start < end and moved.end > start:
                    id_ = f"{item.id}~{number}"
                    seen = (item, original, moved)
                    found.append(
                        (
                            moved.start,
                            render.occurrence(id_, seen, fields, render.OCCURRENCE_LISTED),
                        )
                    )
        if len(found) > self.find_limit:
            raise Failed("ErrorExceededFindCountLimit")
        found.sort()
        return _root_folder("".join(one for _, one in found), len(found), len(found), "Items")

    def _get_item(self, request: Any, user: str) -> str:
        parts = children(request, "ItemShape", "ItemIds")
        fields = _fields(parts["ItemShape"], _KNOWN)
        return "".join(
            self._each("GetItem", parts["ItemIds"], lambda one: self._item(one, fields, user))
        )

    def _item(self, id_: Any, fields: tuple[str, ...], user: str) -> str:
        if id_.tag != f"{T}ItemId" or not id_.get("Id"):
            raise Refused("ErrorSchemaValidation", "ItemId")
        name = id_.get("Id")
        for store in self._open(user):
            found = store.occurrence(name)
            if found is not None:
                item, original = found
                moved = item.series.at(original) if item.series else None
                if moved is None:
                    raise Failed("ErrorItemNotFound")
                _listable(fields, render.OCCURRENCE_WHOLE)
                seen = (item, original, moved)
                inner = render.occurrence(name, seen, fields, render.OCCURRENCE_WHOLE)
                return f"<m:Items>{inner}</m:Items>"
            if name in store.items:
                item = store.items[name]
                if item.error.startswith("!"):
                    raise Refused(item.error[1:])
                if item.error:
                    raise Failed(item.error)
                _listable(fields, render.WHOLE)
                return f"<m:Items>{render.item(item, fields, render.WHOLE)}</m:Items>"
        raise Failed("ErrorItemNotFound")

    # What is named in requests

    def _open(self, user: str) -> Iterator[Store]:
        for store in self._stores.values():
            if user in store.open_to:
                yield store

    def _folder(
        self, id_: Any, user: str, missing: str = "ErrorFolderNotFound"
    ) -> tuple[Store, Folder]:
        name = id_.get("Id")
        if id_.tag == f"{T}DistinguishedFolderId":
            address = id_.find(f"{T}Mailbox/{T}EmailAddress")
            if address is None:
                raise Refused("ErrorInvalidRequest", "no mailbox")
            store = self._stores.get(address.text.lower())
            if store is None:
                raise Failed("ErrorNonExistentMailbox")
            if user not in store.open_to:
                raise Failed("ErrorAccessDenied")
            for folder in store.folders.values():
                if folder.distinguished == name:
                    return store, folder
            raise Failed(missing)
        if id_.tag != f"{T}FolderId":
            raise Refused("ErrorSchemaValidation", id_.tag)
        for store in self._open(user):
            if name in store.folders:
                return store, store.folders[name]
        raise Failed(missing)

    def _state(self, at: int, folder: Folder) -> str:
        told = json.dumps([folder.id, at, self._states]).encode()
        sealed = hmac.digest(self._key, told, hashlib.sha256) + told
        return base64.b64encode(sealed).decode()

    def _since(self, state: str, folder: Folder) -> int:
        try:
            sealed = base64.b64decode(state, validate=True)
        except (binascii.Error, ValueError):
            raise Failed("ErrorInvalidSyncStateData") from None
        seal, told = sealed[:32], sealed[32:]
        if not hmac.compare_digest(seal, hmac.digest(self._key, told, hashlib.sha256)):
            raise Failed("ErrorInvalidSyncStateData")
        of, at, states = json.loads(told)
        if of != folder.id or states != self._states:
            raise Failed("ErrorInvalidSyncStateData")
        return int(at)

    @staticmethod
    def _each(name: str, ids: Any, one: Callable[[Any], str]) -> Iterator[str]:
        if not len(ids):
            raise Refused("ErrorSchemaValidation", "nothing asked for")
        for id_ in ids:
            try:
                yield soap.success(name, one(id_))
            except Failed as failed:
                yield soap.error(name, failed.code, f"<m:{_CONTAINERS[name]}/>")


_CONTAINERS = {"GetFolder": "Folders", "GetItem": "Items"} | {
    "FindFolder": "RootFolder",
    "FindItem": "RootFolder",
}


def _fields(shape: Any, known: set[str]) -> tuple[str, ...]:
    parts = children(shape, "BaseShape", "IncludeMimeContent", "BodyType", "AdditionalProperties")
    if parts["BaseShape"].text != "IdOnly":
        raise Refused("ErrorInvalidRequest", "this server answers to IdOnly alone")
    fields = []
    for uri in parts.get("AdditionalProperties", ()):
        if uri.tag != f"{T}FieldURI" or uri.get("FieldURI") not in known:
            raise Refused("ErrorSchemaValidation", f"unknown property {uri.get('FieldURI')}")
        fields.append(uri.get("FieldURI"))
    return tuple(fields)


def _listable(fields: Sequence[str], table: Mapping[str, object]) -> None:
    if any(field not in table for field in fields):
        raise Failed("ErrorInvalidPropertyRequest")


def _page(view: Any) -> tuple[int, int]:
    if view.get("BasePoint") != "Beginning":
        raise Refused("ErrorSchemaValidation", "BasePoint")
    size, offset = int(view.get("MaxEntriesReturned")), int(view.get("Offset"))
    if size < 1 or offset < 0:
        raise Refused("ErrorInvalidPagingMaxRows")
    return size, offset


def _holds(restriction: Any, item: Item) -> bool:
    name = etree.QName(restriction).localname
    if name == "And":
        return all(_holds(one, item) for one in restriction)
    uri, constant = restriction
    if name not in _COMPARE or uri.get("FieldURI") != "item:DateTimeReceived":
        raise Refused("ErrorSchemaValidation", name)
    if item.received is None:
        return False
    return _COMPARE[name](item.received, datetime.fromisoformat(constant[0].get("Value")))


def _change(kind: str, item: Item | str, fields: tuple[str, ...]) -> str:
    if isinstance(item, str):
        return f'<t:Delete><t:ItemId Id="{item}" ChangeKey="gone"/></t:Delete>'
    if kind == "ReadFlagChange":
        return (
            f'<t:ReadFlagChange><t:ItemId Id="{item.id}" ChangeKey="{item.change_key}"/>'
            f"{render.boolean('IsRead', value=item.is_read)}</t:ReadFlagChange>"
        )
    return f"<t:{kind}>{render.item(item, fields, render.LISTED)}</t:{kind}>"


def _folder(folder: Folder, fields: Sequence[str]) -> str:
    parent = f'<t:ParentFolderId Id="{folder.parent or folder.id}" ChangeKey="P"/>'
    told = {
        "folder:ParentFolderId": parent,
        "folder:FolderClass": render.text("FolderClass", folder.kind),
        "folder:DisplayName": render.text("DisplayName", folder.name),
    }
    name = {"IPF.Appointment": "CalendarFolder", "IPF.Contact": "ContactsFolder"}.get(
        folder.kind, "Folder"
    )
    inner = "".join(value for field, value in told.items() if field in fields)
    return f'<t:{name}><t:FolderId Id="{folder.id}" ChangeKey="C"/>{inner}</t:{name}>'


def _below(store: Store, top: str, *, deep: bool) -> Iterator[Folder]:
    for folder in list(store.folders.values()):
        if folder.parent == top:
            yield folder
            if deep:
                yield from _below(store, folder.id, deep=True)


def _root_folder(inner: str, total: int, offset: int, container: str) -> str:
    is_last = "true" if offset >= total else "false"
    return (
        f'<m:RootFolder IndexedPagingOffset="{offset}" TotalItemsInView="{total}" '
        f'IncludesLastItemInRange="{is_last}"><t:{container}>{inner}</t:{container}>'
        "</m:RootFolder>"
    )


__all__ = ["MAX_CHANGES", "M", "Operations"]

"""Graph's answers over a mailbox: what it offers, and what it refuses."""

import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.servers.graph.authority import Authority
from tests.servers.graph.mailbox import Event, Folder, Mailbox, Message

_MESSAGE_FIELDS = {
    "id", "parentFolderId", "internetMessageId", "subject", "body", "from", "sender",
    "toRecipients", "ccRecipients", "bccRecipients", "replyTo", "receivedDateTime",
    "sentDateTime", "createdDateTime", "lastModifiedDateTime", "changeKey", "isDraft", "isRead",
    "hasAttachments", "categories", "importance", "conversationId", "bodyPreview",
    "internetMessageHeaders", "uniqueBody", "flag", "webLink",
}  # fmt: skip
_EVENT_FIELDS = {
    "id", "iCalUId", "type", "seriesMasterId", "originalStart", "subject", "body", "start", "end",
    "location", "organizer", "attendees", "isCancelled", "responseStatus", "sensitivity",
    "categories", "isAllDay", "showAs",
}  # fmt: skip
_FOLDER_FIELDS = {"id", "displayName", "parentFolderId", "childFolderCount", "totalItemCount"}
_PROPERTY = "singleValueExtendedProperties($filter=id eq 'Integer 0x0036')"
_AFTER = re.compile(r"receivedDateTime (ge|gt) (\S+)")
_WINDOW = re.compile(
    r"receivedDateTime ge (\S+)(?: and receivedDateTime lt (\S+))?"
    r"(?: and lastModifiedDateTime ge (\S+))?"
)


@dataclass
class Refusal(Exception):
    status: int
    code: str
    retry_after: int | None = None
    wait: float = 0.0


@dataclass
class Asked:
    method: str
    url: str
    """Path and query below the version."""
    headers: dict[str, str]
    body: Any = None

    @property
    def path(self) -> list[str]:
        return [unquote(step) for step in urlsplit(self.url).path.strip("/").split("/")]

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.url).query, keep_blank_values=True))

    @property
    def immutable(self) -> bool:
        return 'IdType="ImmutableId"' in self.headers.get("prefer", "")

    def page(self, default: int) -> int:
        found = re.search(r"odata\.maxpagesize=(\d+)", self.headers.get("prefer", ""))
        return min(int(found[1]), 1000) if found else default


@dataclass
class Round:
    """What a link stands for."""

    collection: str
    select: set[str] | None
    after: str
    since: int
    rest: list[str] | None
    """Keys still to be told in this round; None: the round is over."""
    number: int
    """What the round covers: changes up to this one."""
    window: tuple[str, str] = ("", "")


@dataclass
class Api:
    mailbox: Mailbox
    authority: Authority
    base: str = ""
    links: dict[str, Round] = field(default_factory=dict)
    honours_immutable: bool = True
    headers_in_delta: bool = True
    refuses_in_delta: frozenset[str] = frozenset()
    """``$orderby``, ``internetMessageHeaders``."""
    tells_changes: bool = True
    """False: as in the cloud in China."""
    ignores_order: bool = False
    flags_are_partial: bool = True
    round_limit: int = 0
    """A filtered round ends after so many rows (0: never)."""
    batch_at_once: int = 0
    """So many requests of a ``$batch`` are answered, the others put off (0: all)."""
    knows_batches: bool = True
    knows_properties: bool = True
    link_host: str = ""
    """Where links lead to instead."""
    forgets_appearances: bool = False
    """What comes back to a folder is not told there: the known fault of real servers."""
    asked: list[Asked] = field(default_factory=list)
    owners: tuple[str, ...] = ("me", "users/team@ours.example")

    def answer(self, asked: Asked, scopes: set[str]) -> dict[str, Any]:
        self.asked.append(asked)
        path = asked.path
        if path == ["$batch"]:
            if not self.knows_batches:
                raise Refusal(404, "ResourceNotFound")
            return self._batch(asked, scopes)
        owner = "me" if path[0] == "me" else "/".join(path[:2])
        if owner not in self.owners:
            raise Refusal(404, "ErrorInvalidUser")
        rest = path[len(owner.split("/")) :]
        kind = "calendars" if rest[0] in ("calendarView", "events") else "mail"
        self._allow(f"{kind}.read{'' if owner == 'me' else '.shared'}", asked, scopes)
        match rest:
            case ["mailFolders", *below]:
                return self._folders(asked, owner, below)
            case ["messages", message_id]:
                return self._message(asked, message_id)
            case ["messages", message_id, "attachments"]:
                found = self._find(message_id)
                self._options(asked, {"$select"})
                return {"value": list(found.attachments)}
            case ["calendarView"]:
                return self._view(asked, owner)
            case ["calendarView", "delta"]:
                return self._calendar_delta(asked, owner)
            case ["events", event_id]:
                self._options(asked, {"$select"})
                return self._event(asked, self._event_by(event_id))
            case ["events", event_id, "instances"]:
                return self._instances(asked, self._event_by(event_id))
            case _:
                raise Refusal(400, "BadRequest")

    @staticmethod
    def _allow(scope: str, asked: Asked, scopes: set[str]) -> None:
        if scope not in scopes:
            raise Refusal(403, "ErrorAccessDenied")
        if asked.method != "GET":
            raise Refusal(405, "ErrorInvalidRequest")

    # Batches

    def _batch(self, asked: Asked, scopes: set[str]) -> dict[str, Any]:
        requests = asked.body["requests"]
        if asked.method != "POST" or len(requests) > 20:
            raise Refusal(400, "BadRequest")
        responses = []
        for place, one in enumerate(requests):
            headers = {k.lower(): v for k, v in one.get("headers", {}).items()}
            inner = Asked(one["method"], one["url"], headers)
            try:
                self._admit(place)
                body, status, sent = self.answer(inner, scopes), 200, {}
            except Refusal as refusal:
                body, status = {"error": {"code": refusal.code}}, refusal.status
                sent = {"Retry-After": str(refusal.retry_after)} if refusal.retry_after else {}
            responses.append({"id": one["id"], "status": status, "headers": sent, "body": body})
        return {"responses": responses[::-1]}  # in no order one may rely on

    def _admit(self, place: int) -> None:
        if self.batch_at_once and place >= self.batch_at_once:
            raise Refusal(429, "ApplicationThrottled", 1)

    # Folders

    def _folders(self, asked: Asked, owner: str, below: list[str]) -> dict[str, Any]:
        if not below:
            return self._folder_list(asked, owner, None)
        folder = self._folder(below[0])
        match below[1:]:
            case []:
                self._options(asked, {"$select"})
                return self._selected(self._folder_row(folder), asked, _FOLDER_FIELDS)
            case ["childFolders"]:
                return self._folder_list(asked, owner, folder.id)
            case ["messages"]:
                return self._messages(asked, owner, folder)
            case ["messages", "delta"]:
                return self._delta(asked, owner, folder)
            case _:
                raise Refusal(400, "BadRequest")

    def _folder_list(self, asked: Asked, owner: str, parent: str | None) -> dict[str, Any]:
        self._options(asked, {"$select", "$top", "$skip"})
        rows = [
            self._selected(self._folder_row(one), asked, _FOLDER_FIELDS)
            for one in self.mailbox.folders.values()
            if one.parent == parent
        ]
        return self._paged(asked, rows, min(int(asked.query.get("$top", 10)), 3))

    def _folder(self, name: str) -> Folder:
        found = self.mailbox.folders.get(name) or self.mailbox.folders.get(f"AQMk{name}")
        if found is None:
            raise Refusal(404, "ErrorItemNotFound")
        return found

    def _folder_row(self, folder: Folder) -> dict[str, Any]:
        children = [one for one in self.mailbox.folders.values() if one.parent == folder.id]
        return {
            "id": folder.id,
            "displayName": folder.name,
            "parentFolderId": folder.parent,
            "childFolderCount": len(children),
        }

    # Messages

    def _message(self, asked: Asked, message_id: str) -> dict[str, Any]:
        self._options(asked, {"$select", "$expand"})
        message = self._find(message_id)
        if message.is_corrupt:
            raise Refusal(500, "ErrorCorruptData")
        select = self._select(asked, _MESSAGE_FIELDS)
        row = self._row(message, select, immutable=self._immutable(asked), headers=True)
        if expand := asked.query.get("$expand"):
            if not self.knows_properties or expand != _PROPERTY:
                raise Refusal(400, "ErrorInvalidUrlQuery")
            if message.sensitivity:
                value = {"id": "Integer 0x0036", "value": str(message.sensitivity)}
                row["singleValueExtendedProperties"] = [value]
        if select is None and "eventMessage" in message.type:
            row["meetingMessageType"] = message.fields.get("meetingMessageType")
        return row

    def _messages(self, asked: Asked, owner: str, folder: Folder) -> dict[str, Any]:
        self._options(asked, {"$select", "$filter", "$orderby", "$top", "$skip", "$count"})
        select, query = self._select(asked, _MESSAGE_FIELDS), asked.query
        if query.get("$orderby", "receivedDateTime desc") != "receivedDateTime desc":
            raise Refusal(400, "ErrorInvalidUrlQuery")
        window = _WINDOW.fullmatch(query.get("$filter", "receivedDateTime ge 1900-01-01T00:00:00Z"))
        top = int(query.get("$top", 10))
        if window is None or not 1 <= top <= 1000:
            raise Refusal(400, "ErrorInvalidUrlQuery")
        found = [
            message
            for message in self._inside(folder, f"ge {window[1]}")
            if message.fields["lastModifiedDateTime"] >= (window[3] or "")
            and message.fields["receivedDateTime"] < (window[2] or "9999")
        ]
        answer = self._paged(asked, found, top)
        answer["value"] = [
            self._row(one, select, immutable=self._immutable(asked), headers=True)
            for one in answer["value"]
        ]
        if query.get("$count") == "true":
            answer["@odata.count"] = len(found)
        return answer

    def _delta(self, asked: Asked, owner: str, folder: Folder) -> dict[str, Any]:
        if not self.tells_changes:
            raise Refusal(400, "BadRequest")
        if "$search" in asked.query:
            raise Refusal(400, "ErrorInvalidUrlQuery")
        held = self._held(asked, folder.id)
        if held is None:
            held = self._new_round(asked, folder)
        page = asked.page(10)
        assert held.rest is not None
        told, rest = held.rest[:page], held.rest[page:]
        rows: list[dict[str, Any]] = []
        for entry in told:
            row = self._change(entry, held, folder, immutable=self._immutable(asked))
            if row is not None:
                rows.append(row)
        return self._with_link(asked, rows, held, rest)

    def _new_round(self, asked: Asked, folder: Folder) -> Round:
        self._options(asked, {"$select", "$filter", "$orderby", "$top", "changeType"})
        named = {*asked.query, *asked.query.get("$select", "").split(",")}
        if named & self.refuses_in_delta:
            raise Refusal(400, "ErrorInvalidUrlQuery")
        after = asked.query.get("$filter", "")
        found = _AFTER.fullmatch(after) if after else None
        if after and found is None:
            raise Refusal(400, "ErrorInvalidUrlQuery")
        if asked.query.get("$orderby", "receivedDateTime desc") != "receivedDateTime desc":
            raise Refusal(400, "ErrorInvalidUrlQuery")
        condition = f"{found[1]} {found[2]}" if found else ""
        inside = self._inside(folder, condition)
        if self.ignores_order:
            inside.sort(key=lambda message: message.key[::-1])
        if self.round_limit and condition:
            inside = inside[: self.round_limit]
        select = self._select(asked, _MESSAGE_FIELDS)
        keys = [f"+{message.key}" for message in inside]
        return Round(folder.id, select, condition, 0, keys, self.mailbox.number)

    def _change(
        self, entry: str, held: Round, folder: Folder, *, immutable: bool
    ) -> dict[str, Any] | None:
        """``+KEY`` here, ``~KEY`` its flag, ``-ID`` away."""
        what, key = entry[0], entry[1:]
        if what == "-":
            return {"id": key, "@removed": {"reason": "deleted"}}
        message = self.mailbox.messages.get(key)
        if message is None or message.folder != folder.id:
            return None  # gone meanwhile: the next round tells
        if what == "~" and self.flags_are_partial:
            shown = {"id": message.id(immutable=immutable), "isRead": message.fields["isRead"]}
            return {"@odata.type": message.type, **shown, "parentFolderId": folder.id}
        return self._row(message, held.select, immutable=immutable, headers=self.headers_in_delta)

    def _changes(self, held: Round, folder: Folder, *, immutable: bool) -> list[str]:
        """Of the folder since the round before, each message once."""
        fresh: set[str] = set()
        left: dict[str, list[int]] = {}
        touched: dict[str, None] = {}
        for number, key, what, moves in folder.log:
            if number <= held.since:
                continue
            touched[key] = None
            if what == "here":
                fresh.add(key)
            if what == "away":
                left.setdefault(key, []).append(moves)
        entries: list[str] = []
        for key in touched:
            message = self.mailbox.messages.get(key)
            here = message is not None and message.folder == folder.id
            present = message.id(immutable=immutable) if here and message is not None else ""
            if key in left and self.forgets_appearances:
                present, here = "", False
            # Under the ids it had here.
            before = (Message(key, folder.id, {}, [], moves=moves) for moves in left.get(key, ()))
            gone = dict.fromkeys(one.id(immutable=immutable) for one in before)
            entries += [f"-{one}" for one in gone if one != present]
            if here and message is not None and _matches(message, held.after):
                entries.append(f"{'~' if key not in fresh else '+'}{key}")
        return entries

    def _inside(self, folder: Folder, condition: str) -> list[Message]:
        found = [
            message
            for message in self.mailbox.messages.values()
            if message.folder == folder.id and _matches(message, condition)
        ]
        return sorted(
            found, key=lambda one: (one.fields["receivedDateTime"], one.key), reverse=True
        )

    def _row(
        self, message: Message, select: set[str] | None, *, immutable: bool, headers: bool
    ) -> dict[str, Any]:
        row: dict[str, Any] = {
            "@odata.type": message.type,
            "@odata.etag": f'W/"{message.fields["lastModifiedDateTime"]}"',
            **message.fields,
            "id": message.id(immutable=immutable),
            "parentFolderId": message.folder,
        }
        row.pop("meetingMessageType", None)
        if message.headers and headers and select is not None:
            row["internetMessageHeaders"] = message.headers
        if select is not None:
            kept = select | {"id", "@odata.type", "@odata.etag"}
            row = {name: value for name, value in row.items() if name in kept}
        return row

    def _find(self, message_id: str) -> Message:
        for message in self.mailbox.messages.values():
            if message_id in (message.id(immutable=True), message.id(immutable=False)):
                return message
        raise Refusal(404, "ErrorItemNotFound")

    # Calendar

    def _view(self, asked: Asked, owner: str) -> dict[str, Any]:
        self._options(
            asked, {"startDateTime", "endDateTime", "$select", "$top", "$skip", "$orderby"}
        )
        window = (asked.query["startDateTime"], asked.query["endDateTime"])
        rows = [
            self._event(asked, event)
            for event in self.mailbox.events.values()
            if event.type != "seriesMaster" and self._is_within(event, window)
        ]
        return self._paged(asked, rows, int(asked.query.get("$top", 10)))

    def _instances(self, asked: Asked, master: Event) -> dict[str, Any]:
        self._options(asked, {"startDateTime", "endDateTime", "$select", "$top", "$skip"})
        window = (asked.query["startDateTime"], asked.query["endDateTime"])
        rows = [
            self._event(asked, event)
            for event in self.mailbox.events.values()
            if event.master == master.key and self._is_within(event, window)
        ]
        return self._paged(asked, rows, int(asked.query.get("$top", 10)))

    def _calendar_delta(self, asked: Asked, owner: str) -> dict[str, Any]:
        if not self.tells_changes:
            raise Refusal(400, "BadRequest")
        held = self._held(asked, "calendar")
        if held is None:
            self._options(asked, {"startDateTime", "endDateTime"})
            window = (asked.query["startDateTime"], asked.query["endDateTime"])
            keys = [
                f"+{event.key}"
                for event in self.mailbox.events.values()
                if self._is_within(event, window)
            ]
            held = Round("calendar", None, "", 0, keys, self.mailbox.number, window)
        page = asked.page(10)
        assert held.rest is not None
        rows = []
        for entry in held.rest[:page]:
            event = self.mailbox.events.get(entry[1:])
            if event is None or not self._is_within(event, held.window):
                rows.append({"id": entry[1:], "@removed": {"reason": "deleted"}})
            elif event.type == "occurrence":
                brief = ("id", "type", "seriesMasterId", "start", "end")
                whole = self.mailbox.whole_event(event)
                rows.append({name: whole[name] for name in brief})
            else:
                rows.append(self.mailbox.whole_event(event))
        return self._with_link(asked, rows, held, held.rest[page:])

    def _is_within(self, event: Event, window: tuple[str, str]) -> bool:
        if event.type == "seriesMaster":
            return any(
                self._is_within(one, window)
                for one in self.mailbox.events.values()
                if one.master == event.key
            )
        start = _utc(event.fields["start"]["dateTime"])
        end = _utc(event.fields["end"]["dateTime"])
        return start < _utc(window[1]) and end > _utc(window[0])

    def _event_by(self, event_id: str) -> Event:
        found = self.mailbox.events.get(event_id)
        if found is None:
            raise Refusal(404, "ErrorItemNotFound")
        return found

    def _event(self, asked: Asked, event: Event) -> dict[str, Any]:
        return self._selected(self.mailbox.whole_event(event), asked, _EVENT_FIELDS)

    # Links, pages, options

    def _held(self, asked: Asked, collection: str) -> Round | None:
        tokens = {"$skiptoken", "$deltatoken"} & asked.query.keys()
        if not tokens:
            return None
        if len(asked.query) != 1:
            raise Refusal(400, "ErrorInvalidUrlQuery")
        held = self.links.get(asked.query[tokens.pop()])
        if held is None or held.collection != collection:
            raise Refusal(410, "SyncStateNotFound")
        if held.rest is not None:
            return held
        number = self.mailbox.number
        fresh = Round(
            held.collection, held.select, held.after, held.number, None, number, held.window
        )
        if collection == "calendar":
            changed = {key: None for at, key in self.mailbox.calendar_log if at > held.number}
            fresh.rest = [f"+{key}" for key in changed]
        else:
            folder = self.mailbox.folders[collection]
            fresh.rest = self._changes(fresh, folder, immutable=self._immutable(asked))
        return fresh

    def _with_link(
        self, asked: Asked, rows: list[dict[str, Any]], held: Round, rest: list[str]
    ) -> dict[str, Any]:
        token = secrets.token_urlsafe(24)
        kept = Round(
            held.collection, held.select, held.after, held.since, rest or None, held.number,
            held.window,
        )  # fmt: skip
        self.links[token] = kept
        kind = ("nextLink", "$skiptoken") if rest else ("deltaLink", "$deltatoken")
        return {"value": rows, f"@odata.{kind[0]}": self._link(asked, f"{kind[1]}={token}")}

    def _paged(self, asked: Asked, rows: list[Any], size: int) -> dict[str, Any]:
        skip = int(asked.query.get("$skip", 0))
        answer: dict[str, Any] = {"value": rows[skip : skip + size]}
        if len(rows) > skip + size:
            query = urlsplit(asked.url).query
            kept = "&".join(one for one in query.split("&") if "skip=" not in one)
            answer["@odata.nextLink"] = self._link(asked, f"{kept}&$skip={skip + size}")
        return answer

    def _link(self, asked: Asked, query: str) -> str:
        return f"{self.link_host or self.base}/{urlsplit(asked.url).path.strip('/')}?{query}"

    def _immutable(self, asked: Asked) -> bool:
        return self.honours_immutable and asked.immutable

    @staticmethod
    def _options(asked: Asked, known: set[str]) -> None:
        if not asked.query.keys() <= known:
            raise Refusal(400, "ErrorInvalidUrlQuery")

    @staticmethod
    def _select(asked: Asked, known: set[str]) -> set[str] | None:
        named = asked.query.get("$select")
        if named is None:
            return None
        select = set(named.split(","))
        if not select <= known:
            raise Refusal(400, "RequestBroker--ParseUri")
        return select

    def _selected(self, row: dict[str, Any], asked: Asked, known: set[str]) -> dict[str, Any]:
        select = self._select(asked, known)
        if select is None:
            return row
        return {name: value for name, value in row.items() if name in select | {"id"}}


def _matches(message: Message, condition: str) -> bool:
    if not condition:
        return True
    how, moment = condition.split()
    received = message.fields["receivedDateTime"]
    if not isinstance(received, str):
        return True
    return received >= moment if how == "ge" else received > moment


def _utc(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

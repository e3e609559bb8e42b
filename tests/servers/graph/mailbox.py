"""The state behind the Graph server: folders, messages, events, and a log of what changed where."""

import hashlib
import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

WELL_KNOWN = {
    "inbox": "收件箱",
    "sentitems": "已发送邮件",
    "drafts": "草稿",
    "deleteditems": "已删除邮件",
}


@dataclass
class Folder:
    id: str
    name: str
    parent: str | None = None
    log: list[tuple[int, str, str, int]] = field(default_factory=list)
    """(number, message, what, moves so far): ``here``, ``flag`` or ``away``."""


@dataclass
class Message:
    key: str
    folder: str
    fields: dict[str, Any]
    headers: list[dict[str, str]]
    attachments: list[dict[str, Any]] = field(default_factory=list)
    type: str = "#microsoft.graph.message"
    moves: int = 0
    sensitivity: int = 0
    """1 personal, 2 private, 3 confidential."""
    is_corrupt: bool = False
    """The server fails whenever it is to show it."""

    def id(self, *, immutable: bool) -> str:
        if immutable:
            return f"AAkALg{self.key}"
        digest = hashlib.sha256(f"{self.key}{self.folder}{self.moves}".encode()).hexdigest()[:40]
        return f"AAMkAD{digest}="


@dataclass
class Event:
    key: str
    fields: dict[str, Any]
    type: str = "singleInstance"
    master: str = ""


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def zoned(moment: datetime) -> dict[str, str]:
    return {"dateTime": f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.0000000", "timeZone": "UTC"}


def person(address: str, name: str = "") -> dict[str, Any]:
    return {"emailAddress": {"address": address, "name": name or address}}


class Mailbox:
    """Not locked: the server serialises its requests."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self.number = 0
        self.folders: dict[str, Folder] = {}
        self.messages: dict[str, Message] = {}
        self.events: dict[str, Event] = {}
        self.calendar_log: list[tuple[int, str]] = []
        self.modified = datetime(2026, 11, 1, tzinfo=UTC)
        for name, shown in WELL_KNOWN.items():
            self.folders[f"AQMk{name}"] = Folder(f"AQMk{name}", shown)

    def well_known(self, name: str) -> str:
        return f"AQMk{name}"

    def add_folder(self, name: str, parent: str | None = None) -> str:
        folder = Folder(f"AQMkfolder{len(self.folders)}", name, parent)
        self.folders[folder.id] = folder
        return folder.id

    def delete_folder(self, folder_id: str) -> None:
        for message in list(self.messages.values()):
            if message.folder == folder_id:
                del self.messages[message.key]
        del self.folders[folder_id]

    def deliver(
        self,
        folder: str = "inbox",
        *,
        at: datetime,
        subject: str = "报价",
        text: str = "您好",
        is_html: bool = False,
        sender: str = "wang@customer.example",
        to: tuple[str, ...] = ("li@ours.example",),
        message_id: str | None = None,
        headers: dict[str, str] | None = None,
        sensitivity: int = 0,
        **fields: Any,
    ) -> str:
        """The key of a new message; its id follows from it."""
        key = f"{next(self._numbers):08}"
        folder_id = folder if folder in self.folders else self.well_known(folder)
        name = f"<{key}@customer.example>" if message_id is None else message_id
        shown = {"Message-ID": name, "From": sender, "Subject": subject, **(headers or {})}
        row: dict[str, Any] = {
            "internetMessageId": name or None,
            "subject": subject,
            "body": {"contentType": "html" if is_html else "text", "content": text},
            "from": person(sender),
            "sender": person(sender),
            "toRecipients": [person(one) for one in to],
            "ccRecipients": [],
            "bccRecipients": [],
            "replyTo": [],
            "receivedDateTime": iso(at),
            "sentDateTime": iso(at),
            "createdDateTime": iso(at),
            "isDraft": False,
            "isRead": False,
            "hasAttachments": False,
            "categories": [],
            "importance": "normal",
            "conversationId": key,
            "bodyPreview": "",
            **fields,
        }
        listed = [{"name": k, "value": v} for k, v in shown.items()]
        if sensitivity:
            names = ("", "Personal", "Private", "Company-Confidential")
            listed.append({"name": "Sensitivity", "value": names[sensitivity]})
        self.messages[key] = Message(key, folder_id, row, listed, sensitivity=sensitivity)
        self._changed(key, "here")
        return key

    def edit(self, key: str, **fields: Any) -> None:
        self.messages[key].fields.update(fields)
        self._changed(key, "here")

    def flag(self, key: str, *, is_read: bool) -> None:
        self.messages[key].fields["isRead"] = is_read
        self._changed(key, "flag")

    def move(self, key: str, folder: str) -> None:
        self._changed(key, "away")
        message = self.messages[key]
        message.folder = folder if folder in self.folders else self.well_known(folder)
        message.moves += 1
        self._changed(key, "here")

    def delete(self, key: str) -> None:
        self._changed(key, "away")
        del self.messages[key]

    def attach(self, key: str, name: str, size: int, kind: str = "fileAttachment") -> None:
        message = self.messages[key]
        message.attachments.append(
            {
                "@odata.type": f"#microsoft.graph.{kind}",
                "id": f"{key}-{len(message.attachments)}",
                "name": name,
                "size": size,
                "contentType": "application/pdf",
                "isInline": False,
            }
        )
        message.fields["hasAttachments"] = True
        self._changed(key, "here")

    def add_event(
        self,
        *,
        start: datetime,
        end: datetime | None = None,
        subject: str = "方案评审",
        **fields: Any,
    ) -> str:
        key = f"EV{next(self._numbers):08}"
        self.events[key] = Event(key, self._event(key, start, end, subject, fields))
        self._changed_event(key)
        return key

    def add_series(self, starts: list[datetime], subject: str = "周例会", **fields: Any) -> str:
        """The key of the master; those of its occurrences are ``KEY.0``, ``KEY.1`` …"""
        master = f"EV{next(self._numbers):08}"
        row = self._event(master, starts[0], None, subject, fields)
        self.events[master] = Event(master, row, "seriesMaster")
        self._changed_event(master)
        for index, start in enumerate(starts):
            key = f"{master}.{index}"
            own = {"start": zoned(start), "end": zoned(start + timedelta(hours=1))}
            own["originalStart"] = iso(start)  # type: ignore[assignment]
            self.events[key] = Event(key, own, "occurrence", master)
            self._changed_event(key)
        return master

    def make_exception(self, key: str, **fields: Any) -> None:
        event = self.events[key]
        whole = {**self.events[event.master].fields, **event.fields, **fields}
        self.events[key] = Event(key, whole, "exception", event.master)
        self._changed_event(key)

    def edit_event(self, key: str, **fields: Any) -> None:
        self.events[key].fields.update(fields)
        self._changed_event(key)

    def delete_event(self, key: str) -> None:
        for one in [key, *(k for k, event in self.events.items() if event.master == key)]:
            self._changed_event(one)
            del self.events[one]

    def whole_event(self, event: Event) -> dict[str, Any]:
        master = self.events.get(event.master)
        row = {**(master.fields if master else {}), **event.fields}
        row |= {"id": event.key, "type": event.type, "seriesMasterId": event.master or None}
        if event.master:
            # As Exchange does: the day of the occurrence is written into the id.
            start = datetime.fromisoformat(row["originalStart"])
            day = f"{start.year:04x}{start.month:02x}{start.day:02x}"
            row["iCalUId"] = f"{row['iCalUId'][:32]}{day}{row['iCalUId'][40:]}"
        else:
            row["originalStart"] = None
        return row

    def _event(
        self, key: str, start: datetime, end: datetime | None, subject: str, fields: dict[str, Any]
    ) -> dict[str, Any]:
        return {
            "iCalUId": "040000008200E00074C5B7101A82E00800000000"
            + key.encode().hex().upper().ljust(32, "0")
            + "0" * 8,
            "subject": subject,
            "body": {"contentType": "html", "content": "<p>讨论方案</p>"},
            "start": zoned(start),
            "end": zoned(end or start + timedelta(hours=1)),
            "location": {"displayName": "会议室"},
            "organizer": person("li@ours.example", "李雷"),
            "attendees": [
                {**person("wang@customer.example", "王总"), "status": {"response": "accepted"}}
            ],
            "isCancelled": False,
            "responseStatus": {"response": "organizer"},
            "sensitivity": "normal",
            "categories": [],
            **fields,
        }

    def _changed(self, key: str, what: str) -> None:
        self.number += 1
        self.modified += timedelta(seconds=1)
        message = self.messages[key]
        if what == "here":
            message.fields["lastModifiedDateTime"] = iso(self.modified)
        folder = self.folders.get(message.folder)
        if folder is not None:
            folder.log.append((self.number, key, what, message.moves))

    def _changed_event(self, key: str) -> None:
        self.number += 1
        self.calendar_log.append((self.number, key))

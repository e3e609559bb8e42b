"""Calendars as files, on Exchange and in Microsoft 365."""

import os
from collections.abc import Mapping
from datetime import UTC, timedelta, timezone
from pathlib import Path
from typing import Any, Protocol

from tests.flow.completeness.diary import LENGTH, Appointment, organizer, utc
from tests.flow.completeness.exchange_box import ExchangeBox
from tests.flow.completeness.graph_box import GraphBox
from tests.flow.completeness.mailfiles_box import MailFilesBox
from tests.servers.ews.calendar import Moved, Series, Told
from tests.servers.ews.store import Item
from tests.servers.graph.mailbox import iso, person, zoned

_CHINA = timezone(timedelta(hours=8))


class Calendar(Protocol):
    type: str
    password: str
    faults: int

    def settings(self) -> Mapping[str, Any]: ...
    def write(self, one: Appointment) -> None:
        """As it is now, whether it was there before or not."""
        ...

    def erase(self, one: Appointment) -> None: ...
    def forget(self) -> None: ...
    def fail(self, request: int) -> None: ...
    def recover(self) -> None: ...
    def close(self) -> None: ...


class CalendarFiles(MailFilesBox):
    type = "calendarfiles"

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self._writes = 0

    def settings(self) -> Mapping[str, Any]:
        return {**super().settings(), "timezone": "Asia/Shanghai"}

    def write(self, one: Appointment) -> None:
        self._writes += 1
        events = [_event(one)]
        apart = sorted(one.moved.keys() | one.cancelled) if one.every else []
        events += [_event(one, number) for number in apart if number not in one.dropped]
        path = self._folder / f"{one.token}.ics"
        fresh = path.with_suffix(".part")
        content = "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *events, "END:VCALENDAR", ""])
        fresh.write_bytes(content.encode())
        os.utime(fresh, (1_790_000_000 + self._writes,) * 2)
        fresh.replace(path)

    def erase(self, one: Appointment) -> None:
        (self._folder / f"{one.token}.ics").unlink()


def _event(one: Appointment, number: int | None = None) -> str:
    start = one.first if number is None and one.every else one.starts().get(number or 0, one.first)
    lines = [
        "BEGIN:VEVENT",
        f"UID:{one.token}@x",
        f"DTSTAMP:{utc(one.first)}",
        f"DTSTART:{utc(start)}",
        f"DTEND:{utc(start + LENGTH)}",
        f"SUMMARY:{one.subject}",
        f"ORGANIZER;CN={organizer()[0]}:mailto:{organizer()[1]}",
        *(f"ATTENDEE;CN={name};PARTSTAT=ACCEPTED:mailto:{mail}" for name, mail in one.invited),
    ]
    if one.rule == "private":
        lines.append("CLASS:PRIVATE")
    if number is not None:
        lines.append(f"RECURRENCE-ID:{utc(one.original(number))}")
        if number in one.cancelled:
            lines.append("STATUS:CANCELLED")
    elif one.every:
        lines.append(f"RRULE:FREQ=DAILY;INTERVAL={one.every};COUNT={one.count}")
        lines += [f"EXDATE:{utc(one.original(dropped))}" for dropped in sorted(one.dropped)]
    return "\r\n".join([*lines, "END:VEVENT"])


class ExchangeCalendar(ExchangeBox):
    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self._items: dict[str, str] = {}

    def settings(self) -> Mapping[str, Any]:
        return {
            **super().settings(),
            "calendar": True,
            "email": organizer()[1],
            "mailbox": "li@example.com",
        }

    def write(self, one: Appointment) -> None:
        local = (one.first if one.every else one.starts()[0]).astimezone(_CHINA)
        series = Series(
            uid=f"{one.token}@x",
            start=local.replace(tzinfo=None),
            length=LENGTH,
            told=_told(one),
            every=one.every,
            count=one.count,
        )
        if one.every:
            for number in range(one.count):
                if number in one.dropped:
                    series.exceptions[one.original(number)] = None
                elif number in one.moved or number in one.cancelled:
                    start = one.starts()[number]
                    told = _told(one, is_cancelled=number in one.cancelled)
                    series.exceptions[one.original(number)] = Moved(start, start + LENGTH, told)
        if one.token in self._items:
            self.store.change(self._items[one.token], series=series)
        else:
            item = Item(id="", folder="", item_class="IPM.Appointment", series=series)
            self._items[one.token] = self.store.add(self.store.calendar, item)

    def erase(self, one: Appointment) -> None:
        self.store.remove(self._items.pop(one.token))


def _told(one: Appointment, *, is_cancelled: bool = False) -> Told:
    return Told(
        subject=one.subject,
        body="讨论方案",
        organizer=organizer(),
        required=[(name, mail, "Accept") for name, mail in one.invited],
        is_cancelled=is_cancelled,
        sensitivity="Private" if one.rule == "private" else "Normal",
    )


class GraphCalendar(GraphBox):
    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self._events: dict[str, str] = {}
        self._written: dict[str, tuple[dict[int, Any], set[int], set[int]]] = {}

    def settings(self) -> Mapping[str, Any]:
        return {**super().settings(), "calendar": True}

    def write(self, one: Appointment) -> None:
        with self.server.lock:
            if one.token not in self._events:
                self._create(one)
            self._bring_up_to_date(one)
            self._written[one.token] = (dict(one.moved), set(one.cancelled), set(one.dropped))

    def erase(self, one: Appointment) -> None:
        with self.server.lock:
            self.server.mailbox.delete_event(self._events.pop(one.token))

    def _create(self, one: Appointment) -> None:
        mailbox = self.server.mailbox
        fields: dict[str, Any] = {
            "organizer": person(organizer()[1], organizer()[0]),
            "attendees": [
                {**person(mail, name), "status": {"response": "accepted"}}
                for name, mail in one.invited
            ],
            "sensitivity": "private" if one.rule == "private" else "normal",
        }
        if one.every:
            starts = [one.original(number) for number in range(one.count)]
            self._events[one.token] = mailbox.add_series(starts, one.subject, **fields)
        else:
            self._events[one.token] = mailbox.add_event(
                start=one.first, subject=one.subject, **fields
            )
        self._written[one.token] = ({}, set(), set())

    def _bring_up_to_date(self, one: Appointment) -> None:
        mailbox, key = self.server.mailbox, self._events[one.token]
        moved, cancelled, dropped = self._written[one.token]
        for number in one.dropped - dropped:
            mailbox.delete_event(f"{key}.{number}")
        for number, start in one.moved.items():
            if moved.get(number) != start and number not in one.dropped:
                when = {"start": zoned(start), "end": zoned(start + LENGTH)}
                self._except(one, number, **when)
        for number in one.cancelled - cancelled - one.dropped:
            self._except(one, number, isCancelled=True)

    def _except(self, one: Appointment, number: int, **fields: Any) -> None:
        mailbox, key = self.server.mailbox, self._events[one.token]
        if one.every:
            fields.setdefault("originalStart", iso(one.original(number).astimezone(UTC)))
            mailbox.make_exception(f"{key}.{number}", **fields)
        else:
            mailbox.edit_event(key, **fields)

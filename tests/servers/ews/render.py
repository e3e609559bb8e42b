"""Items as elements: every property by the name a request has for it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from xml.sax.saxutils import escape, quoteattr

from tests.servers.ews.calendar import Attendee, Moved
from tests.servers.ews.store import Item, Person


def utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def text(name: str, value: str) -> str:
    return f"<t:{name}>{escape(value)}</t:{name}>" if value else ""


def moment(name: str, value: datetime | None) -> str:
    return text(name, utc(value)) if value is not None else ""


def mailbox(person: Person) -> str:
    name, address = person
    routing = "SMTP" if "@" in address else "EX"
    return (
        f"<t:Mailbox>{text('Name', name)}{text('EmailAddress', address)}"
        f"<t:RoutingType>{routing}</t:RoutingType></t:Mailbox>"
    )


def one_of(name: str, person: Person | None) -> str:
    return f"<t:{name}>{mailbox(person)}</t:{name}>" if person is not None else ""


def all_of(name: str, people: Sequence[Person]) -> str:
    return f"<t:{name}>{''.join(map(mailbox, people))}</t:{name}>" if people else ""


def strings(name: str, values: Sequence[str]) -> str:
    inner = "".join(text("String", one) for one in values)
    return f"<t:{name}>{inner}</t:{name}>" if values else ""


def body(content: str, *, is_html: bool) -> str:
    kind = "HTML" if is_html else "Text"
    return f'<t:Body BodyType="{kind}">{escape(content)}</t:Body>'


def headers(item: Item) -> str:
    inner = "".join(
        f"<t:InternetMessageHeader HeaderName={quoteattr(name)}>{escape(value)}"
        "</t:InternetMessageHeader>"
        for name, value in item.headers
    )
    return f"<t:InternetMessageHeaders>{inner}</t:InternetMessageHeaders>" if inner else ""


def attachments(item: Item) -> str:
    inner = "".join(
        f"<t:{kind}>"
        f'<t:AttachmentId Id="{item.id}.{n}"/>{text("Name", name)}<t:Size>{size}</t:Size>'
        f"<t:IsInline>false</t:IsInline></t:{kind}>"
        for n, (name, size, is_message) in enumerate(item.attachments)
        for kind in ["ItemAttachment" if is_message else "FileAttachment"]
    )
    return f"<t:Attachments>{inner}</t:Attachments>" if inner else ""


def boolean(name: str, *, value: bool) -> str:
    return f"<t:{name}>{'true' if value else 'false'}</t:{name}>"


def mime(item: Item) -> str:
    import base64  # noqa: PLC0415

    return text("MimeContent", base64.b64encode(item.mime).decode())


Property = Callable[[Item], str]

LISTED: Mapping[str, Property] = {
    "item:ItemClass": lambda one: text("ItemClass", one.item_class),
    "item:Subject": lambda one: text("Subject", one.subject[:255]),
    "item:DateTimeReceived": lambda one: moment("DateTimeReceived", one.received),
    "item:DateTimeCreated": lambda one: moment("DateTimeCreated", one.created),
    "item:DateTimeSent": lambda one: moment("DateTimeSent", one.sent),
    "item:Sensitivity": lambda one: text("Sensitivity", one.sensitivity),
    "item:Categories": lambda one: strings("Categories", one.categories),
    "item:Size": lambda one: text("Size", str(len(one.body))),
    "item:HasAttachments": lambda one: boolean("HasAttachments", value=bool(one.attachments)),
    "item:IsDraft": lambda one: boolean("IsDraft", value=one.is_draft),
    "item:InReplyTo": lambda one: text("InReplyTo", one.in_reply_to),
    "message:IsRead": lambda one: boolean("IsRead", value=one.is_read),
    "message:From": lambda one: one_of("From", one.sender),
    "message:Sender": lambda one: one_of("Sender", one.sender),
    "message:InternetMessageId": lambda one: text("InternetMessageId", one.message_id),
    "message:References": lambda one: text("References", one.references),
}
"""What lists may be asked for."""

WHOLE: Mapping[str, Property] = {
    **LISTED,
    "item:Subject": lambda one: text("Subject", one.subject),
    "item:MimeContent": mime,
    "item:Body": lambda one: body(one.body, is_html=one.is_html),
    "item:Attachments": attachments,
    "item:InternetMessageHeaders": headers,
    "message:ToRecipients": lambda one: all_of("ToRecipients", one.to),
    "message:CcRecipients": lambda one: all_of("CcRecipients", one.cc),
    "message:BccRecipients": lambda one: all_of("BccRecipients", one.bcc),
}


def attendees(name: str, people: Sequence[Attendee]) -> str:
    inner = "".join(
        f"<t:Attendee>{mailbox((shown, address))}<t:ResponseType>{answer}</t:ResponseType>"
        "</t:Attendee>"
        for shown, address, answer in people
    )
    return f"<t:{name}>{inner}</t:{name}>" if inner else ""


Seen = tuple[Item, datetime, Moved]
"""An occurrence: its series, its original start, how it is now."""


def _kind(seen: Seen) -> str:
    item, original, _ = seen
    assert item.series is not None
    return item.series.kind(original)


def _of_series(name: str, seen: Seen) -> str:
    return moment(name, seen[1]) if _kind(seen) in ("Occurrence", "Exception") else ""


OCCURRENCE_LISTED: Mapping[str, Callable[[Seen], str]] = {
    "item:ItemClass": lambda _: text("ItemClass", "IPM.Appointment"),
    "item:Subject": lambda seen: text("Subject", seen[2].told.subject),
    "item:Sensitivity": lambda seen: text("Sensitivity", seen[2].told.sensitivity),
    "item:Categories": lambda seen: strings("Categories", seen[2].told.categories),
    "calendar:UID": lambda seen: text("UID", seen[0].series.uid if seen[0].series else ""),
    "calendar:RecurrenceId": lambda seen: _of_series("RecurrenceId", seen),
    "calendar:OriginalStart": lambda seen: _of_series("OriginalStart", seen),
    "calendar:Start": lambda seen: moment("Start", seen[2].start),
    "calendar:End": lambda seen: moment("End", seen[2].end),
    "calendar:CalendarItemType": lambda seen: text("CalendarItemType", _kind(seen)),
    "calendar:Location": lambda seen: text("Location", seen[2].told.location),
    "calendar:IsCancelled": lambda seen: boolean("IsCancelled", value=seen[2].told.is_cancelled),
    "calendar:IsAllDayEvent": lambda seen: boolean("IsAllDayEvent", value=seen[2].told.all_day),
    "calendar:LegacyFreeBusyStatus": lambda seen: text("LegacyFreeBusyStatus", seen[2].told.busy),
    "calendar:MyResponseType": lambda seen: text("MyResponseType", seen[2].told.mine),
    "calendar:Organizer": lambda seen: one_of("Organizer", seen[2].told.organizer),
}

OCCURRENCE_WHOLE: Mapping[str, Callable[[Seen], str]] = {
    **OCCURRENCE_LISTED,
    "item:Body": lambda seen: body(seen[2].told.body, is_html=seen[2].told.is_html),
    "calendar:RequiredAttendees": lambda seen: attendees(
        "RequiredAttendees", seen[2].told.required
    ),
    "calendar:OptionalAttendees": lambda seen: attendees(
        "OptionalAttendees", seen[2].told.optional
    ),
}


def element_name(item: Item) -> str:
    kind = item.item_class.lower()
    if item.series is not None:
        return "CalendarItem"
    for start, name in (
        ("ipm.schedule.meeting.request", "MeetingRequest"),
        ("ipm.schedule.meeting.canceled", "MeetingCancellation"),
        ("ipm.schedule.meeting.resp", "MeetingResponse"),
        ("ipm.schedule.meeting", "MeetingMessage"),
        ("ipm.contact", "Contact"),
        ("ipm.task", "Task"),
    ):
        if kind.startswith(start):
            return name
    return "Message"


def item(one: Item, wanted: tuple[str, ...], table: Mapping[str, Property]) -> str:
    key = (wanted, table is WHOLE)
    known = one.rendered.get(key)
    if known is None:
        name = element_name(one)
        known = one.rendered[key] = (
            f'<t:{name}><t:ItemId Id="{one.id}" ChangeKey="{one.change_key}"/>'
            f"{''.join(table[field](one) for field in wanted)}</t:{name}>"
        )
    return known


def occurrence(
    id_: str, seen: Seen, wanted: tuple[str, ...], table: Mapping[str, Callable[[Seen], str]]
) -> str:
    fields = "".join(table[field](seen) for field in wanted)
    return (
        f'<t:CalendarItem><t:ItemId Id="{id_}" ChangeKey="{seen[0].change_key}"/>'
        f"{fields}</t:CalendarItem>"
    )

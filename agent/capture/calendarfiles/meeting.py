"""One occurrence of a calendar file to a meeting."""

from collections.abc import Iterator
from typing import Any

from agent.capture.base import Response
from agent.capture.calendarfiles.series import Occurrence
from agent.capture.meetings import MAX_ATTENDEES, Invited, Meeting
from agent.rules.identity import normalize_email

_RESPONSES: dict[str, Response] = {
    "ACCEPTED": "accepted",
    "DECLINED": "declined",
    "TENTATIVE": "tentative",
}
_THINGS = frozenset({"ROOM", "RESOURCE"})
_SENSITIVITY = {"PRIVATE": "private", "CONFIDENTIAL": "company-confidential"}
_ANSWERS = frozenset({"REPLY", "COUNTER", "DECLINECOUNTER", "REFRESH"})
"""Methods of what somebody answers to an invitation: it says nothing of the meeting itself."""
_FREE = frozenset({"FREE", "WORKINGELSEWHERE"})


def kept_out(occurrence: Occurrence) -> str:
    """The rule by which it is no meeting; empty when it is one."""
    if occurrence.raw.calendar.method in _ANSWERS:
        return "item_calendar_answer"
    if occurrence.is_all_day and _blocks_no_time(occurrence.event):
        return "item_all_day_note"
    return ""


def describe(occurrence: Occurrence, uid: str, owner: tuple[str, ...]) -> Meeting:
    """``owner``: addresses of the person whose calendar it is, as the settings have them."""
    event, calendar = occurrence.event, occurrence.raw.calendar
    attendees = tuple(_invited(event.get("ATTENDEE")))
    organizer = next(_invited(event.get("ORGANIZER")), None)
    mine = {normalize_email(address) for address in owner or (calendar.name,)} - {None}
    return Meeting(
        uid=uid,
        recurs_at=occurrence.recurs_at,
        start=occurrence.start,
        end=occurrence.end,
        all_day=occurrence.is_all_day,
        subject=_text(event, "SUMMARY"),
        text=_text(event, "DESCRIPTION"),
        location=_text(event, "LOCATION"),
        organizer=organizer,
        attendees=attendees,
        cancelled=calendar.method == "CANCEL" or _text(event, "STATUS").upper() == "CANCELLED",
        declined=any(
            one.response == "declined" and normalize_email(one.address) in mine for one in attendees
        ),
        sensitivity=_SENSITIVITY.get(_text(event, "CLASS").upper(), ""),
        categories=tuple(_categories(event)),
        folder="" if normalize_email(calendar.name) else calendar.name,
    )


def _blocks_no_time(event: Any) -> bool:
    """Holidays, birthdays, notes to oneself; all-day events that people meet for block the day."""
    return (
        _text(event, "TRANSP").upper() == "TRANSPARENT"
        or _text(event, "X-MICROSOFT-CDO-BUSYSTATUS").upper() in _FREE
    )


def _invited(value: Any) -> Iterator[Invited]:
    for one in _several(value)[:MAX_ATTENDEES]:
        given = getattr(one, "params", {})
        if str(given.get("CUTYPE", "")).upper() in _THINGS:
            continue
        address = str(one).strip()
        if "@" not in address or ":" in address.removeprefix("mailto:").removeprefix("MAILTO:"):
            address = str(given.get("EMAIL", "")) or address  # urn:uuid:…, invalid:nomail
        name = str(given.get("CN", "")).strip().strip('"')
        response = _RESPONSES.get(str(given.get("PARTSTAT", "")).upper(), "none")
        yield Invited(name=name, address=address, response=response)


def _categories(event: Any) -> Iterator[str]:
    for one in _several(event.get("CATEGORIES"))[:20]:
        for category in getattr(one, "cats", ()):
            if name := str(category).strip()[:200]:
                yield name


def _text(event: Any, name: str) -> str:
    for one in _several(event.get(name))[:1]:
        return str(one)
    return ""


def _several(value: Any) -> list[Any]:
    """A property stands once, or several times as a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]

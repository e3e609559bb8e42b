"""An appointment of a mail store to a meeting ([MS-OXOCAL])."""

from agent.capture.base import Capture, Response
from agent.capture.mailfiles.outlook import SENSITIVITY, OutlookItem, named
from agent.capture.mailfiles.store import properties as props
from agent.capture.meetings import Invited, Meeting, clean_uid, compose_meeting
from agent.errors import BadItem

SERIES, ALL_DAY_NOTE = "item_series_in_store", "item_all_day_note"
"""Rules by which an appointment is no meeting that is read."""
_CANCELLED = 0x4
_FREE = 0
_ORGANIZER = 0x2
_ROOM = 3
"""Type of a recipient that is a thing."""
_RESPONSES: dict[int, Response] = {2: "tentative", 3: "accepted", 4: "declined"}
_DECLINED = 4
_SENSITIVITY = {1: "personal", 2: "private", 3: "company-confidential"}
_FOREIGN = b"vCal-Uid\x01\x00\x00\x00"


def compose(
    item: OutlookItem, *, source: str, external_id: str, version: str, folder: str
) -> Capture:
    """``BadItem`` where it is no single meeting with a beginning."""
    held = item.properties
    if held.number(props.RECURS):
        raise BadItem(SERIES)
    start, end = held.moment(props.STARTS), held.moment(props.ENDS)
    if start is None:
        raise BadItem("item_damaged")
    if held.number(props.ALL_DAY) and held.number(props.BUSY) == _FREE:
        raise BadItem(ALL_DAY_NOTE)
    uid, is_one_of_many = _uid(item)
    people = list(_people(item))
    organizer = next((one for is_organizer, one in people if is_organizer), None)
    text, is_html = item.words()
    meeting = Meeting(
        uid=uid,
        recurs_at=(held.moment(props.REPLACES) or start) if is_one_of_many else None,
        start=start,
        end=max(start, end or start),
        all_day=bool(held.number(props.ALL_DAY)),
        subject=item.subject,
        text=text,
        is_html=is_html,
        location=item.text(props.LOCATION),
        organizer=organizer,
        attendees=tuple(one for is_organizer, one in people if not is_organizer),
        cancelled=bool((held.number(props.STATE) or 0) & _CANCELLED),
        declined=held.number(props.RESPONSE) == _DECLINED,
        sensitivity=_SENSITIVITY.get(held.number(SENSITIVITY) or 0, ""),
        categories=tuple(item.categories),
        folder=folder,
    )
    return compose_meeting(meeting, source=source, external_id=external_id, version=version)


def _uid(item: OutlookItem) -> tuple[str, bool]:
    """The UID as calendars exchange it; and whether it is that of one day of a series."""
    own = item.properties.raw(props.GLOBAL_ID) or b""
    clean = item.properties.raw(props.CLEAN_GLOBAL_ID) or own
    if not clean:
        key = item.properties.raw(props.SEARCH_KEY)
        if not key:
            raise BadItem("item_damaged")
        return f"outlook-{key.hex()}", False
    at = clean.find(_FOREIGN)
    if at >= 0:
        foreign = clean[at + len(_FOREIGN) :].partition(b"\x00")[0]
        return foreign.decode("utf-8", "replace"), own != clean and bool(own)
    return clean_uid(clean.hex().upper()), own != clean and bool(own)


def _people(item: OutlookItem) -> list[tuple[bool, Invited]]:
    found: list[tuple[bool, Invited]] = []
    for person in item.people:
        if person.number(0x0C15) == _ROOM:
            continue
        name, email = named(person, item.charset)
        response = _RESPONSES.get(person.number(props.TRACK_STATUS) or 0, "none")
        is_organizer = bool((person.number(props.RECIPIENT_FLAGS) or 0) & _ORGANIZER)
        found.append((is_organizer, Invited(name=name, address=email, response=response)))
    return found

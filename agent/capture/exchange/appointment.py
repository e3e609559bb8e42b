"""A meeting of an Exchange calendar to a capture."""

from dataclasses import replace

from agent.capture.base import Capture, Response
from agent.capture.charset import storable
from agent.capture.exchange.cursor import mark
from agent.capture.exchange.elements import Fields, mailbox
from agent.capture.exchange.letter import SOURCE, version_of
from agent.capture.exchange.mailbox import Occurrence, recurs_at
from agent.capture.meetings import Invited, Meeting, compose_meeting, meeting_identity
from agent.capture.mime import bounded_html
from agent.errors import BadItem
from agent.rules.identity import normalize_email

_RESPONSES: dict[str, Response] = {
    "accept": "accepted",
    "organizer": "accepted",
    "decline": "declined",
    "tentative": "tentative",
}
_SENSITIVITY = {"confidential": "company-confidential"}


def occurrence_id(occurrence: Occurrence) -> str:
    """Stays when the series is changed, which gives all its occurrences new ids on the server."""
    if not occurrence.uid:  # of a careless program
        return f"calendar/{mark(occurrence.id, 32)}"
    return f"calendar/{mark(meeting_identity(occurrence.uid, occurrence.recurs_at), 32)}"


def is_note(fields: Fields) -> bool:
    """A whole day that blocks no time (a holiday, a birthday) is no meeting."""
    return fields.is_true("IsAllDayEvent") and fields.text("LegacyFreeBusyStatus") == "Free"


def read(fields: Fields, *, external_id: str, owner: str | None, folder: str) -> Capture:
    start, end = fields.moment("Start"), fields.moment("End")
    if start is None:
        raise BadItem("item_damaged")
    mine = fields.text("MyResponseType").strip().lower()
    box = next(iter(fields.children("Organizer")), None)
    organizer = None if box is None else Invited(*mailbox(Fields(box)))
    is_html = fields.attribute("Body", "BodyType").lower() == "html"
    text = fields.text("Body").replace("\r\n", "\n")
    sensitivity = fields.text("Sensitivity").strip().lower()
    capture = compose_meeting(
        Meeting(
            uid=storable(fields.text("UID")) or f"exchange:{mark(fields.id, 32)}",
            recurs_at=recurs_at(fields),
            start=start,
            end=max(start, end or start),
            all_day=fields.is_true("IsAllDayEvent"),
            subject=" ".join(fields.text("Subject").split()),
            text=bounded_html(text) if is_html else text,
            is_html=is_html,
            location=fields.text("Location").strip(),
            organizer=organizer,
            attendees=tuple(
                _invited(Fields(one), owner, mine)
                for name in ("RequiredAttendees", "OptionalAttendees")
                for one in fields.children(name)
            ),
            cancelled=fields.is_true("IsCancelled"),
            declined=mine == "decline",
            sensitivity=_SENSITIVITY.get(sensitivity, sensitivity),
            categories=tuple(
                filter(None, (storable(one.text or "") for one in fields.children("Categories")))
            ),
            folder=folder,
        ),
        source=SOURCE,
        external_id=external_id,
        version="",
    )
    return replace(capture, version=version_of(capture))


def _invited(attendee: Fields, owner: str | None, mine: str) -> Invited:
    box = attendee.child("Mailbox")
    name, address = mailbox(Fields(box)) if box is not None else ("", "")
    answer = attendee.text("ResponseType").strip().lower()
    # The others' answers stand in the organiser's calendar, one's own stands in one's own.
    if owner and mine in _RESPONSES and normalize_email(address) == owner:
        answer = mine
    return Invited(name, address, _RESPONSES.get(answer, "none"))

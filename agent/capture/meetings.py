"""A meeting of any calendar to a capture: one occurrence, one item.

Exchange, Microsoft 365 and calendar files describe the same meeting in their own words; whichever
of them tells it, and whoever of its participants, it becomes the same activity.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from agent.capture.base import Capture, Response
from agent.capture.charset import storable
from agent.contract.activity import Participant, ParticipantRole, Signals
from agent.rules.identity import normalize_email

MAX_ATTENDEES = 500
_MAX_SUBJECT = 2_000
_MAX_TEXT = 500_000
_SENSITIVITY = frozenset({"private", "personal", "company-confidential"})
_GLOBAL_OBJECT_ID = re.compile(
    r"040000008200e00074c5b7101a82e008(?:[0-9a-f]{2}){12,}", re.IGNORECASE
)
_FOREIGN = re.compile("7643616c2d55696401000000((?:[0-9a-f]{2})+)", re.IGNORECASE)
"""``vCal-Uid``, a one, and the UID as its program wrote it."""
_LATEST_MIDNIGHT = timedelta(hours=13)
"""Brings a midnight in any zone from UTC+13 to UTC-10 into its own day in UTC."""


@dataclass(frozen=True, slots=True)
class Invited:
    name: str
    address: str
    """As the calendar has it; ``mailto:`` and upper case are put right here."""
    response: Response = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    uid: str
    """iCalUID of the series or of the single meeting."""
    recurs_at: datetime | None = None
    """Original start of this occurrence, where the meeting is one of a series."""
    all_day: bool = False
    """``start`` and ``recurs_at`` are midnights, of whatever zone."""
    start: datetime
    end: datetime
    """Both aware."""
    subject: str = ""
    text: str = ""
    is_html: bool = False
    location: str = ""
    organizer: Invited | None = None
    attendees: tuple[Invited, ...] = ()
    cancelled: bool = False
    declined: bool = False
    """By the owner of the calendar."""
    sensitivity: str = ""
    categories: tuple[str, ...] = ()
    folder: str = ""


def compose_meeting(meeting: Meeting, *, source: str, external_id: str, version: str) -> Capture:
    people: dict[str, Participant] = {}
    responses: dict[str, Response] = {}
    invited: list[tuple[ParticipantRole, Invited]] = [
        ("attendee", one) for one in meeting.attendees[:MAX_ATTENDEES]
    ]
    if meeting.organizer is not None:
        invited.insert(0, ("organizer", meeting.organizer))
    for role, one in invited:
        email = normalize_email(one.address)
        name = storable(one.name).strip()[:200]
        if not email and not name:
            continue
        people.setdefault(email or name, Participant(role=role, name=name, email=email))
        if email and one.response != "none":
            responses.setdefault(email, one.response)
    sensitivity = meeting.sensitivity.strip().lower()
    return Capture(
        source=source,
        external_id=external_id,
        identity=meeting_identity(meeting.uid, meeting.recurs_at, all_day=meeting.all_day),
        version=version,
        kind="meeting",
        occurred_at=meeting.start.astimezone(UTC),
        ended_at=meeting.end.astimezone(UTC),
        participants=tuple(people.values()),
        subject=storable(meeting.subject)[:_MAX_SUBJECT],
        text=storable(meeting.text)[:_MAX_TEXT] if not meeting.is_html else storable(meeting.text),
        is_html=meeting.is_html,
        signals=Signals(
            cancelled=meeting.cancelled,
            declined=meeting.declined,
            personal=meeting.declined and not meeting.cancelled,
        ),
        sensitivity=sensitivity if sensitivity in _SENSITIVITY else "",
        categories=meeting.categories,
        hints=tuple(filter(None, [storable(meeting.location)])),
        responses=responses,
        folder=meeting.folder,
    )


def meeting_identity(uid: str, recurs_at: datetime | None, *, all_day: bool = False) -> str:
    """``ical:UID``, for one of a series ``ical:UID/20261123T020000Z``, on a whole day
    ``ical:UID/20261123``: midnight is another moment in every calendar's own zone."""
    key = clean_uid(uid)
    if recurs_at is None:
        return f"ical:{key}"
    moment = recurs_at.astimezone(UTC)
    if all_day:
        return f"ical:{key}/{moment + _LATEST_MIDNIGHT:%Y%m%d}"
    return f"ical:{key}/{moment:%Y%m%dT%H%M%SZ}"


def clean_uid(uid: str) -> str:
    """A UID without what Exchange does to it.

    Bytes 16 to 19 of a global object id hold year, month and day of an exception, zero in the
    series ([MS-OXOCAL] 2.2.1.27 and 2.2.1.28, PidLidGlobalObjectId and its clean form). The UID of
    another program stands inside, behind a mark.
    """
    uid = "".join(uid.split())
    if not _GLOBAL_OBJECT_ID.fullmatch(uid):
        return uid
    foreign = _FOREIGN.search(uid)
    # An even place: the mark begins with a byte, not in the middle of one.
    if foreign is not None and foreign.start() % 2 == 0:
        inner = bytes.fromhex(foreign[1]).partition(b"\x00")[0]
        plain = "".join(inner.decode("utf-8", "replace").split())
        if plain:
            return plain
    return f"{uid[:32]}00000000{uid[40:]}".upper()

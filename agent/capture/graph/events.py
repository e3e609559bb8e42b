"""An event of the calendar as Graph tells it, to a capture: one occurrence, one item."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from agent.capture.base import Capture, Response
from agent.capture.charset import storable
from agent.capture.graph.messages import KIND, version_of
from agent.capture.mailhead import parse_date
from agent.capture.meetings import MAX_ATTENDEES, Invited, Meeting, compose_meeting
from agent.capture.mime import MAX_TEXT, bounded_html
from agent.errors import BadItem

SELECT = (
    "id,iCalUId,type,seriesMasterId,originalStart,isAllDay,subject,body,start,end,location,"
    "organizer,attendees,isCancelled,responseStatus,sensitivity,categories"
)
MASTER = "seriesMaster"
OCCURRENCE = "occurrence"
EXCEPTION = "exception"
_TELLING = ("subject", "iCalUId", "start", "end")
_VERSIONED = tuple(name for name in SELECT.split(",") if name not in ("id", "iCalUId"))
_RESPONSES: Mapping[str, Response] = {
    "accepted": "accepted",
    "declined": "declined",
    "tentativelyaccepted": "tentative",
}
_SENSITIVITY = {
    "private": "private",
    "personal": "personal",
    "confidential": "company-confidential",
}


def is_whole(row: Mapping[str, Any]) -> bool:
    """Occurrences come with their times only: the rest stands in the master of the series."""
    return all(name in row for name in _TELLING)


def of_series(row: Mapping[str, Any], master: Mapping[str, Any]) -> dict[str, Any]:
    """An occurrence that is as its series says. What it tells itself outweighs the master."""
    return {**master, **row, "iCalUId": row.get("iCalUId") or master.get("iCalUId")}


def version(row: Mapping[str, Any]) -> str:
    """The same whether an occurrence was told whole or put together from its series: of the two
    only the whole one names its original start, which is its start."""
    if row.get("type") == OCCURRENCE:
        row = {**row, "originalStart": None}
    return version_of(row, _VERSIONED)


def starts(row: Mapping[str, Any]) -> datetime:
    return _moment(row.get("start"))


def compose(row: Mapping[str, Any], external_id: str) -> Capture:
    """Raises ``BadItem``."""
    try:
        return compose_meeting(
            _meeting(row), source=KIND, external_id=external_id, version=version(row)
        )
    except (AttributeError, TypeError, ValueError, KeyError):
        # A field is of another kind than it should be. Not chained: the original quotes it.
        raise BadItem("item_damaged") from None


def _meeting(row: Mapping[str, Any]) -> Meeting:
    body = row.get("body") or {}
    is_html = str(body.get("contentType") or "").lower() == "html"
    text = str(body.get("content") or "").replace("\r\n", "\n")
    start = starts(row)
    uid = storable(str(row.get("iCalUId") or row["id"]))
    answered = str((row.get("responseStatus") or {}).get("response") or "").lower()
    return Meeting(
        uid=uid,
        recurs_at=_original_start(row, start),
        start=start,
        end=max(start, _moment(row.get("end"))),
        all_day=row.get("isAllDay") is True,
        subject=str(row.get("subject") or ""),
        text=bounded_html(text) if is_html else text[:MAX_TEXT],
        is_html=is_html,
        location=str((row.get("location") or {}).get("displayName") or "")[:500],
        organizer=_invited(row.get("organizer"), {}),
        attendees=tuple(
            _invited(one, one.get("status") or {})
            for one in (row.get("attendees") or ())[:MAX_ATTENDEES]
        ),
        cancelled=row.get("isCancelled") is True,
        declined=answered == "declined",
        sensitivity=_SENSITIVITY.get(str(row.get("sensitivity") or "").lower(), ""),
        categories=tuple(storable(str(one)) for one in row.get("categories") or ()),
    )


def _invited(person: Any, status: Mapping[str, Any]) -> Invited:
    within = (person or {}).get("emailAddress") or {}
    answer = str(status.get("response") or "").lower()
    return Invited(
        name=str(within.get("name") or ""),
        address=storable(str(within.get("address") or ""))[:400],
        response=_RESPONSES.get(answer, "none"),
    )


def _original_start(row: Mapping[str, Any], start: datetime) -> datetime | None:
    if not row.get("seriesMasterId"):
        return None
    # One that is as its series says begins when it always did; what else it shows is the master's.
    original = row.get("originalStart") if row.get("type") != OCCURRENCE else None
    moment = parse_date(original) if isinstance(original, str) else None
    return moment or start


def _moment(value: Any) -> datetime:
    """``{"dateTime", "timeZone"}``: UTC, as we ask for it, or a zone by its IANA name."""
    if not isinstance(value, Mapping):
        raise BadItem("item_damaged")
    try:
        moment = datetime.fromisoformat(str(value.get("dateTime")))
        if moment.tzinfo is None:
            zone = str(value.get("timeZone") or "UTC")
            moment = moment.replace(
                tzinfo=UTC if zone in ("UTC", "tzone://Microsoft/Utc") else ZoneInfo(zone)
            )
        return moment.astimezone(UTC)
    except (ValueError, OverflowError, ZoneInfoNotFoundError):
        raise BadItem("item_damaged") from None

"""One meeting, told by Exchange, by Microsoft 365, by a calendar file and by its invitation."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from agent.capture import registry
from agent.capture.base import Capture
from agent.capture.meetings import clean_uid
from agent.testing import FrozenClock
from tests.agent.capture.calendarfiles.calendars import Calendars, calendar, event
from tests.agent.capture.exchange.box import Box
from tests.agent.capture.graph.desk import Desk
from tests.agent.capture.graph.desk import desk as make_desk
from tests.agent.making import ME, WANG, Laptop
from tests.conformance.surroundings import alone
from tests.servers.ews.calendar import ZONES, Moved, Series, Told
from tests.servers.ews.store import Item
from tests.servers.graph.mailbox import person, zoned

HOUR = timedelta(hours=1)
BERLIN = "W. Europe Standard Time"
GLOBAL_ID = (
    "040000008200E00074C5B7101A82E00800000000B0A1D5E2C1C8DA01000000000000000010000000"
    "5C1E9A3B7D2F48068E4B6A9C0D1F2E3A"
)
PLAIN = "7kukuqrfedlm2f9t0h2p4q1c5s@google.com"
WRAPPED = (
    "040000008200E00074C5B7101A82E008000000000000000000000000000000000000000032000000"
    + (b"vCal-Uid\x01\x00\x00\x00" + PLAIN.encode() + b"\x00").hex().upper()
)


def utc(day: int, hour: int = 2, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


@dataclass
class Case:
    """A meeting in local time; exceptions by the original start."""

    start: datetime
    uid: str = GLOBAL_ID
    told_as: str = GLOBAL_ID
    """How Exchange writes the UID."""
    zone: str = "China Standard Time"
    every: int = 0
    count: int = 1
    all_day: bool = False
    moved: Mapping[datetime, datetime] = field(default_factory=dict)
    deleted: tuple[datetime, ...] = ()
    cancelled: tuple[datetime, ...] = ()
    floating: bool = False

    @property
    def length(self) -> timedelta:
        return timedelta(days=1) if self.all_day else HOUR

    def series(self) -> Series:
        told = self._told(is_cancelled=False)
        made = Series(
            uid=self.told_as,
            start=self.start,
            length=self.length,
            told=told,
            zone=self.zone,
            every=self.every,
            count=self.count,
        )
        for original, start in self.moved.items():
            made.exceptions[original] = Moved(start, start + self.length, told)
        for original in self.deleted:
            made.exceptions[original] = None
        for original in self.cancelled:
            off = self._told(is_cancelled=True)
            made.exceptions[original] = Moved(original, original + self.length, off)
        return made

    def _told(self, *, is_cancelled: bool) -> Told:
        return Told(
            subject="方案评审",
            body="讨论价格",
            organizer=("李雷", ME),
            required=[("王芳", WANG, "Accept")],
            all_day=self.all_day,
            is_cancelled=is_cancelled,
        )

    def in_graph(self, desk: Desk) -> None:
        mailbox = desk.server.mailbox
        about = {
            "iCalUId": self.told_as,
            "isAllDay": self.all_day,
            "organizer": person(ME, "李雷"),
            "attendees": [{**person(WANG, "王芳"), "status": {"response": "accepted"}}],
        }
        originals = self.series().originals()
        # Days that are whole begin at midnight, whatever zone is asked for.
        shown = {
            one: utc(1, 0).replace(month=at.month, day=at.day) if self.all_day else one
            for one, at in zip(originals, self._local(), strict=True)
        }
        if not self.every:
            start = shown[originals[0]]
            mailbox.add_event(start=start, end=start + self.length, subject="方案评审", **about)
            return
        master = mailbox.add_series(list(shown.values()), "方案评审", **about)
        for number, original in enumerate(originals):
            key = f"{master}.{number}"
            if original in self.moved:
                start = self.moved[original]
                mailbox.make_exception(key, start=zoned(start), end=zoned(start + self.length))
            elif original in self.cancelled:
                mailbox.make_exception(key, isCancelled=True)
            elif original in self.deleted:
                mailbox.delete_event(key)

    def _local(self) -> list[datetime]:
        return [self.start + timedelta(days=self.every * n) for n in range(self.count)]

    def in_file(self) -> bytes:
        def at(name: str, moment: datetime) -> str:
            if self.all_day:
                return f"{name};VALUE=DATE:{moment:%Y%m%d}"
            zone = "" if self.floating else f";TZID={ZONES[self.zone]}"
            return f"{name}{zone}:{moment:%Y%m%dT%H%M%S}"

        people = (f"ORGANIZER:mailto:{ME}", f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{WANG}")
        lines = ["SUMMARY:方案评审", "DESCRIPTION:讨论价格", *people, "TRANSP:OPAQUE"]
        by_original = dict(zip(self.series().originals(), self._local(), strict=True))
        rule = [f"RRULE:FREQ=DAILY;INTERVAL={self.every};COUNT={self.count}"] if self.every else []
        rule += [at("EXDATE", by_original[one]) for one in self.deleted]
        ends = at("DTEND", self.start + self.length)
        first = at("DTSTART", self.start).removeprefix("DTSTART")
        events = [event(ends, *rule, *lines, uid=self.uid, start=first)]
        for original in (*self.moved, *self.cancelled):
            start = self.moved.get(original, original)
            events.append(
                event(
                    f"DTEND:{start + self.length:%Y%m%dT%H%M%SZ}",
                    at("RECURRENCE-ID", by_original[original]),
                    *(["STATUS:CANCELLED"] if original in self.cancelled else []),
                    *lines,
                    uid=self.uid,
                    start=f":{start:%Y%m%dT%H%M%SZ}",
                )
            )
        return calendar(*events)


LOCAL = datetime(2026, 11, 2, 10)  # noqa: DTZ001 - in its zone
CASES = {
    "single": Case(LOCAL),
    "single of another program": Case(LOCAL, uid=PLAIN, told_as=WRAPPED),
    "floating": Case(LOCAL, floating=True),
    "a whole day": Case(LOCAL.replace(hour=0), all_day=True),
    "series": Case(LOCAL, every=7, count=5),
    "series of another program": Case(LOCAL, uid=PLAIN, told_as=WRAPPED, every=7, count=5),
    "series that floats": Case(LOCAL, every=7, count=5, floating=True),
    "series of whole days": Case(LOCAL.replace(hour=0), every=7, count=5, all_day=True),
    "whole days in Europe": Case(
        LOCAL.replace(month=10, day=20, hour=0), zone=BERLIN, every=3, count=5, all_day=True
    ),
    "series with exceptions": Case(
        LOCAL,
        every=7,
        count=5,
        moved={utc(9): utc(10, 6), utc(16): utc(15, 23)},
        deleted=(utc(23),),
        cancelled=(utc(30),),
    ),
    "one moved onto the place of another": Case(
        LOCAL, every=1, count=4, moved={utc(3): utc(4, 5), utc(4): utc(3)}
    ),
    "across the end of summer time": Case(
        LOCAL.replace(month=10, day=20, hour=9), zone=BERLIN, every=7, count=3
    ),
}
Facts = tuple[datetime | None, datetime | None, bool]


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    made = Box(tmp_path)
    yield made
    made.server.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = make_desk(tmp_path / "state")
    yield made
    made.server.close()


def facts(captures: list[Capture], *, by_time: bool) -> dict[str, Facts]:
    assert len({one.identity for one in captures}) == len(captures)
    return {
        one.identity: (
            one.occurred_at if by_time else None,
            one.ended_at if by_time else None,
            one.signals.cancelled,
        )
        for one in captures
    }


def put(box: Box, case: Case) -> None:
    item = Item(id="", folder="", item_class="IPM.Appointment", series=case.series())
    box.store.add(box.store.calendar, item)


@pytest.mark.parametrize("name", CASES)
def test_all_calendars_tell_the_same(name: str, box: Box, desk: Desk, tmp_path: Path) -> None:
    case = CASES[name]
    put(box, case)
    case.in_graph(desk)
    files = Calendars(tmp_path / "files", timezone=ZONES[case.zone])
    files.folder.mkdir()
    files.put(case.in_file())
    exchange, file, graph = box.read().meetings, files.captures(), desk.poll()
    assert len(file) == case.count - len(case.deleted)
    # A day without hours is known to Microsoft 365 by its date alone.
    assert facts(file, by_time=True) == facts(exchange, by_time=True)
    by_time = not case.all_day
    assert facts(file, by_time=by_time) == facts(graph, by_time=by_time)
    originals = case.series().originals()
    named = {one.identity.partition("/")[2] for one in file}
    if not case.every:
        assert named == {""}
    elif not case.all_day:
        kept = [one for one in originals if one not in case.deleted]
        assert named == {f"{one:%Y%m%dT%H%M%SZ}" for one in kept}


@pytest.mark.parametrize(
    ("told", "clean"),
    [
        (GLOBAL_ID, GLOBAL_ID),
        (GLOBAL_ID.lower(), GLOBAL_ID),
        (f"{GLOBAL_ID[:32]}07EA0B17{GLOBAL_ID[40:]}", GLOBAL_ID),
        (f"{GLOBAL_ID[:60]}\r\n {GLOBAL_ID[60:]}", GLOBAL_ID),
        (WRAPPED, PLAIN),
        (WRAPPED.lower(), PLAIN),
        (f"{WRAPPED[:32]}07EA0B17{WRAPPED[40:]}", PLAIN),
        (PLAIN, PLAIN),
        # Not one of Exchange's: too short, of an odd length, of other letters.
        (GLOBAL_ID[:50], GLOBAL_ID[:50]),
        (f"{GLOBAL_ID}0", f"{GLOBAL_ID}0"),
        (f"{GLOBAL_ID[:-1]}G", f"{GLOBAL_ID[:-1]}G"),
        # A mark with nothing behind it names nothing.
        (f"{WRAPPED.partition('7643')[0]}7643616C2D5569640100000000", None),
    ],
)
def test_the_uid_is_that_of_the_program_that_made_it(told: str, clean: str | None) -> None:
    assert clean_uid(told) == (told if clean is None else clean)
    assert clean_uid(clean_uid(told)) == clean_uid(told)


def test_three_calendars_and_an_invitation_make_one_meeting(
    box: Box, desk: Desk, tmp_path: Path
) -> None:
    case = Case(datetime(2026, 11, 20, 10))  # noqa: DTZ001 - in its zone
    put(box, case)
    case.in_graph(desk)
    files = Calendars(tmp_path / "files")
    files.folder.mkdir()
    files.put(case.in_file())
    mails = tmp_path / "mails"
    mails.mkdir()
    letter = mails / "invitation.eml"
    letter.write_bytes(invitation(case.in_file()))
    clock = FrozenClock(desk.clock.now() + timedelta(minutes=5))
    os.utime(letter, (clock.now().timestamp() - 600,) * 2)
    named = {"type": "mailfiles", "path": str(mails)}
    laptop = Laptop(tmp_path, {}, clock=clock)
    with desk.source() as graph:
        sources: dict[str, Any] = {
            "office": box.build(),
            "m365": graph,
            "exported": files.source(),
            "dropped": registry.build("dropped", named, alone(clock)),
        }
        laptop.sources = sources
        laptop.once()
    told = list(laptop.server.activities.values())
    assert sorted((one.kind, one.contact.reason, one.contact.counts) for one in told) == [
        ("mail", "invitation", False),
        ("meeting", "meeting_held", True),
    ]
    assert {one.revision for one in told} == {1}


def invitation(ics: bytes) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = WANG, ME, "方案评审"
    mail["Date"], mail["Message-ID"] = "Thu, 19 Nov 2026 10:00:00 +0800", "<invite@huarui.example>"
    mail.set_content("请参加")
    mail.add_alternative(
        ics.decode().replace("VERSION:2.0", "VERSION:2.0\r\nMETHOD:REQUEST"),
        subtype="calendar",
        params={"method": "REQUEST"},
    )
    return mail.as_bytes()

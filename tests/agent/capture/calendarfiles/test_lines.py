"""Bytes as calendars write them: encodings, folds, cuts, damage."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.capture.calendarfiles import lines
from agent.errors import BadItem
from tests.agent.capture.calendarfiles.calendars import Calendars, calendar, event

WORDS = "预算紧张，下周再谈"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    place = Calendars(tmp_path)
    text = calendar(event(f"SUMMARY:{WORDS}", "LOCATION:苏州工业园区星湖街")).decode()
    place.put(text.encode(encoding))
    assert place.only().subject == WORDS


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r\r\n"])
@pytest.mark.parametrize("width", [20, 21, 22])
def test_folds_inside_a_character(tmp_path: Path, end: str, width: int) -> None:
    line = f"SUMMARY:{WORDS * 5}".encode()
    folded = (end.encode() + b" ").join(line[n : n + width] for n in range(0, len(line), width))
    raw = calendar(event("X-HERE:1")).replace(b"X-HERE:1", folded)
    place = Calendars(tmp_path)
    place.put(raw)
    assert place.only().subject == WORDS * 5


def test_old_format_in_quoted_printable(tmp_path: Path) -> None:
    place = Calendars(tmp_path)
    raw = (
        "BEGIN:VCALENDAR\r\nVERSION:1.0\r\nBEGIN:VEVENT\r\nUID:9\r\nDTSTART:20261120T020000Z\r\n"
        "SUMMARY;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:=E6=8A=A5=\r\n=E4=BB=B7; A, B\r\n"
        "DESCRIPTION;CHARSET=GBK;ENCODING=QUOTED-PRINTABLE:=D4=A4=CB=E3=0D=0A90\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    place.put(raw.encode(), "a.vcs")
    capture = place.only()
    assert capture.subject == "报价; A, B"
    assert capture.text == "预算\n90"


def test_real_line_ends_within_a_description(tmp_path: Path) -> None:
    place = Calendars(tmp_path)
    place.put(calendar(event("DESCRIPTION:第一行\r\n第二行，没有冒号\r\n\r\n第三行")))
    assert place.only().text == "第一行\n第二行，没有冒号\n第三行"


def test_alarms_tasks_and_several_calendars(tmp_path: Path) -> None:
    place = Calendars(tmp_path)
    alarm = "BEGIN:VALARM\r\nSUMMARY:响铃\r\nDTSTART:19990101T000000Z\r\nEND:VALARM"
    task = "BEGIN:VTODO\r\nUID:t\r\nSUMMARY:待办\r\nEND:VTODO\r\n"
    place.put(
        calendar(event(alarm, "SUMMARY:会"), task)
        + calendar(event(uid="u2@x"), head="METHOD:CANCEL\r\n")
    )
    found = {one.identity: one for one in place.captures()}
    assert found["ical:u1@x"].subject == "会"
    assert [found[key].signals.cancelled for key in sorted(found)] == [False, True]


def test_cut_anywhere_gives_what_was_whole_and_says_so() -> None:
    raw = calendar(*(event(f"SUMMARY:{WORDS}", uid=f"{n}@x") for n in range(3)))
    for cut in range(len(raw) - 2):
        uids: list[str] = []
        code = ""
        try:
            for one in lines.events(raw[:cut]):
                uids.append(one.value("UID"))  # noqa: PERF401 - what came before the fault counts
        except BadItem as bad:
            code = bad.code
        assert code == ("item_cut_off" if cut >= 15 else "item_not_a_calendar"), cut
        assert uids == [f"{n}@x" for n in range(raw[:cut].count(b"END:VEVENT"))], cut
    assert [one.value("UID") for one in lines.events(raw)] == ["0@x", "1@x", "2@x"]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "item_empty"),
        (b"\x00" * 500, "item_not_a_calendar"),
        (b"\x89PNG", "item_not_a_calendar"),
    ],
)
def test_what_is_no_calendar(tmp_path: Path, raw: bytes, code: str) -> None:
    place = Calendars(tmp_path)
    place.put(raw)
    assert [one.code for batch in place.look() for one in batch.broken] == [code]


SAMPLE = calendar(
    event(
        "DTEND;TZID=Asia/Shanghai:20261120T110000",
        f"SUMMARY:{WORDS}",
        "RRULE:FREQ=WEEKLY;UNTIL=20261231T000000Z;BYDAY=MO,FR",
        "EXDATE;TZID=Asia/Shanghai:20261127T100000",
        "ORGANIZER;CN=李雷:mailto:li@ours.example",
        "ATTENDEE;CN=王;PARTSTAT=ACCEPTED:mailto:w@c.example",
        "CATEGORIES:a,b",
    ),
    event("RECURRENCE-ID;TZID=Asia/Shanghai:20261123T100000"),
    event("DURATION:PT30M", uid="u2@x", start=";VALUE=DATE:20261120"),
    head="METHOD:REQUEST\r\n",
)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damage_anywhere_is_told_and_agrees_with_the_inventory(data: st.DataObject) -> None:
    raw = bytearray(SAMPLE)
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with TemporaryDirectory() as folder:
        place = Calendars(Path(folder))
        place.put(bytes(raw[: data.draw(st.integers(1, len(raw)))]))
        source = place.source()
        batches = list(source.poll(None))
        accounted = [
            one.external_id
            for batch in batches
            for one in (*batch.captures, *batch.excluded, *batch.broken)
        ]
        assert sorted(accounted) == sorted(place.source().inventory())
        assert sorted(accounted) == sorted(source.inventory())
        assert list(place.source().poll(batches[-1].cursor if batches else None)) == []

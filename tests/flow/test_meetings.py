"""A meeting to come, in a calendar file of a real agent, at a real server."""

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.flow.conftest import Laptop, Office


def test_deleted_it_is_called_off_put_back_it_is_expected(office: Office, tmp_path: Path) -> None:
    laptop = Laptop(tmp_path / "laptop").set_up(office)
    calendars = laptop.home / "Calendars"
    calendars.mkdir()
    with laptop.config.open("a", encoding="utf-8") as config:
        config.write(f'[sources.meetings]\ntype = "calendarfiles"\npath = "{calendars}"\n')
    start = datetime.now(UTC) + timedelta(days=1)
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "BEGIN:VEVENT",
        "UID:m@yuanshan.example",
        f"DTSTART:{start:%Y%m%dT%H%M%SZ}",
        f"DTEND:{start + timedelta(hours=1):%Y%m%dT%H%M%SZ}",
        "SUMMARY:方案评审",
        "DESCRIPTION:讨论价格",
        "ORGANIZER:mailto:chen@yuanshan.example",
        "ATTENDEE:mailto:contact@huarui.example",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    )
    file = calendars / "a.ics"

    def put() -> None:
        file.write_bytes("\r\n".join(lines).encode())
        os.utime(file, (time.time() - 600,) * 2)

    def told() -> tuple[str, bool, str, str]:
        laptop.once()
        page = office.get(f"/customers/{office.customers['huarui']}/timeline")
        (item,) = page["items"]
        contact = item["contact"]
        return contact["reason"], contact["counts"], item["subject"], item["text"]

    words = ("方案评审", "讨论价格")
    put()
    assert told() == ("meeting_future", False, *words)
    file.unlink()
    assert told() == ("meeting_cancelled", False, *words)
    put()
    assert told() == ("meeting_future", False, *words)
    customer = office.get(f"/customers/{office.customers['huarui']}")
    assert customer["last_contacted_at"] is None

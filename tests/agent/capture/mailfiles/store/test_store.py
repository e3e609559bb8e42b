"""Outlook data files as a source, read by the real library in its own process."""

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.capture import mime, registry
from agent.capture.base import Batch, Capture, Source
from agent.capture.mailfiles import outlook as o
from tests.agent.capture.mailfiles.store.outlook_store import (
    APPOINTMENT,
    MEETING,
    Props,
    StoreFile,
)
from tests.agent.capture.mails import raw_mail
from tests.conformance.moving_clock import MovingClock
from tests.conformance.surroundings import alone

NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)
TO: Props = {o.RECIPIENT_TYPE: 1, o.DISPLAY_NAME: "王磊", o.SMTP: "Wang@customer.example"}
CC: Props = {o.RECIPIENT_TYPE: 2, o.DISPLAY_NAME: "采购, 部", o.EMAIL: "buy@customer.example"}


def mail(n: int = 1, **more: object) -> Props:
    return {
        o.MESSAGE_CLASS: "IPM.Note",
        o.SUBJECT: f"\x01\x01关于预算的报价{n}",
        o.SUBMITTED: NOON,
        o.SENDER_NAME: "李雷",
        o.SENDER_EMAIL: "/O=OURS/CN=LI",
        o.SENDER_SMTP: "li@ours.example",
        o.BODY: "王总您好\r\n报价九万",
        o.MESSAGE_ID: f"<{n}@ours.example>",
        **{int(key[1:], 16): value for key, value in more.items()},  # type: ignore[dict-item]
    }


class Folder:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = MovingClock()
        self.cursor: str | None = None
        self._puts = 0

    def source(self) -> Source:
        settings = {"type": "mailfiles", "path": str(self.path)}
        return registry.build("it", settings, alone(self.clock))

    def put(self, raw: bytes, name: str = "a.pst") -> None:
        self._puts += 1
        (self.path / name).write_bytes(raw)
        changed = self.clock.now().timestamp() - 10_000 + self._puts
        os.utime(self.path / name, (changed, changed))

    def look(self) -> list[Batch]:
        batches = list(self.source().poll(self.cursor))
        if batches:
            self.cursor = batches[-1].cursor
        return batches

    def captures(self) -> list[Capture]:
        return [one for batch in self.look() for one in batch.captures]

    def aside(self) -> list[tuple[str, str]]:
        return [
            (one.external_id, one.code)
            for batch in self.look()
            for one in (*batch.broken, *batch.excluded)
        ]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_mail_as_outlook_keeps_it_is_the_mail_of_any_source(folder: Folder) -> None:
    store = StoreFile()
    inbox = store.folder("客户", store.folder("收件箱"))
    files: list[Props] = [{o.ATTACHED_LONG: "报价.pdf", 0x0E20: 512}]
    store.message(inbox, mail(), people=[TO, CC], files=files)
    folder.put(store.raw())
    eml = raw_mail(From="li@ours.example", Message_ID="<1@ours.example>")
    folder.put(eml, "a.eml")
    found = {one.external_id.partition("#")[0]: one for one in folder.captures()}
    capture = found["a.pst"]
    assert capture.identity == found["a.eml"].identity == "mid:<1@ours.example>"
    assert capture.occurred_at == NOON
    assert capture.subject == "关于预算的报价1"
    assert capture.text == "王总您好\n报价九万"
    assert [(one.role, one.name, one.email) for one in capture.participants] == [
        ("from", "李雷", "li@ours.example"),
        ("to", "王磊", "wang@customer.example"),
        ("cc", "采购, 部", "buy@customer.example"),
    ]
    assert [(one.name, one.size) for one in capture.attachments] == [("报价.pdf", 512)]
    assert capture.folder == "收件箱/客户"
    assert capture.hints == ("收件箱", "客户")


def test_transport_header_is_trusted_first(folder: Folder) -> None:
    header = (
        "From: =?gb2312?B?1cXOsA==?= <zhang@customer.example>\r\nTo: li@ours.example\r\n"
        "Date: Fri, 20 Nov 2026 10:00:00 +0800\r\nMessage-ID: <2@customer.example>\r\n"
        "Auto-Submitted: auto-replied\r\n"
    )
    store = StoreFile()
    store.message(store.folder("Inbox"), {**mail(), o.TRANSPORT: header}, people=[TO])
    folder.put(store.raw())
    (capture,) = folder.captures()
    assert capture.identity == "mid:<2@customer.example>"
    assert [one.email for one in capture.participants] == [
        "zhang@customer.example",
        "li@ours.example",
    ]
    assert capture.headers["auto-submitted"] == "auto-replied"


def test_folders_that_hold_no_mail_of_ours(folder: Folder) -> None:
    store = StoreFile()
    for name in ("Deleted Items", "已删除邮件", "垃圾邮件", "Junk Email", "同步问题"):
        store.message(store.folder(name), mail())
    store.message(store.folder("里面", store.folder("已删除项目")), mail())
    store.message(store.folder("联系人", kind="IPF.Contact"), {o.MESSAGE_CLASS: "IPM.Contact"})
    kept = store.folder("收件箱")
    contact = store.message(kept, {o.MESSAGE_CLASS: "IPM.Contact"})
    draft = store.message(store.folder("草稿"), {**mail(2), o.FLAGS: 0x9})
    sent = store.message(store.folder("已发送邮件"), {**mail(3), o.SENDER_SMTP: ""})
    folder.put(store.raw())
    (batch,) = folder.look()
    found = {one.external_id: one for one in batch.captures}
    assert set(found) == {f"a.pst#{draft}", f"a.pst#{sent}"}
    assert found[f"a.pst#{draft}"].headers[mime.DRAFT] == "1"
    assert found[f"a.pst#{sent}"].direction == "outbound", "though nobody knows who sent it"
    assert [(one.external_id, one.code) for one in batch.excluded] == [
        (f"a.pst#{contact}", "item_other_kind")
    ]
    accounted = {*found, f"a.pst#{contact}"}
    assert set(folder.source().inventory()) == accounted


def test_own_sender_is_known_by_who_wrote_it(folder: Folder) -> None:
    store = StoreFile()
    own = {o.SENDER_SMTP: "", o.CREATOR_EMAIL: "/o=ours/cn=li", o.CREATOR_SMTP: "li@ours.example"}
    store.message(store.folder("Sent Items"), {**mail(), **own})
    folder.put(store.raw())
    (capture,) = folder.captures()
    assert (capture.participants[0].email, capture.direction) == ("li@ours.example", None)


def test_long_texts_old_code_pages_and_html(folder: Folder) -> None:
    store = StoreFile()
    inbox = store.folder("Inbox")
    long = store.message(inbox, {**mail(1), o.BODY: "预算" * 30_000})
    old = store.message(
        inbox, {**mail(2), o.CODEPAGE: 936, o.SUBJECT: (0x1E, "报价㐂".encode("gb18030"))}
    )
    page = store.message(
        inbox, {**mail(3), o.BODY: "", o.HTML: '<meta charset="gbk"><p>九万</p>'.encode("gbk")}
    )
    folder.put(store.raw())
    found = {one.external_id.partition("#")[2]: one for one in folder.captures()}
    assert found[str(long)].text == "预算" * 30_000
    assert found[str(old)].subject == "报价㐂"
    assert found[str(page)].is_html
    assert "九万" in found[str(page)].text


def appointment(store: StoreFile, **more: object) -> Props:
    def named(lid: int) -> int:
        return store.named(APPOINTMENT, lid)

    uid = "040000008200E00074C5B7101A82E00800000000B0A1D5E2C1C8DA01000000000000000010000000A1"
    clean = bytes.fromhex(uid + "00" * 15)
    return {
        o.MESSAGE_CLASS: "IPM.Appointment",
        o.SUBJECT: "方案沟通",
        named(0x820D): NOON,
        named(0x820E): NOON.replace(hour=5),
        named(0x8208): "苏州精密三楼",
        store.named(MEETING, 0x3): clean,
        store.named(MEETING, 0x23): clean,
        **{named(int(key[1:], 16)): value for key, value in more.items()},  # type: ignore[dict-item]
    }


def test_appointments_are_the_meetings_of_any_calendar(folder: Folder) -> None:
    store = StoreFile()
    calendar = store.folder("日历", kind="IPF.Appointment")
    people: list[Props] = [
        {o.RECIPIENT_TYPE: 1, o.DISPLAY_NAME: "李雷", o.SMTP: "li@ours.example", 0x5FFD: 3},
        {**TO, 0x5FFF: 4},
        {**TO, o.SMTP: "room@ours.example", o.RECIPIENT_TYPE: 3},
    ]
    one = store.message(calendar, appointment(store), people=people)
    called_off = store.message(calendar, appointment(store, _8217=5, _8218=4))
    series = store.message(calendar, appointment(store, _8223=True))
    holiday = store.message(calendar, appointment(store, _8215=True, _8205=0))
    dateless = store.message(calendar, {o.MESSAGE_CLASS: "IPM.Appointment"})
    folder.put(store.raw())
    (batch,) = folder.look()
    found = {one.external_id.partition("#")[2]: one for one in batch.captures}
    meeting = found[str(one)]
    assert meeting.kind == "meeting"
    assert meeting.identity.startswith("ical:040000008200E00074C5B7101A82E008")
    assert (meeting.occurred_at, meeting.ended_at) == (NOON, NOON.replace(hour=5))
    assert [(one.role, one.email) for one in meeting.participants] == [
        ("organizer", "li@ours.example"),
        ("attendee", "wang@customer.example"),
    ]
    assert meeting.responses == {"wang@customer.example": "declined"}
    assert meeting.hints == ("苏州精密三楼", "日历")
    signals = found[str(called_off)].signals
    assert (signals.cancelled, signals.declined) == (True, True)
    codes = {one.external_id.partition("#")[2]: one.code for one in batch.excluded}
    assert codes == {str(series): "item_series_in_store", str(holiday): "item_all_day_note"}
    assert [one.external_id for one in batch.broken] == [f"a.pst#{dateless}"]


def test_foreign_meeting_id_is_unwrapped(folder: Folder) -> None:
    store = StoreFile()
    wrapped = bytes(40) + b"vCal-Uid\x01\x00\x00\x00" + b"abc@google.com\x00"
    held = {**appointment(store), store.named(MEETING, 0x3): wrapped}
    store.message(store.folder("日历"), {**held, store.named(MEETING, 0x23): wrapped})
    folder.put(store.raw())
    (capture,) = folder.captures()
    assert capture.identity == "ical:abc@google.com"


def export(count: int, changed: int = -1) -> bytes:
    store = StoreFile()
    inbox = store.folder("Inbox")
    for n in range(count):
        store.message(inbox, mail(n, _1000="改了" if n == changed else "原文"), people=[TO])
    return store.raw()


def test_store_is_read_in_pages_newest_first_and_goes_on_after_each(folder: Folder) -> None:
    folder.put(export(140))
    batches = list(folder.source().poll(None))
    order = [one.external_id for batch in batches for one in batch.captures]
    assert [len(batch.captures) for batch in batches] == [50, 50, 40]
    assert order == sorted(order, key=lambda one: -int(one.partition("#")[2]))
    assert [(batch.done, batch.total) for batch in batches] == [(50, 140), (100, 140), (140, 140)]
    for stop in (1, 2):
        after = [
            one.external_id
            for batch in folder.source().poll(batches[stop - 1].cursor)
            for one in batch.captures
        ]
        assert after == order[50 * stop :]
    assert list(folder.source().poll(batches[-1].cursor)) == []


def test_only_what_changed_comes_again(folder: Folder) -> None:
    folder.put(export(5))
    first = {one.identity: one.external_id for one in folder.captures()}
    folder.put(export(5))
    assert folder.captures() == [], "touched, nothing else"
    folder.put(export(5, changed=2))
    assert [one.identity for one in folder.captures()] == ["mid:<2@ours.example>"]
    folder.put(export(4))
    batches = folder.look()
    gone = [one for batch in batches for one in batch.removed]
    assert gone == [first["mid:<4@ours.example>"]]
    assert [one.identity for batch in batches for one in batch.captures] == ["mid:<2@ours.example>"]
    assert len(list(folder.source().inventory())) == 4
    (folder.path / "a.pst").unlink()
    assert len([one for batch in folder.look() for one in batch.removed]) == 4


def test_stores_that_cannot_be_read_say_why(folder: Folder) -> None:
    whole = export(3)
    folder.put(b"", "empty.pst")
    folder.put(b"PK\x03\x04" + whole[4:], "zip.pst")
    folder.put(whole[: len(whole) // 2], "cut.pst")
    folder.put(StoreFile(password=7).raw(), "locked.ost")
    assert sorted(folder.aside()) == [
        ("cut.pst", "item_store_damaged"),
        ("empty.pst", "item_empty"),
        ("locked.ost", "item_protected"),
        ("zip.pst", "item_store_damaged"),
    ]
    assert folder.look() == []
    assert sorted(folder.source().inventory()) == ["cut.pst", "empty.pst", "locked.ost", "zip.pst"]
    folder.put(whole, "cut.pst")
    (batch,) = folder.look()
    assert batch.removed == ("cut.pst",)
    assert len(batch.captures) == 3


def accounted(batches: Iterable[Batch]) -> list[str]:
    return sorted(
        one.external_id
        for batch in batches
        for one in (*batch.captures, *batch.excluded, *batch.broken)
    )


@settings(max_examples=6, deadline=None)
@given(data=st.data())
def test_damage_anywhere_is_told(data: st.DataObject) -> None:
    raw = bytearray(export(3))
    for _ in range(data.draw(st.integers(1, 30))):
        raw[data.draw(st.integers(4, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with TemporaryDirectory() as place:
        folder = Folder(Path(place))
        folder.put(bytes(raw))
        source = folder.source()
        batches = list(source.poll(None))
        found = accounted(batches)
        assert sorted(source.inventory()) == found
        cursor = batches[-1].cursor if batches else None
        assert list(folder.source().poll(cursor)) == []

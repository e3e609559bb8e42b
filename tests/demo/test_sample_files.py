import email
import hashlib
import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from docx import Document
from oxmsg import Message

from demo.company import Company
from demo.letters import id_card, letters
from demo.sample_files import Laid, lay

ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def eml_files(laid: Laid) -> list[Path]:
    return sorted(laid.mail.rglob("*.eml"))


def parsed(path: Path) -> EmailMessage:
    found = email.message_from_bytes(path.read_bytes(), policy=default)
    assert isinstance(found, EmailMessage)
    return found


def own_text(path: Path) -> str:
    """The plain part, decoded as GB18030 where a subset of it is declared."""
    body = parsed(path).get_body(("plain", "html"))
    assert body is not None
    raw = body.get_payload(decode=True)
    assert isinstance(raw, bytes)
    charset = (body.get_content_charset() or "gb18030").lower()
    return raw.decode("gb18030" if charset.startswith("gb") else charset)


def with_key(laid: Laid, key: str) -> Path:
    return next(file.path for file in laid.files if file.key == key)


def test_the_folders_hold_what_a_rep_would_have(laid: Laid) -> None:
    assert len(eml_files(laid)) >= 60
    assert len(list(laid.mail.rglob("*.msg"))) >= 3
    assert len(list(laid.recordings.glob("*.mp3"))) == 6
    notes = Counter(path.suffix for path in laid.notes.rglob("*.*"))
    assert notes.total() >= 12
    assert set(notes) == {".md", ".txt", ".docx"}
    on_disk = {p for d in (laid.mail, laid.recordings, laid.notes) for p in d.rglob("*.*")}
    assert on_disk == {file.path for file in laid.files}


def test_every_mail_parses_without_defects(laid: Laid) -> None:
    raw = with_key(laid, "raw8bit-baoshun")
    for path in eml_files(laid):
        mail = parsed(path)
        assert mail["Message-ID"]
        assert mail["Date"].datetime.tzinfo is not None
        if path != raw:
            assert mail["From"].addresses
            assert [defect for part in mail.walk() for defect in part.defects] == [], path.name
            assert all(not header.defects for header in mail.values()), path.name


def test_charsets_and_encodings_vary(laid: Laid) -> None:
    charsets: set[str] = set()
    encodings: set[str] = set()
    for path in eml_files(laid):
        for part in parsed(path).walk():
            if part.get_content_maintype() == "text":
                charsets.add(str(part.get_content_charset()))
                encodings.add(str(part["Content-Transfer-Encoding"]).lower())
    assert {"utf-8", "gb18030", "gb2312", "gbk", "iso-8859-1"} <= charsets
    assert {"base64", "quoted-printable", "8bit"} <= encodings


def test_declared_gb2312_may_hold_more_than_gb2312(laid: Laid) -> None:
    outside = "喆".encode("gb18030")
    with pytest.raises(UnicodeEncodeError):
        "喆".encode("gb2312")
    path = with_key(laid, "jiangnan-campus/2")
    part = parsed(path).get_body(("plain",))
    assert part is not None
    assert outside in (part.get_payload(decode=True) or b"")


def test_quoted_history_in_the_manner_of_each_program(laid: Laid) -> None:
    texts = "\n".join(own_text(path) for path in eml_files(laid))
    for style in (
        r"^发件人: .*\n发送时间: \d{4}年\d+月\d+日 \d+:\d\d\n收件人: ",
        r"^发件人： .*\n发送时间： \d{4}-\d\d-\d\d \d\d:\d\d\n收件人： ",
        r"^在 \d{4}-\d\d-\d\d \d\d:\d\d:\d\d，\".*\" <.*> 写道：$",
        r"^-{18} 原始邮件 -{18}$",
        r"^From: .*\nSent: \w+day, \w+ \d+, \d{4} \d+:\d\d [AP]M\nTo: ",
        r"^On \d\d/\d\d/\d{4} \d\d:\d\d, .* wrote:\n\n> ",
    ):
        assert re.search(style, texts.replace("\r\n", "\n"), re.MULTILINE), style


def test_both_languages_are_written(laid: Laid) -> None:
    texts = [own_text(path) for path in eml_files(laid)]
    chinese = sum(bool(re.search(r"[一-鿿]{4}", text)) for text in texts)
    assert chinese >= 40
    assert len(texts) - chinese >= 15


def test_answers_point_at_mails_that_exist(company: Company, laid: Laid) -> None:
    mails = [parsed(path) for path in eml_files(laid)]
    ids = Counter(mail["Message-ID"] for mail in mails)
    assert ids.most_common(1)[0][1] == 1
    exported = {
        Message.load(str(p)).properties.str_prop_value(0x1035) for p in laid.mail.rglob("*.msg")
    }
    times = {mail["Message-ID"]: mail["Date"].datetime for mail in mails}
    answers = [mail for mail in mails if mail["In-Reply-To"]]
    assert len(answers) >= 30
    for mail in answers:
        references = mail["References"].split()
        assert references[-1] == mail["In-Reply-To"]
        assert set(references) <= set(ids) | exported
        earlier = [times[one] for one in references if one in times]
        assert earlier == sorted(earlier)
        assert all(time < mail["Date"].datetime for time in earlier)


def test_outlook_messages_say_what_the_letters_say(
    company: Company, laid: Laid, now: datetime
) -> None:
    known = {letter.key: letter for letter in letters(company, rep="chen", now=now)}
    seen = 0
    for file in laid.files:
        if file.path.suffix == ".msg":
            letter, read = known[file.key], Message.load(str(file.path))
            assert read.subject == letter.subject
            assert read.sent_date == letter.when
            assert (read.body or "").startswith(letter.text.replace("\n", "\r\n"))
            assert {who.email_address for who in read.recipients} == {
                who.email for who in (*letter.to, *letter.cc)
            }
            assert bool(read.message_headers) != letter.sent_by_us
            seen += 1
    assert seen >= 3


def test_attachments_are_real_files(laid: Laid, tmp_path: Path) -> None:
    kinds: Counter[str] = Counter()
    inline = 0
    for path in eml_files(laid):
        mail = parsed(path)
        if mail.get_content_type() == "multipart/report":
            continue
        for part in mail.walk():
            if part.get_content_disposition() == "attachment":
                data = part.get_payload(decode=True)
                assert isinstance(data, bytes)
                kinds[Path(str(part.get_filename())).suffix] += 1
                if str(part.get_filename()).endswith(".docx"):
                    copy = tmp_path / "copy.docx"
                    copy.write_bytes(data)
                    assert len(Document(str(copy)).paragraphs) == 3
                else:
                    assert data.startswith(b"%PDF-1.4")
                    table = int(data.rsplit(b"startxref\n", 1)[1].split()[0])
                    assert data[table:].startswith(b"xref")
            elif part.get_content_type() == "image/png":
                assert part.get_content_disposition() == "inline"
                inline += 1
                page = mail.get_body(("html",))
                assert page is not None
                assert f"cid:{part['Content-ID'].strip('<>')}" in page.get_content()
    assert min(kinds[".pdf"], kinds[".docx"], inline) >= 2


def test_machines_look_as_they_do_in_the_wild(laid: Laid) -> None:
    assert parsed(with_key(laid, "auto-tianhe"))["Auto-Submitted"] == "auto-generated"
    holiday = with_key(laid, "holiday-hengtai")
    assert parsed(holiday)["Auto-Submitted"] is None
    assert "这是来自QQ邮箱的假期自动回复邮件" in own_text(holiday)
    assert parsed(with_key(laid, "newsletter-northgate"))["List-Unsubscribe"]
    bounce = parsed(with_key(laid, "bounce-ruisi"))
    assert bounce.get_content_type() == "multipart/report"
    assert bounce.get_param("report-type") == "delivery-status"
    for key, method in (("invite-dongsheng", "REQUEST"), ("accept-lingyun", "REPLY")):
        calendar = [
            part
            for part in parsed(with_key(laid, key)).walk()
            if part.get_content_type() == "text/calendar"
        ]
        assert [part.get_param("method") for part in calendar] == [method]
        assert f"METHOD:{method}" in calendar[0].get_content()
    assert parsed(with_key(laid, "private-mingde"))["Sensitivity"] == "Private"


def test_the_odd_ones_are_there(company: Company, laid: Laid) -> None:
    internal = parsed(with_key(laid, "internal-handover"))
    people = ADDRESS.findall(f"{internal['From']} {internal['To']}")
    assert {address.rpartition("@")[2] for address in people} == {company.own.domain}
    stranger = parsed(with_key(laid, "unknown-haiyu"))["From"].addresses[0]
    assert stranger.domain not in {customer.domain for customer in company.customers}
    two = parsed(with_key(laid, "dongsheng-mes/4"))
    assert len({a.domain for a in (*two["From"].addresses, *two["To"].addresses)}) == 3
    raw = with_key(laid, "raw8bit-baoshun").read_bytes()
    assert "Subject: 螺纹检测的样件".encode("gb18030") in raw
    assert id_card() in own_text(with_key(laid, "chilian-contract/8"))


def test_the_id_card_number_checks_out() -> None:
    number = id_card()
    assert re.fullmatch(r"\d{17}[\dX]", number)
    total = sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(number[:17]))
    check = 10 if number[17] == "X" else int(number[17])
    assert (total + check) % 11 == 1
    assert number[6:14] == "19000101"


def test_recordings_are_named_as_the_telephone_system_does(company: Company, laid: Laid) -> None:
    form = re.compile(r"out-(\d+)-(\d{4})-(\d{8})-(\d{6})-\d{10}\.\d+\.mp3")
    for call in company.calls:
        path = with_key(laid, call.key)
        found = form.fullmatch(path.name)
        assert found, path.name
        digits = company.contact(call.contact).phones[0].removeprefix("+")
        assert digits.endswith(found[1].removeprefix("00")) or found[1].removeprefix("0") in digits
        assert found[2] == company.person(call.by).ext
        when = datetime.strptime(found[3] + found[4], "%Y%m%d%H%M%S").replace(tzinfo=company.zone)
        assert when.timestamp() == path.stat().st_mtime
        assert (
            path.read_bytes()[:3] in (b"ID3", b"\xff\xfb\xff", b"\xff\xf3\x84")
            or path.read_bytes()[0] == 0xFF
        )


def test_notes_name_their_customer(company: Company, laid: Laid) -> None:
    for note in company.notes:
        path = with_key(laid, note.key)
        if path.suffix == ".docx":
            text = "\n".join(paragraph.text for paragraph in Document(str(path)).paragraphs)
        else:
            text = path.read_bytes().decode(note.encoding)
        shown = f"{path.relative_to(laid.notes)} {text}"
        named = {
            one.key for one in company.customers if any(alias in shown for alias in one.aliases)
        }
        assert (note.customer in named) if note.customer else not named, note.key
        assert note.text.splitlines()[-1] in text


def test_dates_are_past_recent_and_the_files_own(laid: Laid, now: datetime) -> None:
    for file in laid.files:
        assert now - timedelta(days=61) < file.when < now, file.key
        assert file.path.stat().st_mtime == file.when.timestamp()
        if file.path.suffix == ".eml":
            assert parsed(file.path)["Date"].datetime == file.when


def test_the_same_moment_gives_the_same_bytes(
    lay_at: Callable[[datetime], Laid], now: datetime
) -> None:
    assert prints(lay_at(now)) == prints(lay_at(now))


def test_another_moment_moves_every_date(lay_at: Callable[[datetime], Laid], now: datetime) -> None:
    first, later = lay_at(now), lay_at(now + timedelta(days=100, hours=7))
    moved = [b.when - a.when for a, b in zip(first.files, later.files, strict=True)]
    assert {round(step / timedelta(days=1)) for step in moved} == {100}


@pytest.mark.parametrize("hour", [0, 8, 15, 16, 23])
def test_nothing_lies_in_the_future_at_any_hour(
    lay_at: Callable[[datetime], Laid], hour: int
) -> None:
    moment = datetime(2027, 3, 1, hour, 1, tzinfo=UTC)
    assert all(file.when < moment for file in lay_at(moment).files)


def test_the_recordings_follow_the_zone_of_the_laptop(
    company: Company, tmp_path: Path, now: datetime
) -> None:
    there = lay(tmp_path, company, rep="chen", now=now, zone=ZoneInfo("UTC"))
    assert "-20261121-020512-" in with_key(there, "call-huarui").name


def test_a_rep_without_files_is_refused(company: Company, tmp_path: Path, now: datetime) -> None:
    with pytest.raises(ValueError, match="michael"):
        lay(tmp_path, company, rep="michael", now=now, zone=company.zone)
    assert list(tmp_path.iterdir()) == []


def test_no_address_in_any_file_is_real(laid: Laid) -> None:
    for path in eml_files(laid):
        mail = parsed(path)
        heads = [str(mail[name] or "") for name in ("From", "To", "Cc", "Message-ID")]
        for address in ADDRESS.findall("\n".join([*heads, own_text(path)])):
            local, _, host = address.partition("@")
            public = host in ("qq.com", "163.com") and ("example" in local or "tencent_" in local)
            assert host.endswith(".example") or public, (path.name, address)


def prints(laid: Laid) -> dict[str, tuple[str, float]]:
    base = laid.mail.parent
    return {
        str(file.path.relative_to(base)): (
            hashlib.sha256(file.path.read_bytes()).hexdigest(),
            file.path.stat().st_mtime,
        )
        for file in laid.files
    }

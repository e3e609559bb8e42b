"""Lays the files a rep would have on disk: exported mail, recorded calls, notes.

All dates lie before ``now``; the same ``now`` gives the same bytes, names and file times.
"""

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import yaml

from demo.company.model import Call, Company, MachineMail, Note
from demo.documents import docx
from demo.eml import Header, eml, envelope, message, text_part
from demo.letters import Letter, digest, letters
from demo.machine_mail import machine_mail
from demo.outlook_msg import MsgAttachment, MsgRecipient, OutlookMessage, outlook_msg

RECORDINGS = Path(__file__).parent / "files" / "recordings"
_FORBIDDEN = re.compile(r'[\\/:*?"<>|]')
_PREFIX = re.compile(r"^(?:(?:回复|答复|re)\s*[:：]\s*)", re.IGNORECASE)
_CONTACT = frozenset({"raw_8bit"})
"""The one kind in machine.yaml that a person wrote and that counts."""


@dataclass(frozen=True, slots=True)
class LaidFile:
    path: Path
    key: str
    """Of the mail, call or note in the company's files."""
    kind: Literal["mail", "call", "note"]
    customer: str | None
    """Customer it should be found to belong to."""
    when: datetime
    counts: bool
    """A person would call it contact with the customer."""


@dataclass(frozen=True, slots=True)
class Laid:
    mail: Path
    recordings: Path
    notes: Path
    files: tuple[LaidFile, ...]


def lay(folder: Path, company: Company, *, rep: str, now: datetime, zone: ZoneInfo) -> Laid:
    """Write ``Mail/``, ``Recordings/`` and ``Notes/`` into ``folder``.

    ``now`` is aware; ``zone`` is the one of the laptop, in which the telephone system names its
    recordings. Raises ValueError for a rep without files, FileNotFoundError without the audio.
    """
    if not any(company.customer(thread.customer).owner == rep for thread in company.threads):
        raise ValueError(f"the sample company has no files for {rep}")
    mail, recordings, notes = folder / "Mail", folder / "Recordings", folder / "Notes"
    laid = (
        *_mails(mail, company, rep, now),
        *_calls(recordings, company, rep, now, zone),
        *_notes(notes, company, rep, now),
    )
    for file in laid:
        moment = file.when.timestamp()
        os.utime(file.path, (moment, moment))
    return Laid(mail, recordings, notes, laid)


def _mails(folder: Path, company: Company, rep: str, now: datetime) -> Iterator[LaidFile]:
    for letter in letters(company, rep=rep, now=now):
        box = folder / ("已发送" if letter.sent_by_us else "收件箱")
        path = _free(box, _file_name(letter.subject), letter.form)
        path.write_bytes(eml(letter) if letter.form == "eml" else outlook_msg(_as_msg(letter)))
        yield LaidFile(path, letter.key, "mail", letter.customer, letter.when, counts=True)
    for item in company.machine:
        path = _free(folder / "收件箱", _file_name(item.subject), "eml")
        path.write_bytes(machine_mail(company, item, rep=rep, now=now))
        when = item.when.before(now, company.zone)
        counts = item.kind in _CONTACT
        yield LaidFile(path, item.key, "mail", _customer_of(company, item), when, counts=counts)


def _customer_of(company: Company, item: MachineMail) -> str | None:
    if item.sender is not None:
        staff = company.is_staff(item.sender)
        return None if staff else company.contact(item.sender).customer
    host = (item.about or item.from_email).rpartition("@")[2]
    return next((one.key for one in company.customers if one.domain == host), None)


def _calls(
    folder: Path, company: Company, rep: str, now: datetime, zone: ZoneInfo
) -> Iterator[LaidFile]:
    folder.mkdir(parents=True, exist_ok=True)
    for call in company.calls:
        contact = company.contact(call.contact)
        if company.customer(contact.customer).owner != rep:
            continue
        audio = RECORDINGS / call.audio
        if not audio.is_file():
            raise FileNotFoundError(f"sample recording missing: demo/files/recordings/{call.audio}")
        when = call.when.before(now, company.zone)
        path = folder / _recording_name(company, call, when.astimezone(zone))
        shutil.copyfile(audio, path)
        yield LaidFile(path, call.key, "call", contact.customer, when, counts=call.answered)


def _recording_name(company: Company, call: Call, when: datetime) -> str:
    """FreePBX: direction, dialled number, extension, start, unique id."""
    phone = company.contact(call.contact).phones[0]
    if phone.startswith("+861"):
        dialled = phone.removeprefix("+86")
    elif phone.startswith("+86"):
        dialled = f"0{phone.removeprefix('+86')}"
    else:
        dialled = f"00{phone.removeprefix('+')}"
    unique = f"{int(when.timestamp())}.{int(digest(call.key)[:3], 16)}"
    return f"out-{dialled}-{company.person(call.by).ext}-{when:%Y%m%d-%H%M%S}-{unique}.mp3"


def _notes(folder: Path, company: Company, rep: str, now: datetime) -> Iterator[LaidFile]:
    for note in company.notes:
        if note.customer is not None and company.customer(note.customer).owner != rep:
            continue
        when = note.when.before(now, company.zone)
        path = folder / note.path.replace("{day}", f"{when:%Y-%m-%d}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_note_bytes(company, note, path, when))
        yield LaidFile(path, note.key, "note", note.customer, when, counts=note.reports)


def _note_bytes(company: Company, note: Note, path: Path, when: datetime) -> bytes:
    match path.suffix:
        case ".docx":
            return docx(path.stem, note.text.split("\n"))
        case ".md":
            front: dict[str, object] = {"date": f"{when:%Y-%m-%d %H:%M}"}
            if note.customer is not None:
                name = company.customer(note.customer).name
                front = {"客户" if not name.isascii() else "customer": name, **front}
            if note.private:
                front |= {"private": True, "tags": ["私人"]}
            head = yaml.safe_dump(front, allow_unicode=True, sort_keys=False)
            return f"---\n{head}---\n# {path.stem}\n\n{note.text}\n".encode()
        case _:
            stamp = f"{when:%Y-%m-%d %H:%M}\r\n"
            return (stamp + note.text.replace("\n", "\r\n") + "\r\n").encode(note.encoding)


def _file_name(subject: str) -> str:
    """As mail programs export: the subject, with what file systems refuse replaced."""
    return _FORBIDDEN.sub("_", subject).strip(" .")[:120]


def _free(folder: Path, stem: str, ending: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path, number = folder / f"{stem}.{ending}", 1
    while path.exists():
        number += 1
        path = folder / f"{stem} ({number}).{ending}"
    return path


def _as_msg(letter: Letter) -> OutlookMessage:
    prefix = _PREFIX.match(letter.subject)
    received = letter.when + timedelta(seconds=4)
    return OutlookMessage(
        subject=letter.subject,
        prefix=prefix.group() if prefix else "",
        body=(letter.text + (f"\n\n{letter.quoted}" if letter.quoted else "")).replace(
            "\n", "\r\n"
        ),
        html=letter.html or "",
        sender_name=letter.sender.name,
        sender_email=letter.sender.email,
        recipients=(
            *(MsgRecipient("to", who.name, who.email) for who in letter.to),
            *(MsgRecipient("cc", who.name, who.email) for who in letter.cc),
        ),
        sent=letter.when.astimezone(UTC),
        received=received.astimezone(UTC),
        message_id=letter.message_id,
        in_reply_to=letter.references[-1] if letter.references else "",
        references=" ".join(letter.references),
        headers="" if letter.sent_by_us else _transport_headers(letter),
        attachments=tuple(
            MsgAttachment(file.name, file.mime, file.data) for file in letter.enclosures
        ),
    )


def _transport_headers(letter: Letter) -> str:
    headers: list[Header] = envelope(
        letter.sender,
        letter.to,
        letter.cc,
        subject=letter.subject,
        when=letter.when,
        message_id=letter.message_id,
        charset=letter.charset,
    )
    if letter.references:
        headers += [
            ("In-Reply-To", letter.references[-1]),
            ("References", " ".join(letter.references)),
        ]
    return message(headers, text_part("", charset=letter.charset)).decode("ascii")

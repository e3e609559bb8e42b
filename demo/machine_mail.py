"""The mails a capture must recognise: machines, calendars, private, internal and unknown senders."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from demo.company.model import Client, Company, MachineKind, MachineMail
from demo.eml import Header, Part, encoded, envelope, message, multipart, text_part
from demo.letters import Address, address, digest, fill, make_id, signature


@dataclass(frozen=True, slots=True)
class _Frame:
    """What every one of them needs."""

    company: Company
    mail: MachineMail
    rep: str
    now: datetime

    @property
    def when(self) -> datetime:
        return self.mail.when.before(self.now, self.company.zone)

    @property
    def sender(self) -> Address:
        if self.mail.sender is None:
            return Address(self.mail.from_name, self.mail.from_email)
        return address(self.company, self.mail.sender, "zh")

    @property
    def me(self) -> Address:
        return address(self.company, self.rep, "zh")

    @property
    def client(self) -> Client:
        staff = self.mail.sender is None or self.company.is_staff(self.mail.sender)
        return "own" if staff else self.company.contact(self.mail.sender or "").client

    @property
    def text(self) -> str:
        return fill(self.mail.text, self.when, "zh" if not self.mail.text.isascii() else "en")

    @property
    def signed(self) -> str:
        if self.mail.sender is None:
            return f"{self.text}\n\n{self.mail.from_name}\n"
        return f"{self.text}\n\n{signature(self.company, self.mail.sender, 'zh')}\n"

    def headers(self, *, subject: str | None = None, charset: str = "utf-8") -> list[Header]:
        others = tuple(address(self.company, key, "zh") for key in self.mail.to)
        return envelope(
            self.sender,
            others or (self.me,),
            subject=self.mail.subject if subject is None else subject,
            when=self.when,
            message_id=make_id(self.client, self.mail.key, self.sender.email),
            charset=charset,
        )


def machine_mail(company: Company, mail: MachineMail, *, rep: str, now: datetime) -> bytes:
    return _FORMS[mail.kind](_Frame(company, mail, rep, now))


def _auto_reply(frame: _Frame) -> bytes:
    """Outlook's absence assistant."""
    extra: list[Header] = [
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "All"),
        ("X-MS-Exchange-Generated-Message-Source", "Mailbox Rules Agent"),
    ]
    part = text_part(frame.text + "\n", charset="gb2312")
    return message([*frame.headers(charset="gb2312"), *extra], part)


def _qq_holiday(frame: _Frame) -> bytes:
    """QQ Mail's holiday reply carries no header that says so: only its text does."""
    extra: list[Header] = [("X-Mailer", "QQMail 2.x"), ("X-QQ-SSF", "0000000000000000000000000000")]
    part = text_part(frame.text.replace("\n", "<br>\n"), charset="gb18030", subtype="html")
    return message([*frame.headers(charset="gb18030"), *extra], part)


def _newsletter(frame: _Frame) -> bytes:
    host = frame.sender.email.rpartition("@")[2]
    extra: list[Header] = [
        ("List-Unsubscribe", f"<https://{host}/unsubscribe/{digest(frame.mail.key)[:12]}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("Precedence", "bulk"),
    ]
    parts = [
        text_part(frame.text + "\n"),
        text_part(f"<html><body><p>{frame.text}</p></body></html>", subtype="html"),
    ]
    part = multipart("alternative", parts, digest(frame.mail.key) + "a")
    return message([*frame.headers(), *extra], part)


def _bounce(frame: _Frame) -> bytes:
    """A delivery report (RFC 3464) of our own mail server, for an address that is gone."""
    own = frame.company.own.domain
    gone = frame.mail.about
    server = Address("Mail Delivery Subsystem", f"mailer-daemon@mail.{own}")
    headers = envelope(
        server,
        (frame.me,),
        subject=frame.mail.subject,
        when=frame.when,
        message_id=make_id("own", frame.mail.key, frame.me.email),
    )
    extra: list[Header] = [("Return-Path", "<>"), ("Auto-Submitted", "auto-replied")]
    said = (
        f"This is the mail system at host mail.{own}.\n\nYour message could not be delivered.\n\n"
        f"<{gone}>: host mail.{gone.rpartition('@')[2]} said: 550 5.1.1 User unknown\n"
    )
    status = (
        f"Reporting-MTA: dns; mail.{own}\r\n\r\nFinal-Recipient: rfc822; {gone}\r\n"
        "Action: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\r\n"
    )
    original = f"From: {frame.me.email}\r\nTo: {gone}\r\nSubject: open day\r\n"
    parts = [
        text_part(said, charset="us-ascii", cte="7bit"),
        Part((("Content-Type", "message/delivery-status"),), status.encode()),
        Part((("Content-Type", "text/rfc822-headers"),), original.encode()),
    ]
    kind = " report-type=delivery-status;"
    part = multipart("report", parts, digest(frame.mail.key) + "d", kind)
    return message([*headers, *extra], part)


def _calendar(frame: _Frame, method: str) -> bytes:
    """An Outlook invitation (REQUEST) or an answer to ours (REPLY)."""
    mail = frame.mail
    if mail.start is None:
        raise ValueError(f"{mail.key} has no start")
    start = mail.start.before(frame.now, frame.company.zone)
    end = start + timedelta(minutes=mail.minutes)
    asked = method == "REQUEST"
    organiser, attendee = (frame.sender, frame.me) if asked else (frame.me, frame.sender)
    state = "NEEDS-ACTION;RSVP=TRUE" if asked else "ACCEPTED"
    lines = [
        "BEGIN:VCALENDAR",
        "PRODID:-//Microsoft Corporation//Outlook 16.0 MIMEDIR//EN",
        "VERSION:2.0",
        f"METHOD:{method}",
        "BEGIN:VEVENT",
        f"UID:040000008200E00074C5B7101A82E008{digest(mail.key)[:32].upper()}",
        f"DTSTAMP:{_stamp(frame.when)}",
        f"DTSTART:{_stamp(start)}",
        f"DTEND:{_stamp(end)}",
        f"SUMMARY:{mail.about or mail.subject}",
        f"LOCATION:{mail.place}",
        f"ORGANIZER;CN={organiser.name}:mailto:{organiser.email}",
        f"ATTENDEE;PARTSTAT={state};CN={attendee.name}:mailto:{attendee.email}",
        "SEQUENCE:0",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
    parts = [
        text_part(frame.signed if frame.text else "\n"),
        text_part("\n".join(lines), subtype="calendar", extra=f"; method={method}"),
    ]
    part = multipart("alternative", parts, digest(mail.key) + "c")
    return message(frame.headers(), part)


def _stamp(when: datetime) -> str:
    return f"{when.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _plain(frame: _Frame) -> bytes:
    return message(frame.headers(), text_part(frame.signed))


def _private(frame: _Frame) -> bytes:
    return message([*frame.headers(), ("Sensitivity", "Private")], text_part(frame.signed))


def _raw_8bit(frame: _Frame) -> bytes:
    """An old program that writes GB18030 into the headers as it is, against every standard."""
    head = [header for header in frame.headers(subject="") if header[0] not in ("Subject", "From")]
    lines = [
        f"From: {frame.sender.name} <{frame.sender.email}>",
        f"Subject: {frame.mail.subject}",
        *(f"{name}: {value}" for name, value in head),
        "X-Mailer: Foxmail 6.5 [cn]",
        "MIME-Version: 1.0",
        "Content-Type: text/plain",
        "Content-Transfer-Encoding: 8bit",
        "",
        "",
    ]
    body = frame.signed.replace("\n", "\r\n")
    return encoded(("\r\n".join(lines) + body).encode("gb18030"), "8bit")


_FORMS: Mapping[MachineKind, Callable[[_Frame], bytes]] = {
    "auto_reply": _auto_reply,
    "qq_holiday": _qq_holiday,
    "newsletter": _newsletter,
    "bounce": _bounce,
    "invitation": lambda frame: _calendar(frame, "REQUEST"),
    "acceptance": lambda frame: _calendar(frame, "REPLY"),
    "internal": _plain,
    "private": _private,
    "unknown": _plain,
    "raw_8bit": _raw_8bit,
}

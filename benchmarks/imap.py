"""How many mails a second come out of an IMAP mailbox, beside what mbsync does.

    python benchmarks/imap.py [--mails N] [--rounds N] [--rtt MS]

A real Dovecot (Debian: dovecot-imapd) holds 5,000 mails of 99 MB in four Chinese encodings, every
tenth with an attachment of 100 KB. In each round, one after the other, from an empty cursor:

    text      the source as it is: header fields, structure, text; captures, decoded and composed
    whole     the source's way for mails whose structure cannot be read: every mail as it is, read
    mbsync    the same mails into a Maildir (Debian: isync), without fsync; a C program that does
              not look at them

first over the loopback, then over a wire that emulates a round trip. Medians; ratios within a run.
"""

import argparse
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from base64 import encodebytes
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.header import Header
from email.utils import format_datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from agent.capture.base import Surroundings
from agent.capture.imap.account import Account
from agent.capture.imap.line import Line
from agent.capture.imap.reader import PageReader
from agent.capture.imap.responses import Value
from agent.capture.imap.session import Session
from agent.capture.imap.settings import Settings
from agent.capture.imap.source import ImapSource
from agent.capture.imap.uidset import UidSet
from agent.capture.mailbox import PAGE
from agent.clock import SystemClock
from agent.testing import DictSecrets
from tests.servers.dovecot import HOST, NO_DOVECOT, Dovecot, User, installed
from tests.servers.wire import Wire

CHARSETS = ("utf-8", "gb18030", "gbk", "gb2312")
ATTACHMENT = 100_000
BODY = 4_000
"""Bytes of an ordinary mail's text, so that 5,000 mails are 99 MB."""
TARGET_LOOPBACK = 1_500
TARGET_AFAR = 500
TARGET_RATIO = 0.5
WORDS = "您好感谢支持报价方案预算下周三前确认合同条款交付时间竞品价格优惠领导审批采购流程技术参数"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mails", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rtt", type=int, default=30, help="milliseconds, emulated")
    parser.add_argument("--wire", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.wire:
        _be_the_wire(options.wire, options.rtt / 1000)
        return
    if installed() is None:
        sys.exit(NO_DOVECOT)
    mbsync = shutil.which("mbsync")
    if mbsync is None:
        print("no mbsync: Debian and Ubuntu have it as isync; measuring without it")
    with Dovecot() as server:
        user = server.new_user()
        user.set_password("bench")
        size = _fill(server, user, options.mails)
        print(f"{options.mails} mails, {size / 1e6:.0f} MB; medians of {options.rounds} rounds")
        _measure("loopback", server.port, user, mbsync, options, TARGET_LOOPBACK)
        command = [sys.executable, __file__, "--wire", str(server.port), "--rtt", str(options.rtt)]
        wire = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert wire.stdout is not None
        port = int(wire.stdout.readline())
        try:
            _measure(f"{options.rtt} ms", port, user, mbsync, options, TARGET_AFAR)
        finally:
            wire.communicate()


def _measure(
    where: str,
    port: int,
    user: User,
    mbsync: str | None,
    options: argparse.Namespace,
    target: int,
) -> None:
    ways: dict[str, Callable[[], int]] = {
        "text": lambda: _text(port, user),
        "whole": lambda: _whole(port, user),
    }
    if mbsync is not None:
        ways["mbsync"] = lambda: _mbsync(mbsync, port, user)
    rates: dict[str, list[float]] = {name: [] for name in ways}
    cpu: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(options.rounds):
        for name, way in ways.items():
            before, started = _cpu_s(), time.perf_counter()
            assert way() == options.mails
            rates[name].append(options.mails / (time.perf_counter() - started))
            cpu[name].append(_cpu_s() - before)
    for name, each in rates.items():
        spread = f"{min(each):.0f}-{max(each):.0f}"
        used = statistics.median(cpu[name])
        print(
            f"{where:>9} {name:>7}: {statistics.median(each):6.0f} mails/s ({spread}), CPU {used:.1f} s"
        )
    text = statistics.median(rates["text"])
    print(f"{where:>9} text: target {target}/s {'met' if text >= target else 'MISSED'}")
    if "mbsync" in rates:
        ratio = statistics.median(
            ours / theirs for ours, theirs in zip(rates["whole"], rates["mbsync"], strict=True)
        )
        met = "met" if ratio >= TARGET_RATIO else "MISSED"
        print(f"{where:>9} whole / mbsync: {ratio:.2f}, target {TARGET_RATIO} {met}")


def _text(port: int, user: User) -> int:
    source = ImapSource("mail", _settings(port, user), _around(user))
    read = sum(len(batch.captures) for batch in source.poll(None))
    source.close()
    return read


class _Unstructured(Session):
    """A server whose structures are of no use."""

    def fetch(self, uids: UidSet, items: str) -> dict[int, dict[bytes, Value]]:
        found = super().fetch(uids, items)
        for said in found.values():
            said.pop(b"BODYSTRUCTURE", None)
        return found


def _whole(port: int, user: User) -> int:
    settings = _settings(port, user)
    line = Line("bench", Account("mail", settings, _around(user)))

    def read_all(plain: Session) -> int:
        session = _Unstructured(plain.client, has_qresync=True)
        marks = session.open("INBOX")
        todo = session.window(marks.exists, settings.since(SystemClock()).date())
        reader = PageReader("imap", session, "INBOX/1/", folder="Inbox", drafts=False)
        read = 0
        while page := todo.top(PAGE):
            done = reader.read(reader.fetch(page))
            assert not done.broken
            read += len(done.captures)
            todo -= page
        return read

    read = line.use(read_all)
    line.close()
    return read


def _mbsync(program: str, port: int, user: User) -> int:
    with tempfile.TemporaryDirectory() as folder:
        maildir = Path(folder) / "mail"
        maildir.mkdir()
        configuration = Path(folder) / "mbsyncrc"
        configuration.write_text(
            f"FSync no\nIMAPAccount a\nHost {HOST}\nPort {port}\nUser {user.name}\n"
            f"Pass {user.password}\nSSLType None\n\nIMAPStore far\nAccount a\n\n"
            f"MaildirStore near\nPath {maildir}/\nInbox {maildir}/INBOX\nSubFolders Verbatim\n\n"
            "Channel all\nFar :far:\nNear :near:\nPatterns INBOX\nSync Pull\nCreate Near\n"
            "SyncState *\n",
            "utf-8",
        )
        subprocess.run([program, "-q", "-c", str(configuration), "-a"], check=True)
        return sum(1 for one in (maildir / "INBOX").rglob("*,U=*") if one.is_file())


def _settings(port: int, user: User) -> Settings:
    options: dict[str, Any] = {"type": "imap", "host": HOST, "port": port, "tls": "none"}
    return Settings.model_validate({**options, "username": user.name, "folders": ["inbox"]})


def _around(user: User) -> Surroundings:
    secrets = DictSecrets({"password@mail": user.password})
    return Surroundings(clock=SystemClock(), secrets=secrets, state_dir=Path(tempfile.gettempdir()))


def _cpu_s() -> float:
    """Of this process and the programs it ran to their end: not of the server."""
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, whose))


def _fill(server: Dovecot, user: User, count: int) -> int:
    """Straight into the Maildir: APPEND would take longer than everything that is measured."""
    root = server.root / "mail" / user.name / "Maildir"
    new = root / "cur"
    owner = server.mail_owner()
    for folder in (new, root / "new", root / "tmp"):
        folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(1)
    now = datetime.now(UTC)
    size = 0
    for n in range(count):
        moment = now - timedelta(minutes=10 * (count - n))
        raw = _mail(chance, n, moment)
        path = new / f"{int(moment.timestamp())}.{n}.bench:2,S"
        path.write_bytes(raw)
        os.utime(path, (moment.timestamp(), moment.timestamp()))
        os.chown(path, *owner)
        size += len(raw)
    for folder in (new, root / "new", root / "tmp", root, root.parent):
        os.chown(folder, *owner)
    client = user.client()
    client.select()  # the server writes its index once, before anything is measured
    client.logout()
    return size


def _mail(chance: random.Random, n: int, moment: datetime) -> bytes:
    charset = CHARSETS[n % len(CHARSETS)]
    text = "".join(chance.choices(WORDS, k=BODY // (3 if charset == "utf-8" else 2)))
    lines = "\r\n".join(text[at : at + 40] for at in range(0, len(text), 40))
    words = encodebytes(lines.encode("gb18030" if charset == "gb2312" else charset)).decode()
    subject = Header("".join(chance.choices(WORDS, k=14)), "utf-8").encode()
    head = (
        f"Received: from a.example by b.example; {format_datetime(moment)}\r\n"
        * 4
        + f"From: =?utf-8?q?=E5=BC=A0=E4=BC=9F?= <zhang{n % 97}@customer{n % 41}.example>\r\n"
        f"To: li@ours.example\r\nSubject: {subject}\r\nDate: {format_datetime(moment)}\r\n"
        f"Message-ID: <{n}@customer.example>\r\nMIME-Version: 1.0\r\n"
    )
    part = (
        f"Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + words.replace("\n", "\r\n")
    )
    if n % 10:
        return (head + part).encode()
    attached = encodebytes(chance.randbytes(ATTACHMENT)).decode().replace("\n", "\r\n")
    return (
        head
        + 'Content-Type: multipart/mixed; boundary="b0"\r\n\r\n--b0\r\n'
        + part
        + '\r\n--b0\r\nContent-Type: application/pdf; name="a.pdf"\r\n'
        + f"Content-Transfer-Encoding: base64\r\n\r\n{attached}\r\n--b0--\r\n"
    ).encode()


def _be_the_wire(port: int, rtt_s: float) -> None:
    """In a process of its own, so that it costs the client nothing."""
    with Wire(port, rtt_s=rtt_s) as wire:
        print(wire.port, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()

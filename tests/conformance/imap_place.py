"""A mailbox on a real IMAP server, behind a wire that can fail."""

import imaplib
import ssl
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, cast, get_args

from imapclient.imap_utf7 import decode as decode_utf7
from imapclient.imap_utf7 import encode as encode_utf7

from tests.conformance.moving_clock import MovingClock
from tests.servers import dovecot
from tests.servers.wire import Fault, Wire

FOLDERS = ("INBOX", "已发送", "客户/苏州")
_FAULTS: tuple[Fault, ...] = get_args(Fault)


class ImapPlace:
    """TLS all the way from the source to the wire, which reads along."""

    type = "imap"

    def __init__(self, root: Path, clock: MovingClock) -> None:
        self._clock = clock
        self._server = dovecot.shared()
        self._user = self._server.new_user()
        self._wire = Wire(self._server.port, tls=tls_side(self._server)).start()
        self._changer: imaplib.IMAP4 | None = None
        self._password = self._user.password
        self._refuses = False
        self._numbers: dict[str, int] = {}
        for folder in FOLDERS[1:]:
            self._client().create(_encoded(folder))

    def settings(self) -> Mapping[str, Any]:
        return {
            "type": self.type,
            "host": dovecot.HOST,
            "port": self._wire.port,
            "tls": "ssl",
            "ca_file": str(self._server.ca_file),
            "username": self._user.name,
            "folders": ["inbox", "sent", "客户/苏州"],
        }

    def secrets(self) -> Mapping[str, str]:
        return {"password@it": self._password}

    def add(self, n: int) -> str:
        external_id = self._append(FOLDERS[n % len(FOLDERS)], mail(n, 0), hours=n + 1)
        self._numbers[external_id] = n
        return external_id

    def change(self, external_id: str) -> str:
        """As an archive that repairs mails does: a new copy, the old one gone."""
        n = self._numbers[external_id]
        folder = _folder(external_id)
        self.remove(external_id)
        changed = self._append(folder, mail(n, len(self._numbers)), hours=n + 1)
        self._numbers[changed] = n
        return changed

    def remove(self, external_id: str) -> None:
        client = self._client()
        client.select(_encoded(_folder(external_id)))
        uid = external_id.rpartition("/")[2]
        client.uid("STORE", uid, "+FLAGS.SILENT", "(\\Deleted)")
        client.expunge()
        client.unselect()

    def break_one(self) -> str:
        return self._append("INBOX", b"\r\nno header, no sender, nothing\r\n", hours=1)

    def move(self, external_id: str) -> str:
        folder = _folder(external_id)
        to = next(one for one in FOLDERS if one != folder)
        client = self._client()
        client.select(_encoded(folder))
        _, data = client.uid("MOVE", external_id.rpartition("/")[2], _encoded(to))
        copied = client.untagged_responses.pop("COPYUID", None) or data
        client.unselect()
        validity, _, uid = cast("bytes", copied[-1]).decode().split()[-3:]
        return _external_id(to, validity, uid)

    def vanish(self) -> None:
        self._wire.refuse()

    def come_back(self) -> None:
        self._wire.accept_again()

    def fail(self, request: int) -> None:
        self._wire.fail_at(request, _FAULTS[request % len(_FAULTS)])

    def stall(self) -> None:
        self._wire.stall()

    def recover(self) -> None:
        self._wire.recover()
        if self._refuses:
            self._user.set_password(self._password)
            self._refuses = False

    def refuse_sign_in(self) -> None:
        self._user.set_password("another-1")
        self._refuses = True

    def sign_ins(self) -> int:
        return self._wire.sign_ins

    def close(self) -> None:
        if self._changer is not None:
            self._changer.logout()
        self._wire.stop()

    def _client(self) -> imaplib.IMAP4:
        """Past the wire: what the test does is not counted and does not fail."""
        if self._changer is None:
            self._changer = self._user.client()
        return self._changer

    def _append(self, folder: str, raw: bytes, *, hours: float) -> str:
        when = self._clock.now() - timedelta(hours=hours)
        client = self._client()
        typ, data = client.append(
            _encoded(folder), "", imaplib.Time2Internaldate(when.timestamp()), raw
        )
        assert typ == "OK", data
        validity, uid = data[0].decode().partition("APPENDUID ")[2].partition("]")[0].split()
        return _external_id(folder, validity, uid)


def mail(n: int, revision: int) -> bytes:
    return (
        f"From: a{n}@customer.example\r\nTo: li@ours.example\r\nSubject: 第{n}封\r\n"
        f"Date: Fri, 20 Nov 2026 10:{n % 60:02}:00 +0800\r\nMessage-ID: <{n}@customer.example>\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\n\r\n您好，第{revision}版\r\n"
    ).encode()


def tls_side(server: dovecot.Dovecot) -> ssl.SSLContext:
    """What the wire shows to the client: a certificate of the server's own authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.ca.issue_cert(dovecot.HOST, dovecot.NAME).configure_cert(context)
    return context


def _encoded(folder: str) -> str:
    return '"' + encode_utf7(folder).decode() + '"'


def _external_id(folder: str, validity: str, uid: str) -> str:
    name = encode_utf7(folder).decode().replace("%", "%25").replace("/", "%2F")
    return f"{name}/{validity}/{uid}"


def _folder(external_id: str) -> str:
    return decode_utf7(
        external_id.partition("/")[0].replace("%2F", "/").replace("%25", "%").encode()
    )

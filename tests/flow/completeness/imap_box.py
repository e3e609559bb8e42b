"""A mailbox on a real Dovecot, behind a wire that fails."""

import imaplib
import itertools
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

from imapclient.imap_utf7 import encode as encode_utf7

from tests.conformance.imap_place import tls_side
from tests.flow.completeness import account
from tests.flow.completeness.account import Thing
from tests.flow.completeness.company import EXCLUDED_FOLDER
from tests.servers import dovecot
from tests.servers.wire import Fault, Wire

_NAMES = {
    account.INBOX: "INBOX",
    account.SENT: "已发送",
    account.DRAFTS: "Drafts",
    account.PROJECT: "INBOX/项目A",
    account.RENAMED: "INBOX/项目B",
    account.PASSING: "INBOX/临时",
}
_BROKEN = b"\r\nno header, no sender, nothing\r\n"
_FAULTS: tuple[Fault, ...] = get_args(Fault)


class ImapBox:
    type = "imap"
    has_window = True

    def __init__(self, root: Path) -> None:
        del root
        self._server = dovecot.shared()
        self._user = self._server.new_user()
        self.password = self._user.password
        self._wire = Wire(self._server.port, tls=tls_side(self._server)).start()
        self._client = self._user.client()
        self._selected = ""
        self._places: dict[int, tuple[str, str, str]] = {}
        """Thing → folder, UIDVALIDITY, UID."""
        self._ways = itertools.cycle(_FAULTS)
        self._armed_at: int | None = None
        self.faults = 0
        named = (
            *(account.SENT, account.CUSTOMERS, account.PROJECT, account.PASSING),
            *(EXCLUDED_FOLDER, account.AWAY),
        )
        for folder in named:
            self._do(self._client.create(_encoded(_name(folder))))

    def settings(self) -> Mapping[str, Any]:
        return {
            "type": self.type,
            "host": dovecot.HOST,
            "port": self._wire.port,
            "tls": "ssl",
            "ca_file": str(self._server.ca_file),
            "username": self._user.name,
            "folders": ["inbox", "sent", "Drafts", account.CUSTOMERS, EXCLUDED_FOLDER],
        }

    def put(self, thing: Thing) -> None:
        assert thing.letter is not None
        flags = "\\Draft" if thing.letter.is_draft else ""
        self._append(thing, thing.letter.raw(), flags, thing.letter.at.timestamp())

    def put_broken(self, thing: Thing) -> str:
        self._append(thing, _BROKEN, "", 1_790_000_000)
        return "item_not_a_mail"

    def move(self, thing: Thing, folder: str) -> None:
        self._places[thing.key] = self._taken_to("MOVE", thing, folder)

    def copy(self, thing: Thing, new: Thing) -> None:
        self._places[new.key] = self._taken_to("COPY", thing, new.folder)

    def remove(self, thing: Thing) -> None:
        folder, _, uid = self._places.pop(thing.key)
        self._open(folder)
        self._do(self._client.uid("STORE", uid, "+FLAGS.SILENT", "(\\Deleted)"))
        self._do(self._client.expunge())

    def rename(self, folder: str, to: str) -> None:
        self._shut()
        before, after = _name(folder), _name(to)
        self._do(self._client.rename(_encoded(before), _encoded(after)))
        for key, (name, validity, uid) in self._places.items():
            if name == before:
                self._places[key] = (after, validity, uid)

    def delete_folder(self, folder: str) -> None:
        self._shut()
        self._do(self._client.delete(_encoded(_name(folder))))
        self._places = {
            key: place for key, place in self._places.items() if place[0] != _name(folder)
        }

    def forget(self) -> None:
        """A folder restored from a backup: the same mails, numbered anew."""
        name = _name(account.CUSTOMERS)
        mine = {key: place[2] for key, place in self._places.items() if place[0] == name}
        whole: dict[int, tuple[bytes, bytes]] = {}
        self._open(name)
        for key, uid in mine.items():
            data = self._do(self._client.uid("FETCH", uid, "(INTERNALDATE BODY.PEEK[])"))
            head, raw = data[0]  # type: ignore[misc]
            whole[key] = (head.partition(b'INTERNALDATE "')[2].partition(b'"')[0], raw)
        self._shut()
        self._do(self._client.delete(_encoded(name)))
        self._do(self._client.create(_encoded(name)))
        for key, (date, raw) in whole.items():
            told = self._do(self._client.append(_encoded(name), "", f'"{date.decode()}"', raw))
            self._places[key] = (name, *_appended(told))

    def fail(self, request: int) -> None:
        self._armed_at = len(self._wire.commands) + request
        self._wire.fail_at(request, next(self._ways))

    def recover(self) -> None:
        if self._armed_at is not None and len(self._wire.commands) >= self._armed_at:
            self.faults += 1
        self._armed_at = None
        self._wire.recover()

    def listing(self) -> Mapping[str, int]:
        found: dict[str, int] = {}
        for name in {place[0] for place in self._places.values()} - {_name(account.AWAY)}:
            self._open(name)
            there = self._do(self._client.uid("SEARCH", "ALL"))[0].split()  # type: ignore[union-attr]
            mine = [place for place in self._places.values() if place[0] == name]
            assert {uid.decode() for uid in there} == {uid for _, _, uid in mine}
        since = self._since()
        for key, (name, validity, uid) in self._places.items():
            if name != _name(account.AWAY) and uid in since[name]:
                folder = encode_utf7(name).decode().replace("%", "%25").replace("/", "%2F")
                found[f"{folder}/{validity}/{uid}"] = key
        return found

    def close(self) -> None:
        self._client.logout()
        self._wire.stop()

    def _since(self) -> dict[str, set[str]]:
        """What was received within the window: the old letters are far before it."""
        found: dict[str, set[str]] = {}
        for name in {place[0] for place in self._places.values()}:
            self._open(name)
            told = self._do(self._client.uid("SEARCH", "SINCE", _window_begins()))
            found[name] = {uid.decode() for uid in told[0].split()}  # type: ignore[union-attr]
        return found

    def _append(self, thing: Thing, raw: bytes, flags: str, at: float) -> None:
        name = _name(thing.folder)
        date = imaplib.Time2Internaldate(at)
        told = self._do(self._client.append(_encoded(name), f"({flags})", date, raw))
        self._places[thing.key] = (name, *_appended(told))

    def _taken_to(self, command: str, thing: Thing, folder: str) -> tuple[str, str, str]:
        name, _, uid = self._places[thing.key]
        self._open(name)
        self._client.untagged_responses.pop("COPYUID", None)
        data = self._do(self._client.uid(command, uid, _encoded(_name(folder))))
        copied = self._client.untagged_responses.pop("COPYUID", None) or data
        validity, _, new = (
            copied[-1].decode().replace("]", " ").partition("COPYUID ")[2].split()[:3]
            or copied[-1].decode().split()[-3:]
        )
        return _name(folder), validity, new

    def _open(self, name: str) -> None:
        if self._selected != name:
            self._do(self._client.select(_encoded(name)))
            self._selected = name

    def _shut(self) -> None:
        if self._selected:
            self._client.unselect()
            self._selected = ""

    @staticmethod
    def _do(answer: tuple[str, list[Any]]) -> list[Any]:
        status, data = answer
        assert status == "OK", data
        return data


def _window_begins() -> str:
    day = datetime.now(UTC) - timedelta(days=180)
    return f"{day:%d-%b-%Y}"


def _appended(told: list[Any]) -> tuple[str, str]:
    """UIDVALIDITY and UID."""
    validity, uid = told[0].decode().partition("APPENDUID ")[2].partition("]")[0].split()
    return validity, uid


def _name(folder: str) -> str:
    return _NAMES.get(folder, folder)


def _encoded(folder: str) -> str:
    return '"' + encode_utf7(folder).decode() + '"'

"""Servers that lie, hang up over a password, answer half, or say more than can be held."""

import contextlib
import ssl
import threading
from collections.abc import Callable, Iterator

import pytest
import trustme

from agent.capture import registry
from agent.capture.base import Source
from agent.capture.imap import connecting
from agent.capture.imap.account import Account
from agent.capture.imap.faults import hung_up_over_password
from agent.capture.imap.line import SIGN_INS, Line
from agent.capture.imap.settings import Settings
from agent.capture.imap.uidset import UidSet
from agent.errors import SourceAuthFailed, SourceUnavailable
from agent.testing import DictSecrets
from tests.conformance.moving_clock import MovingClock
from tests.conformance.surroundings import alone
from tests.servers.scripted_imap import HOST, ScriptedImap

Start = Callable[[ScriptedImap], Source]


@pytest.fixture
def start() -> Iterator[Start]:
    with contextlib.ExitStack() as ends:

        def begin(server: ScriptedImap) -> Source:
            ends.enter_context(server)
            settings = {"type": "imap", "host": HOST, "port": server.port, "tls": "none"}
            secrets = DictSecrets({"password@it": "secret"})
            source = registry.build(
                "it",
                {**settings, "username": "li", "folders": ["inbox"]},
                alone(MovingClock(), secrets),
            )
            ends.callback(source.close)
            return source

        yield begin


@pytest.mark.parametrize("size", ["70000000", "99999999999999", "9" * 30])
def test_room_is_not_made_for_what_may_never_come(start: Start, size: str) -> None:
    source = start(ScriptedImap({"UID FETCH": f"* 1 FETCH (UID 1 BODY[] {{{size}}}\r\nabc"}))
    with pytest.raises(SourceUnavailable) as caught:
        list(source.poll(None))
    assert caught.value.code == "mailbox_connection_lost"


@pytest.mark.parametrize("words", ["Authentication failed.", "LOGIN failed", "Invalid credentials"])
def test_a_server_that_hangs_up_over_the_password_is_asked_once(start: Start, words: str) -> None:
    server = ScriptedImap({"LOGIN": f"* BYE {words}\r\n"})
    source = start(server)
    for _ in range(3):
        with pytest.raises(SourceAuthFailed) as caught:
            list(source.poll(None))
        assert caught.value.code == "password_refused"
    assert server.count("LOGIN") == 1


@pytest.mark.parametrize(
    "words",
    [
        "command: LOGIN => socket error: EOF",
        "command: LOGIN => Server shutting down.",
        "command: LOGIN => Too many connections, try again later",
        "command: LOGIN => Internal error, authentication failed temporarily",
    ],
)
def test_hanging_up_alone_says_nothing_about_the_password(words: str) -> None:
    assert not hung_up_over_password(words)


def test_no_answer_to_a_search_is_not_an_empty_one(start: Start) -> None:
    mail = "From: a@b.example\r\nDate: Fri, 20 Nov 2026 10:00:00 +0800\r\n\r\nhello"
    fields = f'RFC822.SIZE 9 INTERNALDATE "20-Nov-2026 10:00:00 +0800" BODY[]<0> {{{len(mail)}}}'
    server = ScriptedImap(
        {
            "UID SEARCH RETURN": '* ESEARCH (TAG "x") UID ALL 1:2\r\n',
            "UID SEARCH": "* SEARCH 1 2\r\n",
            "UID FETCH": "".join(f"* {n} FETCH (UID {n} {fields}\r\n{mail})\r\n" for n in (1, 2)),
        },
        capabilities="IMAP4rev1 ESEARCH",
    )
    source = start(server)
    (*_, last) = source.poll(None)
    server.answers["EXAMINE"] = server.folder(exists=3, next_uid=4)
    server.answers["UID SEARCH RETURN"] = ""
    assert [batch.removed for batch in source.poll(last.cursor) if batch.removed] == []


class Breaks(ScriptedImap):
    """Ends the connection at some mails, whoever asks for them."""

    bad: UidSet

    def _answer(self, command: str) -> bytes:
        if not command.startswith("UID FETCH"):
            return super()._answer(command)
        wanted = UidSet.parse(command.split()[2])
        if wanted & self.bad:
            return b"* 1 FETCH ("
        return b"".join(
            b'* %d FETCH (UID %d RFC822.SIZE 9 INTERNALDATE "20-Nov-2026 10:00:00 +0800" BODY[]<0> '
            b"{%d}\r\n%s)\r\n" % (uid, uid, len(_MAIL), _MAIL)
            for uid in wanted
        )


_MAIL = b"From: a@b.example\r\nDate: Fri, 20 Nov 2026 10:00:00 +0800\r\n\r\nhello"


def breaking(*bad: int) -> Breaks:
    server = Breaks(
        {
            "EXAMINE": ScriptedImap.folder(exists=250, next_uid=251),
            "UID SEARCH": f"* SEARCH {' '.join(map(str, range(1, 251)))}\r\n",
        }
    )
    server.bad = UidSet.of(bad)
    return server


def test_a_server_that_breaks_off_all_the_time_is_not_signed_in_to_all_the_time(
    start: Start,
) -> None:
    server = breaking(*range(2, 251))
    source = start(server)
    for passes in (1, 2):
        with pytest.raises(SourceUnavailable) as caught:
            list(source.poll(None))
        assert caught.value.code == "mailbox_connection_lost"
        assert caught.value.retry_after
        assert caught.value.retry_after >= 60
        assert server.count("LOGIN") <= passes * SIGN_INS


def test_the_mails_to_blame_are_found_from_pass_to_pass(start: Start) -> None:
    server = breaking(3, 77, 240)
    source = start(server)
    for _ in range(5):
        before = server.count("LOGIN")
        try:
            batches = list(source.poll(None))
        except SourceUnavailable:
            assert server.count("LOGIN") - before <= SIGN_INS
            continue
        break
    broken = sorted(one.external_id.rpartition("/")[2] for one in batches[-1].broken)
    assert broken == ["240", "3", "77"]
    assert len(batches[-1].captures) == 247
    before = server.count("LOGIN")
    assert len(list(source.poll(None))[-1].broken) == 3, "they are remembered"
    assert server.count("LOGIN") - before <= 1


def test_a_python_without_the_systems_certificates_trusts_the_usual_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere.pem")
    monkeypatch.setenv("SSL_CERT_DIR", "/nowhere")
    assert connecting.trusted(None).cert_store_stats()["x509_ca"] > 0


def test_closing_never_takes_the_encryption_off_what_is_being_said() -> None:
    """Whoever is about to send the password when ``close`` comes must not send it in the clear."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    asked, closed = threading.Event(), threading.Event()
    encrypted: list[bool] = []
    with ScriptedImap({}, tls=context) as server:
        settings = Settings(type="imap", host="localhost", port=server.port, username="li")
        secrets = DictSecrets({"password@it": "secret"})

        def taken(client) -> None:
            line._take(client)
            asked.set()
            closed.wait(10)
            encrypted.append(client.socket().version() is not None)

        class Slow(Account):
            def open(self, _taken):
                return super().open(taken)

        with pytest.MonkeyPatch.context() as patch:
            ca_file = server.write_ca(authority)
            patch.setenv("SSL_CERT_FILE", str(ca_file))
            line = Line("it", Slow("it", settings, alone(MovingClock(), secrets)))
            answer = line.begin(lambda _session: None)
            assert asked.wait(10)
            line.close()
            closed.set()
            with pytest.raises(SourceUnavailable):
                answer()
            line._busy.acquire(timeout=10)
    assert encrypted == [True]
    assert server.count("LOGIN") == 0

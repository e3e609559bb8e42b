import threading
from dataclasses import dataclass, field

import pytest

from agent import messages
from agent.capture import registry
from agent.capture.imap import providers
from agent.capture.imap.account import Account
from agent.capture.imap.faults import means_wrong_password
from agent.capture.imap.settings import Settings
from agent.errors import SourceAuthFailed, SourceError, SourceUnavailable
from agent.testing import DictSecrets
from tests.agent.capture.imap.box import Box
from tests.conformance.imap_place import tls_side
from tests.conformance.moving_clock import MovingClock
from tests.conformance.surroundings import alone
from tests.servers.wire import Wire


@dataclass
class Person:
    answer: str = ""
    told: list[str] = field(default_factory=list)

    def say(self, code: str, /, **params: object) -> None:
        self._know(code, params)

    def ask_secret(self, code: str, /, **params: object) -> str:
        self._know(code, params)
        return self.answer

    def open_page(self, url: str) -> bool:
        return False

    def _know(self, code: str, params: dict[str, object]) -> None:
        for language in messages.LANGUAGES:
            assert messages.text(code, language, **params)
        self.told.append(code)


def sign_in(box: Box, person: Person) -> bool:
    return registry.sign_in("it", box.options, alone(box.clock, box.secrets), person)


def test_a_password_is_proved_before_it_is_kept(box: Box) -> None:
    box.secrets = DictSecrets()
    person = Person(box.user.password)
    assert sign_in(box, person)
    assert person.told == ["password_ask"]
    assert box.secrets.get("password@it") == box.user.password
    box.add("一")
    assert box.take().subjects == ["一"]


@pytest.mark.parametrize("answer", ["", "wrong"])
def test_what_does_not_open_the_mailbox_is_not_kept(box: Box, answer: str) -> None:
    box.secrets = DictSecrets({"password@it": "before"})
    with pytest.raises(SourceAuthFailed) as caught:
        sign_in(box, Person(answer))
    assert caught.value.code == ("password_refused" if answer else "password_missing")
    assert box.secrets.secrets == {"password@it": "before"}


def test_signing_in_with_the_same_password_opens_a_refused_mailbox(box: Box) -> None:
    right = box.user.password
    box.user.set_password("locked-out-1")
    with pytest.raises(SourceAuthFailed):
        box.take()
    box.user.set_password(right)
    with pytest.raises(SourceAuthFailed):
        box.take()
    assert sign_in(box, Person(right))
    assert box.take().captures == []


def test_a_server_that_is_busy_says_nothing_about_the_password(box: Box) -> None:
    with Wire(box.server.port, tls=tls_side(box.server)) as wire:
        box.options |= {"port": wire.port, "tls": "ssl", "ca_file": str(box.server.ca_file)}
        commands_before_sign_in = 1  # CAPABILITY
        for fault, code in (
            ("busy", "mailbox_busy"),
            ("cut", "mailbox_connection_lost"),
            ("reset", "mailbox_connection_lost"),
        ):
            wire.fail_at(commands_before_sign_in + 1, fault, after_bytes=3)
            with pytest.raises(SourceUnavailable) as caught:
                box.take()
            assert caught.value.code == code
        assert set(box.secrets.secrets) == {"password@it"}
        assert box.take().captures == []


@pytest.mark.parametrize(
    "text",
    [
        "b'[AUTHENTICATIONFAILED] Authentication failed.'",
        "b'LOGIN Login error or password error'",
        "b'Login fail. Password is incorrect or service is not open.'",
        "b'Login fail. Account is abnormal, password is incorrect, or system is busy. Try again later.'",
        "b'Login fail. Please using authorization code to login.'",
        "b'ERR.LOGIN.PASSERR'",
        "b'[AUTHORIZATIONFAILED] no'",
        "b'LOGIN failed.'",
        "b'no'",
    ],
)
def test_words_that_mean_the_password(text: str) -> None:
    assert means_wrong_password(text)


@pytest.mark.parametrize(
    "text",
    [
        "b'[UNAVAILABLE] Temporary authentication failure.'",
        "b'[LIMIT] too many'",
        "b'[INUSE] mailbox locked'",
        "b'[ALERT] Too many simultaneous connections. (Failure)'",
        "b'[CONTACTADMIN] ask'",
        "b'System temporarily unavailable'",
        "b'LOGIN Unsafe Login. Please contact us'",
        "LOGIN command error: BAD [b'User is authenticated but not connected.']",
    ],
)
def test_words_that_do_not(text: str) -> None:
    assert not means_wrong_password(text)


@pytest.mark.parametrize(
    ("host", "wanted"),
    [
        ("imap.163.com", True),
        ("imap.qq.com", True),
        ("imap.exmail.qq.com", True),
        ("IMAPHZ.QIYE.163.COM.", True),
        ("imap.gmail.com", True),
        ("mail.example.com", False),
        ("imap.notqq.com", False),
        ("qq.com.example.com", False),
        ("127.0.0.1", False),
    ],
)
def test_who_wants_a_code_instead_of_the_password(host: str, wanted: bool) -> None:
    assert providers.wants_code(host) is wanted


def test_whoever_wants_a_code_is_told_where_to_get_it() -> None:
    settings = {"type": "imap", "host": "imap.exmail.qq.com", "username": "li@ours.example"}
    account = Account(
        "mail", Settings.model_validate(settings), alone(MovingClock(), DictSecrets())
    )
    with pytest.raises(SourceAuthFailed) as caught:
        account.open(lambda _: None)
    assert caught.value.code == "password_missing_code"
    for code in ("password_missing_code", "password_refused_code", "password_code_wanted"):
        for language in messages.LANGUAGES:
            assert "授权码" in messages.text(code, language, source="mail")
    person = Person()
    with pytest.raises(SourceAuthFailed):
        registry.sign_in("mail", settings, alone(MovingClock(), DictSecrets()), person)
    assert person.told == ["password_code_wanted", "password_ask_code"]


def test_closing_before_anything_began() -> None:
    settings = {"type": "imap", "host": "127.0.0.1", "tls": "none", "username": "li"}
    source = registry.build("it", settings, alone(MovingClock(), DictSecrets()))
    source.close()
    for ask in (lambda: list(source.poll(None)), lambda: list(source.inventory())):
        with pytest.raises(SourceError) as caught:
            ask()
        assert caught.value.code == "source_stopped"
    assert threading.active_count() < 50

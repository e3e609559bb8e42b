"""Every way to sign in, against a server that checks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.capture import registry
from agent.errors import Misconfigured, SourceAuthFailed, SourceError, SourceUnavailable
from agent.testing import DictSecrets
from tests.agent.capture.exchange.box import PASSWORD, Box
from tests.conformance.surroundings import alone
from tests.servers.ews.signin import Scheme


@pytest.fixture(params=["ntlm", "basic", "oauth2"])
def scheme(request: pytest.FixtureRequest) -> Scheme:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def guarded(tmp_path: Path, scheme: Scheme) -> Iterator[Box]:
    box = Box(tmp_path, frozenset({scheme}))
    box.server.client_secrets["app"] = (PASSWORD, "li")
    for n in range(60):
        box.deliver(n)
    yield box
    box.server.close()


def more(box: Box, scheme: Scheme) -> dict[str, object]:
    if scheme != "oauth2":
        return {"auth": scheme}
    return {"auth": scheme, "client_id": "app", "token_url": box.server.at("/token")}


def test_the_right_password_reads(guarded: Box, scheme: Scheme) -> None:
    assert len(guarded.read(**more(guarded, scheme)).mails) == 60  # type: ignore[arg-type]
    # NTLM signs in the connection, which is kept; a token is fetched once.
    assert guarded.server.users.attempts == 1


def test_the_wrong_one_is_tried_once(guarded: Box, scheme: Scheme) -> None:
    guarded.secrets.set("password@office", "wrong")
    for _ in range(3):
        with pytest.raises(SourceAuthFailed) as caught:
            guarded.read(**more(guarded, scheme))  # type: ignore[arg-type]
        assert caught.value.code == "password_refused"
    assert guarded.server.users.attempts == 1
    assert guarded.server.script.number == 0
    guarded.secrets.set("password@office", PASSWORD)
    assert len(guarded.read(**more(guarded, scheme)).mails) == 60  # type: ignore[arg-type]


def test_ntlm_works_without_encryption_on_this_computer(tmp_path: Path) -> None:
    box = Box(tmp_path, frozenset({"ntlm"}), tls=False)
    box.deliver(0)
    assert len(box.read(auth="ntlm").mails) == 1
    box.server.close()


def test_a_server_without_this_way_of_signing_in(tmp_path: Path) -> None:
    box = Box(tmp_path, frozenset({"ntlm"}))
    with pytest.raises(SourceAuthFailed):
        box.read(auth="basic")
    assert box.server.users.attempts == 0
    box.server.close()


def test_an_application_acts_for_the_mailbox(tmp_path: Path) -> None:
    box = Box(tmp_path, frozenset({"oauth2"}))
    box.server.client_secrets["app"] = (PASSWORD, "li")
    box.read(
        auth="oauth2", client_id="app", token_url=box.server.at("/token"), scope="mail/.default"
    )
    (form,) = box.server.token_requests
    assert (form["client_id"], form["scope"]) == ("app", "mail/.default")
    box.server.users.tokens.clear()
    with pytest.raises(SourceAuthFailed):
        box.read(auth="oauth2", client_id="other", token_url=box.server.at("/token"))
    box.server.close()


def test_a_token_that_was_called_back_is_fetched_anew(tmp_path: Path) -> None:
    box = Box(tmp_path, frozenset({"oauth2"}))
    box.server.client_secrets["app"] = (PASSWORD, "li")
    for n in range(300):
        box.deliver(n)
    source = box.build(auth="oauth2", client_id="app", token_url=box.server.at("/token"))
    taken = 0
    for batch in source.poll(None):
        taken += len(batch.captures)
        box.server.users.tokens.clear()
    assert taken == 300
    assert not any(name.startswith("refused@") for name in box.secrets.secrets)
    box.server.client_secrets["app"] = ("another", "li")
    box.server.users.tokens.clear()
    with pytest.raises(SourceAuthFailed):
        list(source.poll(None))
    source.close()
    box.server.close()


def test_a_token_server_that_is_down_is_no_wrong_secret(tmp_path: Path) -> None:
    box = Box(tmp_path, frozenset({"oauth2"}))
    for url in (box.server.at("/nothing"), "https://localhost:9/token"):
        with pytest.raises(SourceError) as caught:
            box.read(auth="oauth2", client_id="app", token_url=url)
        assert caught.value.code != "password_refused"
    assert not any(name.startswith("refused@") for name in box.secrets.secrets)
    box.server.close()


def test_a_shared_mailbox(box: Box) -> None:
    shared = box.server.add_mailbox("sales@example.com", open_to={"li"})
    closed = box.server.add_mailbox("boss@example.com", open_to={"boss"})
    box.deliver(0)
    box.store = shared
    box.deliver(7)
    taken = box.read(mailbox="sales@example.com")
    assert [one.identity for one in taken.mails] == ["mid:<7@customer.example>"]
    assert closed.items == {}
    for address, code in (
        ("boss@example.com", "mailbox_no_access"),
        ("nobody@example.com", "mailbox_unknown"),
    ):
        with pytest.raises(SourceError) as caught:
            box.read(mailbox=address)
        assert caught.value.code == code


class Typist:
    def __init__(self, types: str) -> None:
        self.types = types
        self.asked: list[str] = []

    def say(self, code: str, /, **params: object) -> None:
        pass

    def ask_secret(self, code: str, /, **params: object) -> str:
        self.asked.append(code)
        return self.types

    def open_page(self, url: str) -> bool:
        raise AssertionError(url)


def test_sign_in_proves_and_keeps(box: Box) -> None:
    secrets = DictSecrets()
    around = alone(box.clock, secrets)
    settings = box.settings()
    for typed, code in (("", "password_missing"), ("wrong", "password_refused")):
        with pytest.raises(SourceAuthFailed) as caught:
            registry.sign_in("office", settings, around, Typist(typed))
        assert caught.value.code == code
        assert secrets.secrets == {}
    person = Typist(PASSWORD)
    assert registry.sign_in("office", settings, around, person)
    assert person.asked == ["password_ask"]
    assert secrets.secrets["password@office"] == PASSWORD
    assert box.server.users.attempts == 2
    box.server.stop()
    with pytest.raises(SourceUnavailable):
        registry.sign_in("office", settings, around, Typist("other"))
    assert secrets.secrets["password@office"] == PASSWORD


def test_sign_in_forgives_a_refused_password(box: Box) -> None:
    box.server.users.set("li", "other")
    with pytest.raises(SourceAuthFailed):
        box.read()
    box.server.users.set("li", PASSWORD)
    with pytest.raises(SourceAuthFailed):
        box.read()
    registry.sign_in("office", box.settings(), alone(box.clock, box.secrets), Typist(PASSWORD))
    assert box.read().broken == {}


@pytest.mark.parametrize(
    ("change", "faults"),
    [
        ({"endpoint": "http://mail.example.com/EWS/Exchange.asmx"}, {"endpoint": "needs_https"}),
        ({"endpoint": None}, {"endpoint": "missing"}),
        ({"endpoint": "mail.example.com"}, {"endpoint": "invalid"}),
        ({"endpoint": "https://u:p@mail.example.com/"}, {"endpoint": "invalid"}),
        ({"username": None, "email": None}, {"username": "missing", "email": "missing"}),
        ({"email": None}, {"email": "missing"}),
        ({"email": "li@"}, {"email": "invalid"}),
        ({"auth": "digest"}, {"auth": "not_a_choice"}),
        ({"auth": "oauth2"}, {"client_id": "missing"}),
        ({"ca_file": "/no/such/file"}, {"ca_file": "ca_file_unreadable"}),
        ({"mailbox": "sales"}, {"mailbox": "invalid"}),
        ({"token_url": "http://x.example/"}, {"token_url": "needs_https"}),
        (
            {"endpoint": "http://x.example/", "email": "x", "ca_file": "/no", "colour": 1},
            {
                "endpoint": "needs_https",
                "email": "missing",
                "ca_file": "ca_file_unreadable",
                "colour": "unknown",
            },
        ),
    ],
)
def test_faults_of_the_settings(
    box: Box, change: dict[str, object], faults: dict[str, str]
) -> None:
    chosen = {k: v for k, v in {**box.settings(), **change}.items() if v is not None}
    with pytest.raises(Misconfigured) as caught:
        registry.build("office", chosen, alone(box.clock))
    found = {str(params["setting"]): code for code, params in caught.value.problems}
    assert found == {name: f"setting_{code}" for name, code in faults.items()}


def test_a_user_name_that_is_an_address_is_the_mailbox(box: Box) -> None:
    box.server.users.set("li@example.com", PASSWORD)
    box.store.open_to.add("li@example.com")
    box.deliver(0)
    assert len(box.read(email=None, username="li@example.com").mails) == 1

"""Finding the server of a domain, one place after the other."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent import messages
from agent.capture.exchange.border import SignInRefused
from agent.capture.exchange.discovery import discover, places
from agent.capture.exchange.domains import is_of
from agent.capture.exchange.settings import Settings
from agent.capture.exchange.wire import Trouble, Wire
from agent.errors import SourceMisconfigured, SourceUnavailable
from tests.agent.capture.exchange.box import PASSWORD, Box
from tests.conformance.moving_clock import MovingClock
from tests.servers.ews.server import DISCOVERY_PATH
from tests.servers.ews.signin import Scheme

SCHEMA = "http://schemas.microsoft.com/exchange/autodiscover"


def told(inner: str) -> bytes:
    return (
        f'<?xml version="1.0"?><Autodiscover xmlns="{SCHEMA}/responseschema/2006"><Response '
        f'xmlns="{SCHEMA}/outlook/responseschema/2006a"><Account>{inner}</Account></Response>'
        "</Autodiscover>"
    ).encode()


def protocol(kind: str, url: str) -> str:
    return f"<Protocol><Type>{kind}</Type><EwsUrl>{url}</EwsUrl></Protocol>"


@pytest.fixture(params=["basic", "ntlm"])
def scheme(request: pytest.FixtureRequest) -> Scheme:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def domain(tmp_path: Path, scheme: Scheme) -> Iterator[Box]:
    box = Box(tmp_path, frozenset({scheme}))
    yield box
    box.server.close()


def find(box: Box, scheme: Scheme, *look_at: str, password: str = PASSWORD) -> str:
    settings = Settings(
        type="exchange",
        autodiscover=True,
        auth=scheme,
        username="EXAMPLE\\li",
        email="li@example.com",
        ca_file=box.ca_file,
    )

    def wire() -> Wire:
        return Wire(Trouble(), box.ca_file, MovingClock())

    return discover(settings, password, wire, lambda _: look_at)


def test_the_address_for_everywhere_is_preferred(domain: Box, scheme: Scheme) -> None:
    domain.server.discovery = told(
        protocol("EXCH", "https://inside.example.com/EWS/Exchange.asmx")
        + protocol("EXPR", "https://mail.example.com/EWS/Exchange.asmx")
    )
    nobody = "https://localhost:9/autodiscover/autodiscover.xml"
    found = find(domain, scheme, nobody, domain.server.at(DISCOVERY_PATH))
    assert found == "https://mail.example.com/EWS/Exchange.asmx"
    assert domain.server.users.attempts == 1


def test_a_refused_password_is_not_tried_elsewhere(domain: Box, scheme: Scheme) -> None:
    place = domain.server.at(DISCOVERY_PATH)
    with pytest.raises(SignInRefused):
        find(domain, scheme, place, place, password="wrong")
    assert domain.server.users.attempts == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<html>a web page</html>",
        told(""),
        told("<Error/>"),
        told(protocol("EXPR", "http://mail.example/EWS/Exchange.asmx")),
        told(protocol("EXPR", "nonsense")),
        b'<!DOCTYPE a [<!ENTITY b "c">]><Autodiscover>&b;</Autodiscover>',
        told(protocol("EXPR", "https://mail.example.com/EWS/Exchange.asmx"))[:-30],
    ],
)
def test_what_is_no_answer_is_said(domain: Box, scheme: Scheme, answer: bytes) -> None:
    domain.server.discovery = answer
    with pytest.raises((SourceMisconfigured, SourceUnavailable)) as caught:
        find(domain, scheme, domain.server.at(DISCOVERY_PATH))
    assert caught.value.code == "mailbox_not_discovered"


def test_it_may_be_sent_on_but_not_in_circles(domain: Box, scheme: Scheme) -> None:
    place = domain.server.at(DISCOVERY_PATH)
    domain.server.discovery = told(f"<RedirectUrl>{place}</RedirectUrl>")
    with pytest.raises(SourceMisconfigured):
        find(domain, scheme, place)


def test_a_password_is_shown_only_to_who_asks(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.server.discovery = told(protocol("EXPR", "https://mail.example.com/EWS/Exchange.asmx"))
    find(box, "basic", box.server.at(DISCOVERY_PATH))
    assert box.server.discovery_asked == [False, True]
    box.server.close()


@pytest.mark.parametrize("host", ["mail.elsewhere.example", "example.com.elsewhere.example"])
def test_no_password_for_an_endpoint_of_another_domain(
    domain: Box, scheme: Scheme, host: str
) -> None:
    endpoint = f"https://{host}/EWS/Exchange.asmx"
    domain.server.discovery = told(protocol("EXPR", endpoint))
    place = domain.server.at(DISCOVERY_PATH)
    if scheme == "ntlm":  # shows nobody the password: a hosted Exchange is found as ever
        assert find(domain, scheme, place) == endpoint
        return
    with pytest.raises(SourceMisconfigured) as caught:
        find(domain, scheme, place)
    assert caught.value.code == "mailbox_endpoint_abroad"
    for language in messages.LANGUAGES:
        said = messages.text(caught.value.code, language, **caught.value.params)
        assert host in said
        assert f'endpoint = "{endpoint}"' in said


def test_a_password_is_not_shown_to_who_wants_something_else(tmp_path: Path) -> None:
    box = Box(tmp_path, frozenset({"ntlm"}))
    with pytest.raises(SourceMisconfigured) as caught:
        find(box, "basic", box.server.at(DISCOVERY_PATH))
    assert caught.value.code == "mailbox_auth_not_offered"
    assert box.server.discovery_asked == [False]
    box.server.close()


@pytest.mark.parametrize("how", ["status", "answer"])
def test_nobody_is_sent_on_to_another_domain(domain: Box, scheme: Scheme, how: str) -> None:
    elsewhere = domain.server.at(DISCOVERY_PATH).replace("localhost", "127.0.0.1")
    if how == "status":
        domain.server.discovery_moved_to = elsewhere
    else:
        domain.server.discovery = told(f"<RedirectUrl>{elsewhere}</RedirectUrl>")
    with pytest.raises(SourceMisconfigured) as caught:
        find(domain, scheme, domain.server.at(DISCOVERY_PATH))
    assert caught.value.code == "mailbox_discovery_abroad"
    # By the host of one's own domain, signed in to or not; and then nobody was asked any more.
    assert domain.server.users.attempts == (0 if how == "status" else 1)
    assert any(domain.server.discovery_asked) == (how == "answer")


def test_to_be_sent_to_exchange_online_is_told(domain: Box, scheme: Scheme) -> None:
    domain.server.discovery_moved_to = (
        "https://autodiscover-s.outlook.com/autodiscover/autodiscover.xml"
    )
    with pytest.raises(SourceMisconfigured) as caught:
        find(domain, scheme, domain.server.at(DISCOVERY_PATH))
    assert caught.value.code == "mailbox_exchange_online"


@pytest.mark.parametrize(
    ("host", "mail_domain", "expected"),
    [
        ("mail.example.com", "example.com", True),
        ("EXAMPLE.com.", "example.com", True),
        ("mail.example.com", "sales.example.com", True),
        ("mail.example.com.cn", "sales.example.com.cn", True),
        ("autodiscover.ibm.de", "ibm.de", True),
        ("mail.公司.cn", "xn--55qx5d.cn", True),
        ("evil.com.cn", "example.com.cn", False),
        ("evil.co.uk", "example.co.uk", False),
        ("evil.bj.cn", "example.bj.cn", False),
        ("example.com.evil.net", "example.com", False),
        ("myexample.com", "example.com", False),
        ("evil.com", "com", False),
        ("10.0.0.5", "10.0.0.5", True),
        ("11.0.0.5", "10.0.0.5", False),
        ("", "example.com", False),
    ],
)
def test_whose_host_it_is(host: str, mail_domain: str, *, expected: bool) -> None:
    assert is_of(host, mail_domain) is expected


def test_nobody_at_home(domain: Box, scheme: Scheme) -> None:
    with pytest.raises(SourceUnavailable) as caught:
        find(domain, scheme, "https://localhost:9/autodiscover/autodiscover.xml")
    assert caught.value.retry_after


def test_the_places_are_encrypted() -> None:
    assert [
        one.removesuffix("/autodiscover/autodiscover.xml") for one in places("example.com")
    ] == [
        "https://autodiscover.example.com",
        "https://example.com",
    ]

from datetime import UTC, datetime, timedelta

import pytest

from agent import messages
from agent.capture import registry
from agent.capture.graph import Settings
from agent.capture.graph.cursor import Cursor, Known, Series, Track, load
from agent.errors import CursorExpired

BASE = {"type": "graph", "tenant": "contoso.example", "client_id": "5d3c9d6a-0000-4000-8000-6c1f"}


def test_the_global_cloud() -> None:
    settings = Settings.model_validate(BASE)
    assert settings.sign_in_url == "https://login.microsoftonline.com/contoso.example"
    assert settings.api_url == "https://graph.microsoft.com/v1.0"
    assert settings.scopes == ["User.Read", "Mail.Read", "Calendars.Read"]
    assert settings.owner_path == "me"


def test_the_cloud_in_china_operated_by_21vianet() -> None:
    settings = Settings.model_validate({**BASE, "cloud": "china"})
    assert settings.sign_in_url == "https://login.partner.microsoftonline.cn/contoso.example"
    assert settings.api_url == "https://microsoftgraph.chinacloudapi.cn/v1.0"
    assert settings.scopes == [
        f"https://microsoftgraph.chinacloudapi.cn/{name}"
        for name in ("User.Read", "Mail.Read", "Calendars.Read")
    ]


def test_other_national_clouds_by_their_addresses() -> None:
    settings = Settings.model_validate(
        {
            **BASE,
            "graph_url": "https://graph.microsoft.us/",
            "authority": "https://login.microsoftonline.us",
        }
    )
    assert settings.api_url == "https://graph.microsoft.us/v1.0"
    assert settings.sign_in_url == "https://login.microsoftonline.us/contoso.example"
    versioned = Settings.model_validate({**BASE, "graph_url": "https://graph.example/beta/"})
    assert versioned.api_url == "https://graph.example/beta"


def test_a_shared_mailbox_without_calendar() -> None:
    settings = Settings.model_validate({**BASE, "mailbox": "team@ours.example", "calendar": False})
    assert settings.scopes == ["User.Read", "Mail.Read.Shared"]
    assert settings.owner_path == "users/team@ours.example"


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("graph_url", "http://graph.example"),
        ("graph_url", "ftp://graph.example"),
        ("graph_url", "graph.example"),
        ("graph_url", "https://"),
        ("graph_url", "https://u:p@graph.example"),
        ("graph_url", "https://graph.example?x=1"),
        ("graph_url", "https://[::1"),
        ("graph_url", "https://graph.example:port"),
        ("authority", "http://localhost:1234"),
        ("tenant", "a/b"),
        ("tenant", ""),
        ("client_id", "a b"),
        ("mailbox", "nobody"),
        ("mailbox", "../me@x"),
        ("cloud", "moon"),
        ("sign_in_by", "magic"),
        ("since_days", 0),
        ("folders", [""]),
    ],
)
def test_faults_of_the_settings(setting: str, value: object) -> None:
    (fault,) = registry.check("m365", {**BASE, setting: value})
    code, params = fault
    assert str(params["setting"]).startswith(setting)
    for language in messages.LANGUAGES:
        assert "m365" in messages.text(code, language, **params)


def test_plain_http_on_loopback_only() -> None:
    for host in ("localhost", "127.0.0.1", "[::1]"):
        assert registry.check("it", {**BASE, "graph_url": f"http://{host}:8080"}) == []


def test_known_items_survive_the_cursor_and_are_bounded() -> None:
    cursor = Cursor()
    now = datetime(2026, 11, 23, tzinfo=UTC)
    for n in range(1000):
        cursor.mails.note(f"id{n}", f"v{n}", now - timedelta(days=n % 100))
    cursor.series.note("M", "id1")
    cursor.tracks["f"] = Track(since="2026-11-01T00:00:00Z", steady="https://a/x", is_built=True)
    text = cursor.dump()
    assert len(text) < 1000 * 17 + 4000
    again = load(text, lambda _link: True)
    assert again.dump() == text
    assert all(again.mails.is_told(f"id{n}", f"v{n}") for n in range(1000))
    assert not again.mails.is_told("id5", "v6")
    assert not again.mails.has("other")
    again.mails.trim(now - timedelta(days=50))
    assert not again.mails.has("id51")
    assert again.mails.has("id50")
    with pytest.raises(CursorExpired):
        load(text, lambda _link: False)


def test_an_item_that_changes_its_day_is_known_once() -> None:
    known = Known()
    now = datetime(2026, 11, 23, tzinfo=UTC)
    known.note("a", "1", now)
    known.note("a", "2", now - timedelta(days=3))
    assert len(known) == 1
    assert known.is_told("a", "2")
    known.forget("a")
    known.forget("a")
    assert not known.has("a")
    assert known.dump() == {}


def test_series_forget_what_is_no_longer_known() -> None:
    known, series = Known(), Series()
    now = datetime(2026, 11, 23, tzinfo=UTC)
    for n in range(3):
        known.note(f"o{n}", "1", now)
        series.note("M", f"o{n}")
    assert (series.of("o1"), series.of("x")) == ("M", "")
    known.forget("o1")
    series.trim(known)
    assert series.of("o1") == ""
    assert series.drop("M", known)
    assert len(known) == 0
    assert not series.drop("M", known)


@pytest.mark.parametrize(
    "text",
    [
        '{"graph":1}',
        '{"graph":1,"tracks":{},"mails":{"20261123":"short"},"meetings":{},"series":{}}',
        '{"graph":1,"tracks":{"f":[1]},"mails":{},"meetings":{},"series":{}}',
        '{"graph":1,"tracks":{"f":["never","","x",null,false,true,true,"","",true]},"mails":{},"meetings":{},"series":{}}',
        '{"graph":1,"tracks":[],"mails":{},"meetings":{},"series":{}}',
        '{"graph":2,"tracks":{},"mails":{},"meetings":{},"series":{}}',
    ],
)
def test_cursors_of_odd_shapes(text: str) -> None:
    with pytest.raises(CursorExpired):
        load(text, lambda _link: True)

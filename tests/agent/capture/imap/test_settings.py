from pathlib import Path
from typing import Any

import pytest
import trustme

from agent import messages
from agent.capture import registry
from agent.capture.imap.settings import Settings

SETTINGS = {"type": "imap", "host": "imap.example.com", "username": "li@ours.example"}


def faults(**settings: Any) -> list[tuple[str, object]]:
    found = registry.check("mail", {**SETTINGS, **settings})
    for code, params in found:
        for language in messages.LANGUAGES:
            assert messages.text(code, language, **params)
    return [(code, params["setting"]) for code, params in found]


def test_ports_go_with_the_encryption() -> None:
    for tls, port in (("ssl", 993), ("starttls", 143)):
        assert Settings.model_validate({**SETTINGS, "tls": tls}).port_number == port
    assert Settings.model_validate({**SETTINGS, "port": 1993}).port_number == 1993


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "[::1]", "localhost"])
def test_plain_text_only_to_this_computer(host: str) -> None:
    assert faults(host=host, tls="none") == []


@pytest.mark.parametrize(
    "host", ["imap.example.com", "10.0.0.5", "localhost.example.com", "8.8.8.8"]
)
def test_plain_text_over_a_network_is_a_fault(host: str) -> None:
    assert faults(host=host, tls="none") == [("setting_tls_needed", "tls")]


def test_certificates_are_looked_at(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.pem", tmp_path / "bad.pem"
    trustme.CA().cert_pem.write_to_path(str(good))
    bad.write_text("no certificate")
    assert faults(ca_file=str(good)) == []
    for path in (bad, tmp_path / "missing.pem"):
        assert faults(ca_file=str(path)) == [("setting_ca_file_unreadable", "ca_file")]


@pytest.mark.parametrize("name", ["", " ", "li\r\nA1 LOGOUT", "two words"])
def test_a_user_name_is_one_word(name: str) -> None:
    assert faults(username=name) == [("setting_invalid", "username")]


def test_folders_are_named() -> None:
    assert faults(folders=["inbox", " "]) == [("setting_invalid", "folders")]


@pytest.mark.parametrize("days", [0, -1, 4000, "many", 1.5])
def test_numbers_are_told_with_their_limits(days: object) -> None:
    assert faults(since_days=days) == [("setting_not_in_range", "since_days")]
    ((code, params),) = registry.check("mail", {**SETTINGS, "since_days": days})
    for language in messages.LANGUAGES:
        text = messages.text(code, language, **params)
        assert "3650" in text
        assert "1 " in text


def test_a_list_is_told_by_example() -> None:
    assert faults(folders="inbox") == [("setting_not_a_list", "folders")]
    ((code, params),) = registry.check("mail", {**SETTINGS, "folders": "inbox"})
    for language in messages.LANGUAGES:
        assert 'folders = ["inbox", "sent"]' in messages.text(code, language, **params)


@pytest.mark.parametrize(
    "host",
    [
        "https://imap.qq.com/",
        "imap.qq.com/",
        "imap.qq.com:993",
        "li@imap.qq.com",
        "imap qq com",
        "",
        "https：//imap.qq.com",
    ],
)
def test_a_host_is_a_name_and_nothing_else(host: str) -> None:
    assert faults(host=host) == [("setting_server_name", "host")]


@pytest.mark.parametrize(
    "host", ["imap.qq.com", " imap.qq.com ", "邮件.公司.cn", "10.0.0.5", "::1", "[2001:db8::1]"]
)
def test_names_and_numbers_of_hosts(host: str) -> None:
    assert faults(host=host) == []

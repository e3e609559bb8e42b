import subprocess
import sys

import pytest

from agent.capture import registry
from agent.capture.exchange import is_exchange_online
from agent.errors import SourceMisconfigured
from agent.testing import DictSecrets
from tests.conformance.moving_clock import MovingClock
from tests.conformance.surroundings import alone


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        ("https://outlook.office365.com/EWS/Exchange.asmx", True),
        ("https://OUTLOOK.Office365.com:443/EWS/Exchange.asmx", True),
        ("https://eur05.outlook.office365.com./EWS", True),
        ("https://partner.outlook.cn/EWS/Exchange.asmx", True),
        ("outlook.office.com", True),
        ("https://outlook.office365.us/EWS/Exchange.asmx", True),
        ("https://mail.example.com/EWS/Exchange.asmx", False),
        ("https://outlook.office365.com.evil.example/EWS", False),
        ("https://myoutlook.cn/EWS", False),
        ("https://[::1", False),
        ("", False),
    ],
)
def test_hosts(endpoint: str, *, expected: bool) -> None:
    assert is_exchange_online(endpoint) is expected


class Silent:
    """Somebody who must not be asked."""

    asked = 0

    def say(self, code: str, /, **params: object) -> None: ...

    def ask_secret(self, code: str, /, **params: object) -> str:
        del code, params
        self.asked += 1
        return "secret"

    def open_page(self, url: str) -> bool:
        del url
        return False


@pytest.mark.parametrize("auth", ["ntlm", "basic", "oauth2"])
def test_nobody_is_asked_for_a_password_that_would_be_of_no_use(auth: str) -> None:
    person, secrets = Silent(), DictSecrets()
    settings = {
        "type": "exchange",
        "endpoint": "https://outlook.office365.com/EWS/Exchange.asmx",
        "auth": auth,
        "username": "li@example.com",
        "client_id": "app",
    }
    with pytest.raises(SourceMisconfigured) as caught:
        registry.sign_in("office", settings, alone(MovingClock(), secrets), person)
    assert caught.value.code == "mailbox_exchange_online"
    assert person.asked == 0
    assert secrets.secrets == {}


def test_nobody_waits_for_the_library_who_does_not_need_it() -> None:
    script = (
        "import sys; from agent.capture import registry;"
        "registry.check('office', {'type': 'exchange'});"
        "sys.exit('exchangelib' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0

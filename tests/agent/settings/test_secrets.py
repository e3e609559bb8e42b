import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keyring
import keyring.backend
import keyring.backends.fail
import keyring.backends.null
import pytest

from agent.settings.secrets import (
    SystemSecrets,
    environment_name,
    password_name,
    token_name,
)

TOKEN = token_name("https://genjin.example.com")


class Ring(keyring.backend.KeyringBackend):
    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.held[service, username] = password


@pytest.fixture
def use() -> Iterator[Any]:
    before = keyring.get_keyring()
    yield keyring.set_keyring
    keyring.set_keyring(before)


def test_the_keyring_keeps_it(tmp_path: Path, use: Any) -> None:
    ring = Ring()
    use(ring)
    secrets = SystemSecrets(tmp_path, {})
    assert secrets.get(TOKEN) is None
    assert secrets.set(TOKEN, "t-1") == "keyring"
    assert (secrets.get(TOKEN), secrets.where(TOKEN)) == ("t-1", "keyring")
    assert ring.held == {("genjin", "token@https://genjin.example.com"): "t-1"}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("backend", [keyring.backends.fail.Keyring, keyring.backends.null.Keyring])
def test_without_a_keyring_a_file_of_ours_alone_keeps_it(
    tmp_path: Path, use: Any, backend: Any
) -> None:
    use(backend())
    secrets = SystemSecrets(tmp_path / "state", {})
    assert secrets.set(TOKEN, "t-1") == "file"
    assert secrets.set(password_name("m365"), "p") == "file"
    assert (secrets.get(TOKEN), secrets.where(TOKEN)) == ("t-1", "file")
    assert secrets.get(password_name("m365")) == "p"
    (file,) = (tmp_path / "state").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_the_environment_comes_first(tmp_path: Path, use: Any) -> None:
    use(Ring())
    secrets = SystemSecrets(tmp_path, {"GENJIN_TOKEN": "t-2", "GENJIN_MY_MAIL_PASSWORD": "p"})
    secrets.set(TOKEN, "t-1")
    assert (secrets.get(TOKEN), secrets.where(TOKEN)) == ("t-2", "environment")
    assert secrets.get(password_name("my-mail")) == "p"


def test_names_of_variables() -> None:
    assert environment_name(TOKEN) == "GENJIN_TOKEN"
    assert environment_name(password_name("m365")) == "GENJIN_M365_PASSWORD"


def test_a_torn_file_is_as_none(tmp_path: Path, use: Any) -> None:
    use(keyring.backends.fail.Keyring())
    (tmp_path / "secrets.json").write_text('{"a": ')
    secrets = SystemSecrets(tmp_path, {})
    assert secrets.get(TOKEN) is None
    secrets.set(TOKEN, "t-1")
    assert secrets.get(TOKEN) == "t-1"

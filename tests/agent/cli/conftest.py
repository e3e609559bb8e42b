"""A laptop with real files, a real store, and a stand-in of the server over real HTTP."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import keyring
import keyring.backends.fail
import pytest
from click.testing import CliRunner, Result

from agent.capture import registry
from agent.cli.agent import agent
from tests.agent.making import server
from tests.agent.standin import StandIn

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def no_keyring() -> Iterator[None]:
    """Nothing of a test may reach the keyring of whoever runs it."""
    before = keyring.get_keyring()
    keyring.set_keyring(keyring.backends.fail.Keyring())
    yield
    keyring.set_keyring(before)


@pytest.fixture
def there() -> Iterator[StandIn]:
    with StandIn(server()) as running:
        yield running


@pytest.fixture
def run(tmp_path: Path) -> Run:
    runner = CliRunner()
    environ = {"GENJIN_HOME": str(tmp_path), "GENJIN_LANG": "en", "GENJIN_TOKEN": None}

    def call(*words: str, typed: str | None = None, **env: str) -> Result:
        return runner.invoke(
            agent, [*words], input=typed, env={**environ, **env}, catch_exceptions=False
        )

    return call


@pytest.fixture
def box(tmp_path: Path) -> Path:
    """The folder behind ``tests.agent.cli.fakebox``."""
    folder = tmp_path / "box"
    folder.mkdir()
    says(folder)
    return folder


@pytest.fixture
def boxed(tmp_path: Path, there: StandIn, run: Run, box: Path) -> Iterator[Path]:
    """Paired, with the mailbox ``office`` and the folder ``notes``."""
    kinds: dict[str, str] = registry.SOURCES  # type: ignore[assignment]
    kinds["fakebox"] = "tests.agent.cli.fakebox"
    (tmp_path / "notes").mkdir()
    (tmp_path / "agent.toml").write_text(
        f'[server]\nurl = "{there.url}"\n[sources.office]\ntype = "fakebox"\npath = "box"\n'
        '[sources.notes]\ntype = "notes"\npath = "notes"\n',
        "utf-8",
    )
    assert run("pair", there.url, "GOOD-CODE").exit_code == 0
    yield tmp_path
    del kinds["fakebox"]


def says(box: Path, **server: object) -> None:
    """How the mailbox's server behaves from now on."""
    (box / "server.json").write_text(json.dumps({"password": "secret", **server}), "utf-8")

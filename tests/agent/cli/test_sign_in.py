"""``genjin agent sign-in`` as its user calls it."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

import pytest

from agent.cli.signing import TerminalPerson
from tests.agent.cli.conftest import Run, says
from tests.agent.standin import StandIn

PROGRAM = """
from agent.capture import registry
registry.SOURCES["fakebox"] = "tests.agent.cli.fakebox"
from agent.cli.agent import agent
agent()
"""


def state(run: Run) -> str:
    told: str = json.loads(run("status", "--json").stdout)["sources"]["office"]["state"]
    return told


def test_the_only_mailbox_is_meant(boxed: Path, run: Run) -> None:
    run("once")
    assert state(run) == "auth"
    assert "genjin agent sign-in office" in run("status").output
    result = run("sign-in", typed="secret\n")
    assert result.exit_code == 0, result.output
    assert "secret" not in result.output
    assert state(run) == "waiting"
    (boxed / "box" / "a.mail").touch()
    assert json.loads(run("once", "--json").stdout)["sources"]["office"]["stored"] == 1


@pytest.mark.parametrize(("typed", "why"), [("wrong\n", "did not accept"), ("\n", "No password")])
def test_a_wrong_password_is_kept_nowhere(boxed: Path, run: Run, typed: str, why: str) -> None:
    result = run("sign-in", "office", typed=typed)
    assert result.exit_code == 1
    assert why in result.stderr
    assert "genjin agent sign-in office" in result.stderr
    assert "wrong" not in (boxed / "state" / "secrets.json").read_text("utf-8")


def test_which_one_is_asked_when_there_are_two(boxed: Path, run: Run) -> None:
    config = boxed / "agent.toml"
    config.write_text(
        config.read_text("utf-8") + '[sources.sales]\ntype = "fakebox"\npath = "box"\n', "utf-8"
    )
    result = run("sign-in", typed="secret\n")
    assert result.exit_code == 2
    assert "office, sales" in result.stderr
    assert run("sign-in", "sales", typed="secret\n").exit_code == 0
    result = run("sign-in", "slaes")
    assert result.exit_code == 2
    assert "slaes" in result.stderr


def test_a_folder_needs_none(boxed: Path, run: Run) -> None:
    result = run("sign-in", "notes")
    assert result.exit_code == 0
    assert "needs no sign-in" in result.output


def test_an_environment_that_wins_is_told(boxed: Path, run: Run) -> None:
    result = run("sign-in", typed="secret\n", GENJIN_OFFICE_PASSWORD="other")
    assert "GENJIN_OFFICE_PASSWORD" in result.stderr


def wait_until(condition: Callable[[], bool], process: "subprocess.Popen[bytes]") -> None:
    deadline, pause = monotonic() + 60, threading.Event()
    while not condition():
        assert process.poll() is None, "the agent ended"
        assert monotonic() < deadline, "waited in vain"
        pause.wait(0.05)


@pytest.fixture
def start(boxed: Path) -> Iterator[Callable[..., "subprocess.Popen[bytes]"]]:
    processes: list[subprocess.Popen[bytes]] = []

    def start_it(*words: str) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "run", *words],
            env={
                **os.environ,
                "GENJIN_HOME": str(boxed),
                "GENJIN_TOKEN": "token-1",
                "PYTHONPATH": str(Path(__file__).parents[3]),
                "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
                "DBUS_SESSION_BUS_ADDRESS": "",
            },
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        processes.append(process)
        return process

    yield start_it
    for process in processes:
        with process:
            process.kill()


def test_the_running_agent_goes_on_at_once(
    boxed: Path, run: Run, there: StandIn, start: Callable[..., "subprocess.Popen[bytes]"]
) -> None:
    (boxed / "box" / "a.mail").touch()
    process = start()
    wait_until(lambda: state(run) == "auth", process)
    asked = len((boxed / "box" / "asked").read_text())
    result = run("sign-in", typed="secret\n")
    assert "goes on with it now" in result.output
    wait_until(lambda: len(there.state.recorded) == 1, process)
    assert asked < 5
    # The same password, refused once by a server that had locked the account, is another one too.
    says(boxed / "box", password="another")
    run("once")
    assert state(run) == "auth"
    says(boxed / "box")
    (boxed / "box" / "b.mail").touch()
    run("sign-in", typed="secret\n")
    wait_until(lambda: len(there.state.recorded) == 2, process)
    audit = run("audit", "office")
    assert audit.exit_code == 0, audit.output
    assert "2 seen, 2 stored" in audit.output
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


def test_it_ends_when_its_parent_is_gone(
    start: Callable[..., "subprocess.Popen[bytes]"], there: StandIn
) -> None:
    process = start("--until-stdin-closes")
    wait_until(lambda: any("heartbeat" in seen for seen in there.seen), process)
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(30) == 0


@pytest.mark.parametrize(
    ("environ", "platform", "url", "opens"),
    [
        ({}, "linux", "https://login.example", False),
        ({"DISPLAY": ":0", "GENJIN_NO_BROWSER": "1"}, "linux", "https://login.example", False),
        ({"GENJIN_NO_BROWSER": "1"}, "win32", "https://login.example", False),
        ({"DISPLAY": ":0"}, "linux", "file:///etc/passwd", False),
    ],
)
def test_a_page_is_opened_where_there_is_a_screen(
    environ: dict[str, str], platform: str, url: str, opens: bool
) -> None:
    assert TerminalPerson("office", environ, platform).open_page(url) is opens

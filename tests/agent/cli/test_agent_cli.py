"""``genjin agent …`` as its user calls it: real files, real store, real HTTP."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from agent.outbox.database import FILE_NAME
from tests.agent.cli.conftest import Run
from tests.agent.standin import StandIn, Status

MAIL = """\
From: =?utf-8?b?546L6Iqz?= <wang@huarui.example>
To: lilei@us.example
Subject: =?utf-8?b?5oql5Lu3?=
Message-ID: <{key}@huarui.example>
Date: Fri, 20 Nov 2026 17:00:00 +0800
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

我们今年预算有点紧张，竞品的价格更低。下周三前请发报价。
"""

CONFIG = """\
[server]
url = "{url}"
[sources.dropped]
type = "mailfiles"
path = "dropped"
[sources.notes]
type = "notes"
path = "notes"
"""


@pytest.fixture
def laptop(tmp_path: Path, there: StandIn, run: Run) -> Path:
    """Paired, with empty folders."""
    for folder in ("dropped", "notes"):
        (tmp_path / folder).mkdir()
    (tmp_path / "agent.toml").write_text(CONFIG.format(url=there.url), "utf-8")
    assert run("pair", there.url, "GOOD-CODE").exit_code == 0
    return tmp_path


def drop(folder: Path, key: str) -> None:
    (folder / "dropped" / f"{key}.eml").write_text(MAIL.format(key=key), "utf-8")


def once(run: Run) -> dict[str, Any]:
    """The report, without what tells the time."""
    result = run("once", "--json")
    assert result.exit_code == 0, result.output
    report: dict[str, Any] = json.loads(result.stdout)
    for proof in report["audit"].values():
        del proof["audited_at"], proof["complete_to"], proof["read_at"]
    return report


def test_pair_makes_a_configuration_and_keeps_the_token(
    tmp_path: Path, there: StandIn, run: Run
) -> None:
    result = run("pair", f"{there.url}/", "GOOD-CODE")
    assert result.exit_code == 0, result.output
    assert "李雷" in result.output
    assert run("config", "check").exit_code == 0
    held = json.loads((tmp_path / "state" / "secrets.json").read_text())
    assert held == {f"token@{there.url}": "token-1"}


def test_pair_with_a_wrong_code_changes_nothing(tmp_path: Path, there: StandIn, run: Run) -> None:
    result = run("pair", there.url, "BAD")
    assert result.exit_code == 1
    assert "older than ten minutes" in result.output
    assert "401" not in result.output
    assert list(tmp_path.iterdir()) == []


def test_pair_with_something_that_is_no_genjin_server(there: StandIn, run: Run) -> None:
    there.always = Status(404)
    result = run("pair", there.url, "GOOD-CODE")
    assert result.exit_code == 1
    assert "404" in result.output
    assert there.url in result.output


def test_pair_refuses_plain_http_and_another_server(
    tmp_path: Path, there: StandIn, run: Run
) -> None:
    assert run("pair", "http://genjin.example.com", "X").exit_code == 2
    (tmp_path / "agent.toml").write_text('[server]\nurl = "https://other.example"\n')
    result = run("pair", there.url, "GOOD-CODE")
    assert result.exit_code == 2
    assert "other.example" in result.output


def test_once_with_real_files(laptop: Path, there: StandIn, run: Run) -> None:
    drop(laptop, "a")
    (laptop / "dropped" / "torn.eml").write_bytes(b"\x00\x01 not a mail")
    (laptop / "notes" / "华锐.md").write_text("今天和华锐的王总聊了，预算不够。", "utf-8")
    report = once(run)
    assert report["sources"]["dropped"] == {
        "state": "ok",
        "seen": 2,
        "stored": 1,
        "excluded": {},
        "pending": 0,
        "quarantined": 1,
        "unexplained": 0,
    }
    assert report["sources"]["notes"]["stored"] == 1
    assert report["outbox"] == {"pending": 0, "delivered": 2, "quarantined": 0}
    found = {a.kind: a for a in there.state.activities.values()}
    assert {tag.category for tag in found["mail"].tags} >= {"budget"}
    assert found["note"].contact.counts
    assert once(run) == report


def test_a_lost_server_is_no_failure(laptop: Path, there: StandIn, run: Run) -> None:
    once(run)
    drop(laptop, "a")
    there.always = Status(503)
    assert once(run)["outbox"]["pending"] == 1
    there.always = None
    assert once(run)["outbox"] == {"pending": 0, "delivered": 1, "quarantined": 0}


def test_a_damaged_store_is_said_loudly_and_read_anew(
    laptop: Path, there: StandIn, run: Run
) -> None:
    drop(laptop, "a")
    before = once(run)
    (laptop / "state" / FILE_NAME).write_bytes(b"nonsense" * 1000)
    result = run("once", "--json")
    assert "damaged" in result.stderr
    assert json.loads(result.stdout)["sources"] == before["sources"]
    assert len(there.state.recorded) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="no limits for the size of files")
def test_a_disk_that_takes_no_more_is_said_in_words(laptop: Path, there: StandIn) -> None:
    drop(laptop, "a")
    with (laptop / "dropped" / "a.eml").open("a", encoding="utf-8") as mail:
        mail.write("预算紧张。\n" * 20_000)
    program = (
        "import resource, genjin\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))\n"
        "from agent.cli.agent import agent\n"
        "agent(['once', '--json'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={
            **os.environ,
            "GENJIN_HOME": str(laptop),
            "GENJIN_TOKEN": "token-1",
            "GENJIN_LANG": "en",
            "PYTHONPATH": str(Path(__file__).parents[3]),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    report = json.loads(done.stdout)
    assert report["fault"] == "store_unwritable"
    assert report["sources"]["dropped"]["state"] == "waiting"
    assert report["sources"]["dropped"]["message"] == "store_unwritable"
    assert "again in" not in done.stderr
    assert "again in" in (laptop / "state" / "agent.log").read_text("utf-8")


def test_a_source_that_is_down_is_no_failure(laptop: Path, run: Run) -> None:
    (laptop / "notes").rmdir()
    report = once(run)
    assert report["sources"]["notes"]["state"] == "down"
    assert report["sources"]["dropped"]["state"] == "ok"


def test_bad_configurations_are_told_whole(laptop: Path, run: Run) -> None:
    (laptop / "agent.toml").write_text(
        'colour = 1\n[server]\nurl = "ftp://x"\n[sources.a]\ntype = "fax"\n'
    )
    for words in (("config", "check"), ("once",), ("run",), ("status",), ("doctor",)):
        result = run(*words)
        assert result.exit_code == 2, words
        for word in ("colour", "server.url", "sources.a.type"):
            assert word in result.stderr


def test_a_source_whose_service_has_ended_is_warned_of(laptop: Path, run: Run) -> None:
    assert run("config", "check").stderr == ""
    with (laptop / "agent.toml").open("a", encoding="utf-8") as file:
        file.write(
            '\n[sources.office]\ntype = "exchange"\nusername = "li@example.com"\n'
            'endpoint = "https://outlook.office365.com/EWS/Exchange.asmx"\n'
        )
    result = run("config", "check")
    assert result.exit_code == 0
    assert 'type = "graph"' in result.stderr


@pytest.mark.parametrize(("language", "word"), [("zh-CN", "已入库"), ("en", "Stored")])
def test_status_for_people(laptop: Path, run: Run, language: str, word: str) -> None:
    drop(laptop, "a")
    once(run)
    result = run("status", GENJIN_LANG=language)
    assert result.exit_code == 0
    assert word in result.output


def test_status_for_programs(laptop: Path, run: Run) -> None:
    drop(laptop, "a")
    once(run)
    status = json.loads(run("status", "--json").stdout)
    assert status["sources"]["dropped"]["stored"] == 1
    assert status["sources"]["dropped"]["complete_to"] is not None
    assert status["agent"]["server"] == "ok"
    assert status["agent"]["running"] is False


def test_status_tells_to_pair_again_when_the_token_is_refused(
    laptop: Path, there: StandIn, run: Run
) -> None:
    there.always = Status(401)
    once(run)
    said = run("status").output
    assert "genjin agent pair" in said
    assert "401" not in said
    assert json.loads(run("status", "--json").stdout)["agent"]["server"] == "auth"


def test_status_says_why_items_are_set_aside_and_which(
    laptop: Path, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(5):
        (laptop / "dropped" / f"torn{number}.eml").write_bytes(b"\x00\x01 not a mail")
    once(run)
    said = " ".join(run("status").output.split())
    assert "dropped: 5 set aside: Not a mail" in said
    assert "torn0.eml, torn1.eml, torn2.eml, …" in said
    assert "torn3.eml" not in said
    held = json.loads(run("status", "--json").stdout)["sources"]["dropped"]["set_aside"]
    assert held["item_not_a_mail"]["count"] == 5
    assert "torn" not in caplog.text


def test_doctor_is_content_with_a_healthy_laptop(laptop: Path, run: Run) -> None:
    result = run("doctor")
    assert result.exit_code == 0, result.output
    assert "✗" not in result.output


def test_doctor_says_what_to_do(laptop: Path, there: StandIn, run: Run) -> None:
    (laptop / "notes").rmdir()
    (laptop / "state" / "secrets.json").unlink()
    result = run("doctor")
    assert result.exit_code == 1
    assert "genjin agent pair" in result.output
    assert "notes" in result.output
    there.always = Status(500)
    assert "500" in run("doctor").output
    (laptop / "state" / FILE_NAME).write_bytes(b"nonsense" * 1000)
    assert "damaged" in run("doctor").output


def wait_until(condition: Callable[[], bool], process: "subprocess.Popen[bytes]") -> None:
    deadline, pause = monotonic() + 60, threading.Event()
    while not condition():
        assert process.poll() is None, "the agent ended"
        assert monotonic() < deadline, "waited in vain"
        pause.wait(0.05)


@pytest.fixture
def running(laptop: Path, there: StandIn) -> Iterator["subprocess.Popen[bytes]"]:
    root = str(Path(__file__).parents[3])
    process = subprocess.Popen(
        [sys.executable, "-m", "genjin", "agent", "run"],
        env={
            **os.environ,
            "GENJIN_HOME": str(laptop),
            "GENJIN_TOKEN": "token-1",
            "PYTHONPATH": root,
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        },
        stderr=subprocess.PIPE,
    )
    with process:
        wait_until(lambda: any("heartbeat" in seen for seen in there.seen), process)
        yield process
        process.kill()


def test_a_dropped_file_reaches_the_server_and_once_asks_the_running_agent(
    laptop: Path, there: StandIn, run: Run, running: "subprocess.Popen[bytes]"
) -> None:
    drop(laptop, "a")
    wait_until(lambda: len(there.state.recorded) == 1, running)
    drop(laptop, "b")
    report = once(run)
    assert report["sources"]["dropped"]["stored"] == 2
    assert report["outbox"]["delivered"] == 2
    assert json.loads(run("status", "--json").stdout)["agent"]["running"] is True
    second = run("run")
    assert second.exit_code == 1
    assert "already" in second.stderr
    running.send_signal(signal.SIGTERM)
    assert running.wait(30) == 0
    log = (laptop / "state" / "agent.log").read_text("utf-8")
    for private in ("huarui", "预算", "王芳", "a.eml"):
        assert private not in log


def test_once_takes_over_when_the_running_agent_is_killed(
    laptop: Path, there: StandIn, run: Run, running: "subprocess.Popen[bytes]"
) -> None:
    drop(laptop, "a")
    wait_until(lambda: len(there.state.recorded) == 1, running)
    running.kill()
    running.wait()
    drop(laptop, "b")
    assert once(run)["sources"]["dropped"]["stored"] == 2
    assert len(there.state.recorded) == 2

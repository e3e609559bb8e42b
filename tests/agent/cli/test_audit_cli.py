"""``genjin agent audit`` as its user calls it."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.agent.cli.conftest import Run, says
from tests.agent.standin import StandIn


def audit(run: Run, *words: str, status: int = 0) -> dict[str, Any]:
    result = run("audit", "--json", *words)
    assert result.exit_code == status, result.output
    report: dict[str, Any] = json.loads(result.stdout)
    return report


@pytest.fixture
def signed_in(boxed: Path, run: Run) -> Path:
    assert run("sign-in", typed="secret\n").exit_code == 0
    return boxed


def put(folder: Path, *keys: str) -> None:
    for key in keys:
        (folder / "box" / f"{key}.mail").touch()


def test_a_complete_mailbox(signed_in: Path, run: Run, there: StandIn) -> None:
    put(signed_in, "a", "b", "z")
    report = audit(run)
    assert report["complete"]
    office = report["sources"]["office"]
    assert (office["seen"], office["stored"], office["unexplained"]) == (3, 3, 0)
    assert office["folders"]["收件箱"]["seen"] == 2
    assert len(there.state.recorded) == 3


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            ["office: complete to ", "3 seen, 3 stored, 0 excluded", "3 in the source = 3 stored"],
        ),
        ("zh-CN", ["office：截至 ", " 完整；共 3 条，入库 3，排除 0", "来源中 3 = 入库 3"]),
    ],
)
def test_in_words_and_numbers(signed_in: Path, run: Run, language: str, words: list[str]) -> None:
    put(signed_in, "a", "b", "z")
    said = run("audit", GENJIN_LANG=language)
    assert said.exit_code == 0
    for word in (*words, "收件箱", "已发送"):
        assert word in said.output


def test_what_was_passed_over_is_fetched(signed_in: Path, run: Run) -> None:
    put(signed_in, "a")
    run("once")
    put(signed_in, "skipped")
    assert audit(run)["sources"]["office"]["stored"] == 2


def test_the_unexplained_is_an_exit_code_and_named(signed_in: Path, run: Run) -> None:
    put(signed_in, "a", "ghost")
    says(signed_in / "box", hidden=["ghost"])
    report = audit(run, status=1)
    assert not report["complete"]
    assert report["sources"]["office"]["unexplained_items"] == ["ghost"]
    said = run("audit", "office")
    assert said.exit_code == 1
    assert "NOT complete" in said.output
    assert "ghost" in said.output
    assert "notes" not in said.output
    assert audit(run, "notes")["complete"]
    log = (signed_in / "state" / "agent.log").read_text("utf-8")
    assert "1 items unexplained" in log
    assert "ghost" not in log


def test_a_source_that_cannot_be_compared_is_no_proof(boxed: Path, run: Run) -> None:
    put(boxed, "a")
    said = run("audit")
    assert said.exit_code == 1
    assert "office: could not be compared now" in said.output
    assert "genjin agent sign-in office" in said.output
    assert "notes: complete to" in said.output


def test_the_server_is_left_alone_for_as_long_as_it_asked(signed_in: Path, run: Run) -> None:
    says(signed_in / "box", busy_s=900)
    first = run("once")
    assert first.exit_code == 0
    asked = (signed_in / "box" / "asked").read_text()
    for command in ("once", "once", "doctor"):
        assert "asked to wait until" in run(command).output
    said = run("audit", "office")
    assert said.exit_code == 1
    assert "asked to wait until" in said.output
    assert (signed_in / "box" / "asked").read_text() == asked
    report = json.loads(run("once", "--json").stdout)["sources"]["office"]
    assert report["state"] == "down"
    assert report["retry_at"]


def test_days(signed_in: Path, run: Run) -> None:
    put(signed_in, "a")
    assert audit(run, "--days", "30000")["sources"]["office"]["seen"] == 1
    assert run("audit", "--days", "0").exit_code == 2
    assert "The last 30000 days" in run("audit", "--days", "30000").output


def test_an_unknown_source_is_told(signed_in: Path, run: Run) -> None:
    said = run("audit", "ofice")
    assert said.exit_code == 2
    assert "ofice" in said.stderr
    assert "office, notes" in said.stderr

"""``genjin tag`` as a person and as a program would use it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from agent.cli.tag import tag
from agent.cli.tag_view import show
from agent.contract.tag import CATEGORIES, STATUSES
from agent.messages import LANGUAGES, catalogue

ROOT = Path(__file__).parents[3]


def _tag(*arguments: str, given: bytes = b"") -> Result:
    return CliRunner(env={"GENJIN_LANG": "en"}).invoke(tag, arguments, input=given)


def test_it_runs_as_a_program_of_its_own() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "genjin", "tag", "--now", "2026-11-23"],
        input="预算不是问题。".encode(),
        capture_output=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    assert done.returncode == 0, done.stderr
    assert [found["status"] for found in json.loads(done.stdout)["tags"]] == ["negated"]


def test_a_text_on_stdin_gives_json() -> None:
    text = "预算不是问题，关键是稳定。\r\n另外我们也在看用友的方案。"
    done = _tag("--now", "2026-11-23", given=text.encode())
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    assert [(item["category"], item["status"]) for item in found["tags"]] == [
        ("budget", "negated"),
        ("competitor", "asserted"),
    ]
    for item in found["tags"]:
        assert set(item) == {"category", "status", "start", "end", "text", "speaker"}
        assert text[item["start"] : item["end"]] == item["text"]


def test_a_file_with_history_keeps_the_offsets_of_the_input(tmp_path: Path) -> None:
    text = "> 旧的：预算紧张\n\n价格太高了。\n\n祝好\n王强\n\n-----原始邮件-----\n发件人: 李\n发送时间: 今天\n我们要终止合同\n"
    mail = tmp_path / "mail.txt"
    mail.write_bytes(text.encode())
    found = json.loads(_tag(str(mail)).stdout)["tags"]
    assert [item["category"] for item in found] == ["price_objection"]
    assert text[found[0]["start"] : found[0]["end"]] == found[0]["text"]


def test_html_and_gb18030_are_read() -> None:
    html = "<html><body><p>你们的价格<b>太高</b>了。</p></body></html>"
    found = json.loads(_tag(given=html.encode("gb18030")).stdout)["tags"]
    assert [(item["category"], item["text"]) for item in found] == [
        ("price_objection", "价格<b>太高")
    ]


def test_json_lines_are_answered_one_by_one_and_bad_ones_are_told() -> None:
    lines = [
        '{"id":"a","text":"我今天就提交。","kind":"call","speaker":"rep","now":"2026-11-23T09:00:00+08:00"}',
        "this is not json",
        '{"id":"b"}',
        '{"id":"c","text":"x","speaker":"dog"}',
        '{"id":"d","text":"x","now":"soon"}',
        "[1]",
        "",
        '{"id":7,"text":"Your price is too high \\ud83d"}',
    ]
    done = _tag("--jsonl", given="\n".join(lines).encode())
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["id"] for answer in answers] == ["a", 7]
    assert answers[0]["commitments"] == [
        {"start": 0, "end": 6, "text": "我今天就提交", "due": "2026-11-23", "owner": "rep"}
    ]
    assert [item["category"] for item in answers[1]["tags"]] == ["price_objection"]
    told = done.stderr.splitlines()
    assert [line.split()[1] for line in told[:-1]] == ["2", "3", "4", "5", "6"]
    assert done.exit_code == 1


def test_options_are_the_defaults_of_lines() -> None:
    given = '{"id":1,"text":"我今天就提交。"}'.encode()
    done = _tag("--jsonl", "--speaker", "rep", "--kind", "call", "--now", "2026-11-27", given=given)
    assert done.exit_code == 0
    (promise,) = json.loads(done.stdout)["commitments"]
    assert (promise["due"], promise["owner"]) == ("2026-11-27", "rep")


def test_a_bad_moment_is_a_usage_error() -> None:
    done = _tag("--now", "soon", given=b"x")
    assert done.exit_code == 2
    assert "ISO" in done.stderr


def test_a_missing_file_is_a_usage_error() -> None:
    assert _tag("nosuch.txt").exit_code == 2


@pytest.mark.parametrize("given", [b"", b"\xff\xfe\x00", b"\x00" * 100, "\u202e预算紧张".encode()])
def test_odd_input_is_answered(given: bytes) -> None:
    done = _tag(given=given)
    assert done.exit_code == 0, done.stderr
    assert "tags" in json.loads(done.stdout)


def test_in_a_terminal_the_evidence_is_coloured() -> None:
    console = Console(force_terminal=True, width=100, record=True, color_system="standard")
    tags = [{"category": "budget", "status": "asserted", "start": 0, "end": 4, "text": "预算紧张"}]
    promises = [{"start": 5, "end": 8, "text": "周五发", "due": "2026-11-27", "owner": "rep"}]
    with console.capture() as captured:
        show("预算紧张，周五发", tags, promises, console)
    shown = captured.get()
    assert "\x1b[" in shown.split("，")[0]
    assert "2026-11-27" in shown


def test_every_code_has_its_words_in_both_languages() -> None:
    for language in LANGUAGES:
        texts = catalogue(language)
        for category in CATEGORIES:
            assert texts[f"tag_category_{category}"]
        for status in STATUSES:
            assert texts[f"tag_status_{status}"]

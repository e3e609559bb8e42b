"""``genjin agent show``, ``forget`` and ``suggestions`` as people call them."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keyring
import keyring.backends.fail
import pytest
from click.testing import CliRunner, Result

from agent import messages
from agent.cli.agent import agent
from agent.cli.traceview import lines_of
from agent.contract.activity import KINDS, REASONS, MatchReason
from agent.outbox.lock import Lock
from agent.testing import FrozenClock
from tests.agent.making import server
from tests.agent.standin import StandIn, Status

MAIL = """\
From: {sender}
To: {to}
Subject: {subject}
Message-ID: <{key}@mail.example>
Date: Fri, 20 Nov 2026 17:00:00 +0800
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

{text}
"""
CONFIG = """\
[server]
url = "{url}"
[privacy]
exclude_subjects = ["体检"]
[sources.dropped]
type = "mailfiles"
path = "dropped"
"""
WANG, ME = "wang@huarui.example", "lilei@us.example"
SECRET = "今年预算很紧张，电话13812345678"


@pytest.fixture(autouse=True)
def no_keyring() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(keyring.backends.fail.Keyring())
    yield
    keyring.set_keyring(before)


@pytest.fixture
def there() -> Iterator[StandIn]:
    with StandIn(server()) as running:
        yield running


Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, there: StandIn) -> Run:
    runner = CliRunner()
    environ = {"GENJIN_HOME": str(tmp_path), "GENJIN_LANG": "en", "GENJIN_TOKEN": None}
    (tmp_path / "dropped").mkdir()
    (tmp_path / "agent.toml").write_text(CONFIG.format(url=there.url), "utf-8")

    def call(*words: str, typed: str | None = None, **env: str) -> Result:
        return runner.invoke(
            agent, [*words], input=typed, env={**environ, **env}, catch_exceptions=False
        )

    assert call("pair", there.url, "GOOD-CODE").exit_code == 0
    return call


def drop(
    folder: Path, key: str, *, sender: str = WANG, to: str = ME, subject: str = "offer"
) -> None:
    text = MAIL.format(key=key, sender=sender, to=to, subject=subject, text=SECRET)
    (folder / "dropped" / f"{key}.eml").write_text(text, "utf-8")


def once(run: Run) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(run("once", "--json").stdout)
    return report


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_show_says_what_became_of_a_mail_and_not_what_it_says(
    tmp_path: Path, run: Run, language: str
) -> None:
    drop(tmp_path, "a")
    drop(tmp_path, "b", subject="体检通知")
    once(run)
    file = str(tmp_path / "dropped" / "a.eml")
    for wanted in ("a@mail.example", "<a@mail.example>", "a.eml", file):
        result = run("show", wanted, GENJIN_LANG=language)
        assert result.exit_code == 0, result.output
        for word in ("苏州华锐智能装备有限公司", "dropped", "a.eml", "100"):
            assert word in result.output
        for word in ("预算", "offer", "13812345678", "…", "show_", "reason_"):
            assert word not in result.output
    kept = run("show", "b@mail.example", GENJIN_LANG=language).output
    assert "体检" in kept, "the pattern, which is the person's own"
    assert "通知" not in kept
    one = json.loads(run("show", "b@mail.example", "--json").stdout)["found"][0]
    assert (one["rule"], one["evidence"]) == ("excluded_subject", "体检")


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_show_of_the_unknown_tells_what_is_proved(tmp_path: Path, run: Run, language: str) -> None:
    assert run("show", "x@y", GENJIN_LANG=language).exit_code == 1
    drop(tmp_path, "a")
    once(run)
    result = run("show", "x@y", GENJIN_LANG=language)
    assert result.exit_code == 1
    assert "dropped" in result.output


def test_forget_asks_first_and_then_does_it_here_and_there(
    tmp_path: Path, there: StandIn, run: Run
) -> None:
    drop(tmp_path, "a")
    once(run)
    assert len(there.state.activities) == 1
    assert run("forget", WANG, typed="n\n").exit_code == 1
    assert len(there.state.activities) == 1
    result = run("forget", WANG, typed="y\n")
    assert result.exit_code == 0, result.output
    assert "1 erased" in result.output
    assert there.state.activities == {}
    drop(tmp_path, "b")
    assert once(run)["sources"]["dropped"]["excluded"] == {"forgotten": 2}
    shown = run("show", "b@mail.example")
    assert "to be forgotten" in shown.output


def test_forget_while_the_server_is_down_is_sent_later(
    tmp_path: Path, there: StandIn, run: Run
) -> None:
    drop(tmp_path, "a")
    once(run)
    there.always = Status(503)
    told = json.loads(run("forget", "--yes", "--json", "huarui.example").stdout)
    assert (told["kind"], told["items"], told["server"]["pending"]) == ("domain", 1, 1)
    assert len(there.state.activities) == 1
    there.always = None
    once(run)
    assert there.state.activities == {}
    assert json.loads(run("forget", "--json").stdout)["server"] == {
        "pending": 0,
        "refused": 0,
        "erased": 1,
        "kept": 0,
        "last_error": "",
    }


def test_forget_one_mail_by_its_message_id(tmp_path: Path, there: StandIn, run: Run) -> None:
    drop(tmp_path, "a")
    drop(tmp_path, "b")
    once(run)
    told = json.loads(run("forget", "--yes", "--json", "a@mail.example").stdout)
    assert (told["kind"], told["items"]) == ("item", 1)
    assert len(there.state.activities) == 1


@pytest.mark.parametrize(
    "what", [ME, "us.example", "qq.com", "not an address", "", "@", "x@@y", "w*@huarui.example"]
)
def test_forget_refuses_what_it_must_not_take(run: Run, what: str) -> None:
    once(run)
    result = run("forget", "--yes", what)
    assert result.exit_code == 2, result.output
    assert json.loads(run("forget", "--json").stdout)["kept_away"] == 0


def test_forget_can_be_taken_back(tmp_path: Path, there: StandIn, run: Run) -> None:
    drop(tmp_path, "a")
    once(run)
    run("forget", "--yes", WANG)
    assert run("forget", "--undo", WANG).exit_code == 0
    assert run("forget", "--undo", WANG).exit_code == 1
    assert once(run)["sources"]["dropped"]["stored"] == 1
    assert len(there.state.activities) == 1


def test_with_an_agent_at_work_the_agent_asks_the_server(
    tmp_path: Path, there: StandIn, run: Run
) -> None:
    drop(tmp_path, "a")
    once(run)
    with Lock(tmp_path / "state"):
        told = json.loads(run("forget", "--yes", "--json", WANG).stdout)
    assert told["server"]["pending"] == 1
    assert len(there.state.activities) == 1
    once(run)
    assert there.state.activities == {}


def exchange(folder: Path) -> None:
    drop(folder, "in", sender="kate@nova.example")
    drop(folder, "out", sender=ME, to="kate@nova.example")


def test_suggestions_are_listed_accepted_and_dismissed(
    tmp_path: Path, there: StandIn, run: Run
) -> None:
    assert "No suggestions" in run("suggestions").output
    exchange(tmp_path)
    once(run)
    listed = json.loads(run("suggestions", "--json").stdout)["suggestions"]
    assert [(one["name"], one["received"], one["sent"]) for one in listed] == [
        ("nova.example", 1, 1)
    ]
    assert "nova.example" in run("suggestions").output
    assert there.state.activities == {}
    result = run("suggestions", "accept", "nova.example", "--customer", "Nova GmbH")
    assert result.exit_code == 0, result.output
    assert [customer.name for customer in there.state.customers][-1] == "Nova GmbH"
    assert once(run)["sources"]["dropped"]["stored"] == 2
    assert json.loads(run("suggestions", "--json").stdout)["suggestions"] == []


def test_dismissing(tmp_path: Path, run: Run) -> None:
    exchange(tmp_path)
    once(run)
    assert run("suggestions", "dismiss", "nova.example").exit_code == 0
    assert json.loads(run("suggestions", "--json").stdout)["suggestions"] == []


def test_accepting_needs_the_server_and_changes_nothing_without(
    tmp_path: Path, there: StandIn, run: Run
) -> None:
    exchange(tmp_path)
    once(run)
    there.always = Status(503)
    result = run("suggestions", "accept", "nova.example")
    assert result.exit_code == 1
    assert "Nothing was changed" in result.output
    assert len(json.loads(run("suggestions", "--json").stdout)["suggestions"]) == 1
    assert run("suggestions", "accept", "qq.com").exit_code == 2
    assert run("suggestions", "accept", "no address").exit_code == 2


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_every_word_of_an_explanation_has_a_text(language: str) -> None:
    known = messages.catalogue(language)
    wanted = {f"reason_{reason}" for reason in REASONS}
    wanted |= {f"match_{why}" for why in MatchReason.__args__}
    wanted |= {f"kind_{kind}" for kind in KINDS}
    wanted |= {
        f"show_sent_{state}" for state in ("pending", "delivered", "quarantined", "withdrawn")
    }
    wanted |= {f"show_{state}" for state in ("stored", "excluded", "pending", "quarantined")}
    wanted |= {f"show_recording_{state}" for state in ("waiting", "done", "failed")}
    wanted |= {f"forget_sure_{kind}" for kind in ("address", "domain", "item")}
    assert wanted <= known.keys()


def test_an_item_of_an_earlier_version_is_shown_all_the_same() -> None:
    item = {
        "activity_id": None, "occurred_at": None, "state": "excluded", "rule": "private", "code": "private",
        "kind": "", "evidence": "", "explained": False, "customer": None, "also": [], "contact": None,
        "masked": None, "body": "", "sent": [], "recording": None,
        "seen": [{"source": "m", "item": "1", "folder": "", "at": "2026-11-20T00:00:00+00:00", "state": "excluded", "code": "private", "gone": True}],
    }  # fmt: skip
    lines = list(lines_of({"found": [item], "more": 3}, now=FrozenClock().now()))
    assert len(lines) == 4

"""``genjin agent doctor`` about sources and files."""

import stat
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.capture.base import Source
from agent.cli import doctor_files, doctor_sources
from agent.cli.finding import Finding
from agent.contract.device import SourceStatus
from agent.errors import SourceAuthFailed, SourceLacks, SourceUnavailable
from agent.settings import Settings, SourceSettings
from agent.settings.secrets import SystemSecrets
from agent.testing import FrozenClock, ListSource
from tests.agent.cli.conftest import Run
from tests.agent.making import mail, settings
from tests.agent.standin import StandIn

CLOCK = FrozenClock()


def with_source(folder: Path, kind: str = "list", **options: object) -> Settings:
    made = settings(folder)
    named = SourceSettings(name="office", type=kind, options=options)
    return Settings(
        file=made.file, state_dir=made.state_dir, server_url=made.server_url, sources=(named,)
    )


def look(
    made: Settings,
    source: Source | None = None,
    *,
    status: SourceStatus | None = None,
    patience_s: float = 20.0,
) -> list[Finding]:
    def build(_settings: SourceSettings) -> Source:
        assert source is not None, "nobody should have been asked"
        return source

    found = doctor_sources.findings(
        made,
        SystemSecrets(made.state_dir, {}),
        {"office": status} if status is not None else {},
        clock=CLOCK,
        patience_s=patience_s,
        build=build,
    )
    return list(found)


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (ListSource([mail("a")]), "doctor_source_ok"),
        (ListSource(), "doctor_source_empty"),
        (ListSource(fault=SourceUnavailable("folder_missing")), "doctor_source_wrong"),
        (ListSource(fault=SourceAuthFailed()), "doctor_source_wrong"),
        (ListSource(fault=SourceAuthFailed("password_missing")), "doctor_source_wrong"),
    ],
)
def test_each_source_is_looked_at_and_left(tmp_path: Path, source: ListSource, code: str) -> None:
    (found,) = look(with_source(tmp_path), source)
    assert (found.code, found.params["source"]) == (code, "office")
    assert source.closed


def test_one_that_hangs_is_not_waited_for(tmp_path: Path) -> None:
    class Hanging(ListSource):
        def inventory(self) -> Iterator[str]:
            let_go.wait(60)
            yield from ()

    let_go = threading.Event()
    source = Hanging()
    (found,) = look(with_source(tmp_path), source, patience_s=0.05)
    assert found.code == "doctor_source_slow"
    assert source.closed
    let_go.set()


def test_a_folder_that_is_missing_is_named_before_anything_was_read(tmp_path: Path) -> None:
    class Incomplete(ListSource):
        def lacks(self) -> SourceLacks:
            return SourceLacks("mailbox_folder_missing", source="office", number=2)

    (found,) = look(with_source(tmp_path), Incomplete([mail("a")]))
    assert (found.code, found.params["number"]) == ("doctor_source_wrong", 2)


def test_one_whose_server_asked_to_wait_is_left_alone(tmp_path: Path) -> None:
    until = CLOCK.now() + timedelta(minutes=5)
    status = SourceStatus(type="list", state="down", retry_at=until)
    (found,) = look(with_source(tmp_path), status=status)
    assert (found.verdict, found.code) == ("note", "doctor_asked_to_wait")


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        ("https://outlook.office365.com/EWS/Exchange.asmx", ['type = "graph"', "us.example"]),
        ("https://partner.outlook.cn/EWS/Exchange.asmx", ['cloud = "china"']),
    ],
)
def test_exchange_online_is_sent_to_graph(tmp_path: Path, endpoint: str, words: list[str]) -> None:
    made = with_source(tmp_path, "exchange", endpoint=endpoint, username="li@us.example")
    (found,) = look(made)
    assert (found.verdict, found.code) == ("wrong", "doctor_ews_ended")
    for word in ("[sources.office]", *words):
        assert word in found.beneath


def test_what_to_write_stands_there_in_words(tmp_path: Path, run: Run, there: StandIn) -> None:
    (tmp_path / "agent.toml").write_text(
        f'[server]\nurl = "{there.url}"\n[sources.office]\ntype = "exchange"\n'
        'endpoint = "https://outlook.office365.com/EWS/Exchange.asmx"\n'
        'username = "li@us.example"\n',
        "utf-8",
    )
    for language, words in (("en", "1 October 2026"), ("zh-CN", "2026 年 10 月 1 日")):
        said = run("doctor", GENJIN_LANG=language)
        assert said.exit_code == 1
        assert words in said.output
        assert 'tenant = "us.example"' in said.output


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda made: made.state_dir.chmod(0o755), "doctor_not_private"),
        (lambda made: (made.state_dir / "agent.db").chmod(0o640), "doctor_not_private"),
        (lambda made: made.file.chmod(0o666), "doctor_config_writable"),
        (lambda made: made.file.chmod(0o644), "doctor_private_ok"),
    ],
)
def test_files_that_others_can_open_are_named(
    tmp_path: Path, spoil: Callable[[Settings], Any], code: str
) -> None:
    made = settings(tmp_path)
    made.state_dir.mkdir(mode=stat.S_IRWXU)
    (made.state_dir / "agent.db").touch(mode=0o600)
    made.file.touch(mode=0o600)
    assert [found.code for found in doctor_files.findings(made)] == ["doctor_private_ok"]
    spoil(made)
    assert code in [found.code for found in doctor_files.findings(made)]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_everything_a_laptop_keeps_is_its_owners(boxed: Path, run: Run) -> None:
    (boxed / "box" / "a.mail").touch()
    run("sign-in", typed="secret\n")
    run("once")
    kept = list((boxed / "state").rglob("*"))
    assert {path.name for path in kept} >= {"agent.db", "agent.lock", "secrets.json"}
    for path in (boxed / "state", *kept):
        assert not path.stat().st_mode & 0o077, path.name
    assert "yours alone" in run("doctor").output

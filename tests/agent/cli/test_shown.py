"""What a report says to a person, beside its numbers."""

from typing import Any

import pytest

from agent.cli.shown import notes_of


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENJIN_LANG", "en")


def report(*, recordings_message: str = "", **source: Any) -> dict[str, Any]:
    return {
        "sources": {"calls": {"excluded": {}, **source}},
        "outbox": {"pending": 0, "delivered": 0, "quarantined": 0},
        "agent": {
            "running": True,
            "server": "ok",
            "server_message": "",
            "recordings": {"waiting": 1},
            "recordings_message": recordings_message,
        },
    }


@pytest.mark.parametrize("code", ["speech_engine_missing", "speech_model_missing"])
def test_what_speech_lacks_is_said_with_what_to_run(code: str) -> None:
    lines = notes_of(report(recordings_message=code, message=code), model="base", command="run me")
    said = [line for line in lines if "run me" in line or "tools/setup.py" in line]
    assert len(said) == 2
    assert not any(code in line for line in lines)


def test_a_full_disk_is_said_once() -> None:
    told = {**report(message="store_full"), "fault": "store_full"}
    lines = [line for line in notes_of(told, file="/x") if "disk is full" in line]
    assert len(lines) == 1
    assert "/x" in lines[0]


def test_a_name_cannot_command_the_terminal() -> None:
    aside = {"item_empty": {"count": 1, "items": ["a\x1b[2Jb.eml"]}}
    (line,) = (line for line in notes_of(report(set_aside=aside)) if "set aside" in line)
    assert "\x1b" not in line
    assert "a\N{REPLACEMENT CHARACTER}[2Jb.eml" in line

import subprocess
import sys
from pathlib import Path

import pytest

from agent import messages
from agent.capture import registry
from agent.errors import Misconfigured
from tests.conformance.moving_clock import MovingClock
from tests.conformance.surroundings import alone


def problems(settings: dict[str, object]) -> list[tuple[str, dict[str, object]]]:
    with pytest.raises(Misconfigured) as caught:
        registry.build("mine", settings, alone(MovingClock()))
    assert registry.check("mine", settings) == list(caught.value.problems)
    return list(caught.value.problems)


@pytest.mark.parametrize("kind", sorted(registry.SOURCES.keys() - {"exchange", "graph", "imap"}))
def test_every_folder_source_builds_and_names_itself(kind: str, tmp_path: Path) -> None:
    source = registry.build("mine", {"type": kind, "path": str(tmp_path)}, alone(MovingClock()))
    assert source.type == kind
    assert source.watched == tmp_path


def test_all_faults_with_their_texts() -> None:
    found = problems({"type": "notes", "paht": "/x", "timezone": 5})
    assert found == [
        ("setting_missing", {"source": "mine", "setting": "path"}),
        ("setting_invalid", {"source": "mine", "setting": "timezone"}),
        ("setting_unknown", {"source": "mine", "setting": "paht"}),
    ]
    for code, params in found:
        for language in messages.LANGUAGES:
            assert str(params["setting"]) in messages.text(code, language, **params)


@pytest.mark.parametrize("settings", [{"type": "fax"}, {"type": 3}, {"type": "Notes"}])
def test_unknown_type_names_the_known_ones(settings: dict[str, object]) -> None:
    ((code, params),) = problems(settings)
    assert code == "source_type_unknown"
    assert "notes" in messages.text(code, "zh-CN", **params)


def test_no_type() -> None:
    assert problems({}) == [("setting_missing", {"source": "mine", "setting": "type"})]


def test_sources_are_imported_only_when_built() -> None:
    heavy = "docx", "oxmsg", "watchdog", "av", "agent.nlp"
    code = (
        "import sys, agent.capture.registry\n"
        f"sys.exit(any(name in sys.modules for name in {heavy!r}))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

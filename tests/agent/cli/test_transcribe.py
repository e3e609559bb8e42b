import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from agent.cli.transcribe import transcribe
from tests.agent.nlp.speech.sample import RECORDINGS, need_speech

SAMPLE = RECORDINGS / "en-short-noanswer.mp3"


def _run(*arguments: str, lang: str = "en") -> tuple[int, str, str]:
    done = CliRunner(env={"GENJIN_LANG": lang}).invoke(transcribe, arguments)
    return done.exit_code, done.stdout, done.stderr


@pytest.mark.xdist_group("speech")
def test_json_is_what_programs_rely_on() -> None:
    need_speech()
    status, out, err = _run("--json", str(SAMPLE))
    said = json.loads(out)
    assert (status, err) == (0, "")
    assert set(said) == {"language", "duration_s", "turns"}
    assert said["language"] == "en"
    assert said["duration_s"] == pytest.approx(6.3, abs=0.1)
    (turn,) = said["turns"]
    assert set(turn) == {"speaker", "start_s", "end_s", "text", "raw_text", "confidence"}
    assert turn["speaker"] == "rep"
    assert "tomorrow morning" in turn["text"]


@pytest.mark.xdist_group("speech")
@pytest.mark.parametrize(("lang", "speaker"), [("en", "Rep"), ("zh-CN", "销售")])
def test_lines_for_people(lang: str, speaker: str) -> None:
    need_speech()
    status, out, err = _run(str(SAMPLE), lang=lang)
    assert (status, err) == (0, "")
    assert out.startswith(f"[00:00] {speaker}: Hello")


@pytest.mark.parametrize(
    ("content", "english", "chinese"),
    [
        (None, "no such file", "文件不存在"),
        (b"", "0 bytes", "0 字节"),
        (b"dear customer, " * 99, "not a recording", "不是"),
    ],
)
def test_files_that_are_no_recording(
    tmp_path: Path, content: bytes | None, english: str, chinese: str
) -> None:
    pytest.importorskip("av", reason="the extra speech is not installed")
    path = tmp_path / "通话 1.mp3"
    if content is not None:
        path.write_bytes(content)
    for lang, words in (("en", english), ("zh-CN", chinese)):
        status, out, err = _run("--json", str(path), lang=lang)
        assert status == 1
        assert out == ""
        assert words in err


def test_a_missing_model_names_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("faster_whisper", reason="the extra speech is not installed")
    monkeypatch.setenv("GENJIN_MODELS", str(tmp_path))
    for lang in ("en", "zh-CN"):
        status, out, err = _run(str(SAMPLE), lang=lang)
        assert (status, out) == (3, "")
        assert "-m agent.nlp.speech.models get base" in err


def test_a_missing_engine_names_the_command() -> None:
    program = (
        "import sys\n"
        "sys.modules['faster_whisper'] = None\n"
        "from agent.cli.transcribe import transcribe\n"
        f"transcribe([{str(SAMPLE)!r}])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "GENJIN_LANG": "en"},
    )
    assert done.returncode == 3
    assert "python3 tools/setup.py" in done.stderr

import json
import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from time import monotonic

import pytest

from agent.daemon.listening import ProcessEars, own_program
from agent.errors import BadItem, SpeechUnavailable

TURN = {
    "speaker": "rep",
    "start_s": 0.0,
    "end_s": 1.5,
    "text": "你好",
    "raw_text": "你好",
    "confidence": 0.8,
}


def ears(program: str) -> ProcessEars:
    def command(path: Path) -> Sequence[str]:
        return [sys.executable, "-c", program, str(path)]

    return ProcessEars(command, ready=lambda: None)


def never() -> bool:
    return False


def test_it_understands_what_transcribe_prints(tmp_path: Path) -> None:
    printed = {"language": "zh", "duration_s": 1.5, "turns": [TURN]}
    program = (
        f"import sys; print({json.dumps(json.dumps(printed))}); print('noise', file=sys.stderr)"
    )
    heard = ears(program).listen(tmp_path, rep_channel="", stopping=never)
    assert heard is not None
    assert (heard.duration_s, heard.turns[0].text) == (1.5, "你好")


@pytest.mark.parametrize("program", ["raise SystemExit(1)", "print('{')", "print('[]')", "pass"])
def test_a_failing_program_is_a_bad_item(tmp_path: Path, program: str) -> None:
    with pytest.raises(BadItem):
        ears(program).listen(tmp_path, rep_channel="", stopping=never)


def test_it_is_killed_at_once_when_the_agent_stops(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    program = (
        "import os, pathlib, sys, time\n"
        f"pathlib.Path({str(mark)!r}).write_text(str(os.getpid()))\n"
        "time.sleep(600)"
    )
    pids: list[int] = []
    deadline = monotonic() + 30

    def stop_once_it_runs() -> bool:
        if mark.exists() and mark.read_text():
            pids.append(int(mark.read_text()))
        assert monotonic() < deadline
        return bool(pids)

    assert ears(program).listen(tmp_path, rep_channel="", stopping=stop_once_it_runs) is None
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


@pytest.mark.skipif(sys.platform == "win32", reason="priorities are set at the start there")
def test_it_runs_at_low_priority(tmp_path: Path) -> None:
    ready = threading.Event()
    program = (
        "import json, os, sys, time\n"
        "while os.getpriority(os.PRIO_PROCESS, 0) < 10: time.sleep(0.01)\n"
        "print(json.dumps({'duration_s': 1, 'turns': []}))"
    )
    heard = ears(program).listen(tmp_path, rep_channel="", stopping=ready.is_set)
    assert heard is not None


def test_the_command_is_this_very_program() -> None:
    command = own_program("small")(Path("/calls/1.wav"))
    assert command[:4] == [sys.executable, "-m", "genjin", "transcribe"]
    assert command[4:] == ["/calls/1.wav", "--json", "--model", "small"]
    assert "--model" not in own_program(None)(Path("x"))


@pytest.mark.parametrize(
    ("channel", "speaker"), [("", "rep"), ("left", "rep"), ("right", "customer")]
)
def test_which_channel_is_ours(tmp_path: Path, channel: str, speaker: str) -> None:
    program = f"print({json.dumps(json.dumps({'duration_s': 1.5, 'turns': [TURN]}))})"
    heard = ears(program).listen(tmp_path, rep_channel=channel, stopping=never)
    assert heard is not None
    assert heard.turns[0].speaker == speaker


def test_a_missing_model_is_not_the_recordings_fault(tmp_path: Path) -> None:
    with pytest.raises(SpeechUnavailable):
        ears("raise SystemExit(3)").listen(tmp_path, rep_channel="", stopping=never)

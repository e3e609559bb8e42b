"""kill -9 between any two steps, then start again: nothing lost, nothing twice.

The agent is a process of its own, with real files, a real store and a real server over HTTP. At
each step it names, one of its runs kills itself.
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from agent.rules.identity import activity_id
from tests.agent.making import server
from tests.agent.standin import StandIn

ITEMS = 7
STEPS = ("polled", "settled", "stored", "leased", "answered", "booked", "heard", "transcribed")

PROGRAM = """
import json, os, pathlib, signal, sys

from agent.contract.tag import Turn
from agent.outbox.lock import Lock
from agent.remote.http import HttpRemote
from agent.daemon.reporting import once_report
from agent.clock import SystemClock
from agent.testing import Hears, ListSource, MemoryDesktop, ScriptedEars, WordTagger
from tests.agent.making import build, call, mail, settings
from tests.agent.standin import TOKEN

folder, url, step, occasion, items = sys.argv[1:]
folder, left = pathlib.Path(folder), int(occasion)


def at(here):
    global left
    if here == step:
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


(folder / "call.wav").write_bytes(b"RIFF")
captures = [mail(f"m{n}") for n in range(int(items))] + [call("c", folder / "call.wav")]
turn = Turn(speaker="customer", start_s=0, end_s=1, text="预算", raw_text="预算", confidence=1)
clock = SystemClock()
made = settings(folder, "mail")
with Lock(made.state_dir):
    agent = build(
        made,
        sources={"mail": ListSource(captures)},
        remote=HttpRemote(url, lambda: TOKEN, clock=clock),
        clock=clock,
        tagger=WordTagger(),
        ears=ScriptedEars(lambda _path: Hears([turn])),
        desktop=MemoryDesktop(),
        at=at,
    )
    agent.start()
    agent.full_pass()
    report = once_report(agent.store, made.sources)
    agent.stop()
print(json.dumps(report))
"""


def start(folder: Path, url: str, step: str, occasion: int) -> subprocess.CompletedProcess[str]:
    root = str(Path(__file__).parents[3])
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder), url, step, str(occasion), str(ITEMS)],
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_nothing_is_lost_and_nothing_is_twice(tmp_path: Path, step: str) -> None:
    with StandIn(server()) as there:
        kills = 0
        for occasion in (1, 2):
            died = start(tmp_path, there.url, step, occasion)
            kills += died.returncode == -signal.SIGKILL
        assert kills >= 1, died.stderr

        lived = start(tmp_path, there.url, "never", 1)
        assert lived.returncode == 0, lived.stderr
        report = json.loads(lived.stdout)

        mails = {activity_id(f"mid:m{n}@mail") for n in range(ITEMS)}
        call = activity_id("sha256:c")
        assert set(there.state.activities) == mails | {call}
        # Each mail was written once; the call at once, and once more with its words.
        assert sorted(map(str, there.state.recorded)) == sorted(map(str, [*mails, call, call]))
        assert there.state.activities[call].transcript == "done"
        source = report["sources"]["mail"]
        assert (source["seen"], source["stored"], source["unexplained"]) == (8, 8, 0)
        assert report["outbox"] == {"pending": 0, "delivered": ITEMS + 2, "quarantined": 0}

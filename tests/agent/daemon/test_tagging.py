"""The tagger in a process of its own: the same findings, and nothing lost when it dies."""

import os
import signal
import subprocess
import sys
import threading
from datetime import date
from pathlib import Path

import pytest

from agent.contract.tag import Turn
from agent.daemon.tagging import TaggerFailed, TaggerProcess
from agent.nlp.tagger import Tagger
from agent.testing import ListSource
from tests.agent.making import Laptop, mail

DAY = date(2026, 11, 23)
TEXTS = (
    "预算不是问题。我们也在看 Salesforce 的方案，下周三前请发报价。",
    "I will send the offer by Thursday; your price is too high.",
    "两行\n一行 \u2028 还有 \ud83d 半个字符 \x00 和零",
    "",
)
TURN = Turn(speaker="rep", start_s=1, end_s=4, text="我下周三发报价", raw_text="x", confidence=1)
UPSET = "import sys, json\nfor line in sys.stdin.buffer:\n    "


def program(body: str) -> tuple[str, ...]:
    return (sys.executable, "-c", UPSET + body)


def test_it_finds_what_the_tagger_finds() -> None:
    there, here = TaggerProcess(), Tagger()
    try:
        for text in TEXTS:
            told = there.tag(text, kind="mail", speaker="customer", on=DAY)
            known = here.tag(text, kind="mail", speaker="customer", on=DAY)
            assert (told.tags, told.commitments) == (known.tags, known.commitments)
        told = there.tag_turns([TURN], on=DAY)
        known = here.tag_turns([TURN], on=DAY)
        assert known.commitments
        assert (told.tags, told.commitments) == (known.tags, known.commitments)
    finally:
        there.close()


def test_it_rests_when_there_is_nothing_to_tag_and_comes_back() -> None:
    now = [0.0]
    tagger = TaggerProcess(idle_s=3600.0, ticks=lambda: now[0])
    try:
        assert tagger.tag(TEXTS[0], kind="note", speaker="rep", on=DAY).tags
        now[0] = 3599.0
        tagger.rest()
        assert tagger.is_running
        now[0] = 3600.0
        tagger.rest()
        assert not tagger.is_running
        assert tagger.tag(TEXTS[0], kind="note", speaker="rep", on=DAY).tags
    finally:
        tagger.close()


def test_nothing_is_started_for_nothing() -> None:
    tagger = TaggerProcess(("no such program",))
    assert tagger.tag(" \n", kind="mail", speaker="unknown", on=DAY).tags == ()
    with pytest.raises(TaggerFailed):
        tagger.tag("预算", kind="mail", speaker="unknown", on=DAY)


def test_a_text_that_upsets_it_costs_that_text_alone(tmp_path: Path) -> None:
    # It dies of the poison, as a fault in a library would make it.
    body = (
        "print(json.dumps({'tags': [], 'commitments': []}), flush=True)"
        " if '毒药' not in json.loads(line)['text'] else sys.exit(9)"
    )
    tagger = TaggerProcess(program(body))
    here = Laptop(
        tmp_path,
        {"mail": ListSource([mail("a"), mail("poison", text="毒药"), mail("b")])},
        tagger=tagger,  # type: ignore[arg-type]
    )
    try:
        report = here.once()["sources"]["mail"]
    finally:
        tagger.close()
    assert (report["state"], report["stored"], report["quarantined"]) == ("ok", 2, 1)


def test_one_that_cannot_work_at_all_blames_no_item(tmp_path: Path) -> None:
    tagger = TaggerProcess((sys.executable, "-c", "raise SystemExit(1)"))
    here = Laptop(
        tmp_path,
        {"mail": ListSource([mail("a")])},
        tagger=tagger,  # type: ignore[arg-type]
    )
    report = here.once()["sources"]["mail"]
    assert (report["state"], report["message"]) == ("down", "tagger_failed")
    assert report["quarantined"] == 0


def test_closing_ends_a_call_under_way_and_starts_nothing_more() -> None:
    tagger = TaggerProcess(program("__import__('time').sleep(600)"))
    failed = threading.Event()

    def call() -> None:
        with pytest.raises(TaggerFailed):
            tagger.tag("预算", kind="mail", speaker="unknown", on=DAY)
        failed.set()

    threading.Thread(target=call, daemon=True).start()
    deadline = threading.Event()
    while not tagger.is_running:
        deadline.wait(0.01)
    tagger.close()
    assert failed.wait(20)
    with pytest.raises(TaggerFailed):
        tagger.tag("预算", kind="mail", speaker="unknown", on=DAY)


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal")
def test_it_ends_with_the_one_who_started_it() -> None:
    program_ = (
        "from datetime import date\n"
        "from agent.daemon.tagging import TaggerProcess\n"
        "import os, signal\n"
        "tagger = TaggerProcess()\n"
        "tagger.tag('预算紧张', kind='mail', speaker='customer', on=date(2026, 11, 23))\n"
        "print(tagger._process.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program_],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        stdout=subprocess.PIPE,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    pid, pause = int(done.stdout), threading.Event()
    for _ in range(1000):
        if not Path(f"/proc/{pid}").exists():
            return
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        if _is_zombie(pid):
            return
        pause.wait(0.02)
    pytest.fail("the tagger outlived its parent")


def _is_zombie(pid: int) -> bool:
    """Dead, and nobody has asked after it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return False

"""What the process that reads a store may do to us: crash, hang, lie."""

import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from agent.capture.mailfiles.store.process import Frame, Stores
from agent.errors import BadItem, SourceUnavailable

GIVES_UP_AFTER_S = 30
START = """
import json, os, sys, time
order = json.loads(sys.stdin.readline())
def say(blob=b"", **frame):
    sys.stdout.buffer.write(json.dumps(frame).encode() + b"\\n" + blob)
    sys.stdout.buffer.flush()
def item(key):
    if key not in order["skip"]:
        say(at=key)
        say(b"xy", key=key, version="1", size=2)
def fault(key, what):
    if key not in order["skip"]:
        say(at=key)
        what()
"""


def program(story: str) -> Callable[[], Sequence[str]]:
    return lambda: (sys.executable, "-c", START + story)


def read(stores: Stores) -> list[Frame]:
    return list(stores.read("x.pst", {})[1])


def told(frames: list[Frame]) -> list[tuple[str, str]]:
    return [(one.key, one.code) for one in frames]


@pytest.mark.parametrize(
    "fault",
    [
        "os._exit(1)",
        "os.kill(os.getpid(), 11)",
        "time.sleep(600)",
        "say(b'', key='3', version='1', size=-1)",
    ],
    ids=["exit", "crash", "hang", "nonsense"],
)
def test_item_that_brings_it_down_is_told_and_the_rest_goes_on(fault: str) -> None:
    story = (
        f"say(total=4); item('1'); item('2'); fault('3', lambda: {fault}); item('4'); say(end=1)"
    )
    stores = Stores(program(story), patience_s=2)
    assert told(read(stores)) == [("1", ""), ("2", ""), ("3", "item_damaged"), ("4", "")]


@pytest.mark.parametrize(
    ("story", "code"),
    [
        ("pass", "item_store_damaged"),
        ("os._exit(3)", "item_store_damaged"),
        ("print('no json')", "item_store_damaged"),
        ("print('[]')", "item_store_damaged"),
        ("say(fail='item_protected')", "item_protected"),
        ("say(fail='wang@customer.example')", "item_store_damaged"),
        ("say(total='many')", "item_store_damaged"),
        ("say(total=9); item('1'); os._exit(1)", "item_store_damaged"),
        (
            "say(total=99)\nfor n in range(99): fault(str(n), lambda: os._exit(1))",
            "item_store_damaged",
        ),
    ],
)
def test_process_that_gives_up_or_lies(story: str, code: str) -> None:
    with pytest.raises(BadItem) as caught:
        read(Stores(program(story), patience_s=5))
    assert caught.value.code == code


def test_reader_that_takes_its_time_is_no_hang() -> None:
    stores = Stores(program("say(total=2); item('1'); item('2'); say(end=1)"), patience_s=0.4)
    _, frames = stores.read("x.pst", {})
    first = next(frames)
    threading.Event().wait(1)  # longer than the process may be silent
    assert told([first, *frames]) == [("1", ""), ("2", "")]


def test_close_ends_what_hangs() -> None:
    stores = Stores(program("say(total=2); item('1'); time.sleep(600)"))
    _, frames = stores.read("x.pst", {})
    assert next(frames).key == "1"
    ended: list[str] = []

    def go_on() -> None:
        try:
            next(frames)
        except SourceUnavailable as error:
            ended.append(error.code)

    thread = threading.Thread(target=go_on)
    thread.start()
    thread.join(0.3)
    stores.close()
    thread.join(GIVES_UP_AFTER_S)
    assert ended == ["source_stopped"]
    with pytest.raises(SourceUnavailable):
        stores.read("x.pst", {})


def test_abandoned_reading_leaves_no_process_behind(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    story = f"open({str(mark)!r}, 'w').write(str(os.getpid())); say(total=2); item('1'); time.sleep(600)"
    stores = Stores(program(story))
    _, frames = stores.read("x.pst", {})
    next(frames)
    frames.close()  # type: ignore[attr-defined]
    with pytest.raises(ProcessLookupError):
        __import__("os").kill(int(mark.read_text()), 0)


def test_secrets_stay_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENJIN_TOKEN", "t")
    story = "say(total=1); say(key=str(sorted(k for k in os.environ if k.startswith('GENJIN_'))), version='1'); say(end=1)"
    assert read(Stores(program(story)))[0].key == "[]"

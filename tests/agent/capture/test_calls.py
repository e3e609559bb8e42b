import threading

import pytest

from agent.capture.calls import Calls
from agent.errors import SourceUnavailable


def test_runs_in_order_in_one_thread_and_hands_on_what_comes() -> None:
    calls = Calls("test")
    threads = {calls.run(threading.get_ident) for _ in range(3)}
    assert len(threads) == 1
    assert threads != {threading.get_ident()}
    assert calls.run(lambda: 7) == 7
    with pytest.raises(KeyError):
        calls.run(lambda: {}["missing"])
    assert calls.run(lambda: 8) == 8
    calls.close()


def test_closing_ends_the_waiting_at_once() -> None:
    calls = Calls("test")
    hanging = threading.Event()
    release = threading.Event()
    ended: list[str] = []

    def hang() -> None:
        hanging.set()
        release.wait(30)

    def wait() -> None:
        with pytest.raises(SourceUnavailable) as caught:
            calls.run(hang)
        ended.append(caught.value.code)

    waiting = threading.Thread(target=wait)
    waiting.start()
    assert hanging.wait(10)
    calls.close()
    waiting.join(10)
    assert not waiting.is_alive()
    assert ended == ["source_stopped"]
    release.set()
    with pytest.raises(SourceUnavailable):
        calls.run(lambda: 1)
    assert calls.is_closed


def test_what_was_begun_goes_on_by_itself_and_in_order() -> None:
    calls = Calls("test")
    done: list[int] = []
    first = calls.begin(lambda: done.append(1))
    second = calls.begin(lambda: len(done))
    assert second() == 1
    first()
    calls.close()


def test_close_ends_every_wait_for_what_was_begun() -> None:
    calls, gate = Calls("test"), threading.Event()
    waits = [calls.begin(gate.wait) for _ in range(3)]
    calls.close()
    for wait in waits:
        with pytest.raises(SourceUnavailable):
            wait()
    gate.set()

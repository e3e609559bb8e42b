import threading
from collections.abc import Iterator

import pytest

from agent.daemon.loop import Loop
from agent.errors import StoreBroken


@pytest.fixture
def started() -> Iterator[list[Loop]]:
    loops: list[Loop] = []
    yield loops
    for loop in loops:
        loop.stop()
        assert loop.join(10)


def test_it_sleeps_until_rung(started: list[Loop]) -> None:
    turns: list[bool] = []
    ran = threading.Event()

    def turn(asked: bool) -> float | None:
        turns.append(asked)
        ran.set()
        return None

    loop = Loop("x", turn)
    started.append(loop)
    loop.start()
    loop.ring()
    assert ran.wait(10)
    assert turns == [False]


def test_who_asks_gets_a_turn_that_began_afterwards(started: list[Loop]) -> None:
    inside, go_on = threading.Event(), threading.Event()
    turns: list[bool] = []

    def turn(asked: bool) -> float | None:
        turns.append(asked)
        inside.set()
        go_on.wait(10)
        return None

    loop = Loop("x", turn)
    started.append(loop)
    loop.start()
    loop.ring()
    assert inside.wait(10)
    done = loop.ask()
    assert not done.is_set()
    go_on.set()
    assert done.wait(10)
    assert turns == [False, True]


def test_it_comes_back_when_it_said_it_would(started: list[Loop]) -> None:
    third = threading.Event()
    count = 0

    def turn(_asked: bool) -> float | None:
        nonlocal count
        count += 1
        if count == 3:
            third.set()
        return 0.01

    loop = Loop("x", turn)
    started.append(loop)
    loop.start()
    loop.ring()
    assert third.wait(10)


def test_it_outlives_errors_and_keeps_their_messages_to_itself(
    started: list[Loop], caplog: pytest.LogCaptureFixture
) -> None:
    broken: list[str] = []
    faults: list[Exception] = [ValueError("客户的秘密"), StoreBroken("store_full")]
    done = threading.Event()

    def turn(_asked: bool) -> float | None:
        if faults:
            raise faults.pop(0)
        done.set()
        return None

    loop = Loop("x", turn, on_broken_store=lambda error: broken.append(error.code))
    started.append(loop)
    loop.start()
    for _ in range(3):
        assert loop.ask().wait(10)
    assert done.is_set()
    assert broken == ["store_full"]
    assert "ValueError at" in caplog.text
    assert "秘密" not in caplog.text


def test_what_breaks_because_it_is_taken_down_is_no_mistake(
    started: list[Loop], caplog: pytest.LogCaptureFixture
) -> None:
    inside, taken = threading.Event(), threading.Event()

    def turn(_asked: bool) -> float | None:
        inside.set()
        taken.wait(10)
        raise ValueError

    loop = Loop("x", turn)
    started.append(loop)
    loop.start()
    loop.ring()
    assert inside.wait(10)
    loop.stop()
    taken.set()
    assert loop.join(10)
    assert caplog.text == ""

from agent.capture.folders.scan import Found
from agent.capture.folders.settle import Settle
from tests.conformance.moving_clock import MovingClock


def file(clock: MovingClock, age_s: float, size: int = 1) -> Found:
    changed = int((clock.now().timestamp() - age_s) * 1e9)
    return Found("a.wav", "/x/a.wav", size, changed, changed)


def test_old_file_is_settled_at_once() -> None:
    clock = MovingClock()
    assert Settle(clock).is_settled(file(clock, 5), 5)
    assert not Settle(clock).is_settled(file(clock, 4), 5)


def test_growing_file_waits_until_it_rests() -> None:
    clock = MovingClock()
    settle = Settle(clock)
    for size in range(1, 5):
        assert not settle.is_settled(file(clock, 0, size), 5)
        clock.forward(2)
    last = file(clock, 0, 9)
    assert not settle.is_settled(last, 5)
    clock.forward(5)
    assert settle.is_settled(last, 5)


def test_clock_of_the_file_server_runs_ahead() -> None:
    clock = MovingClock()
    settle = Settle(clock)
    ahead = file(clock, -3600)
    assert not settle.is_settled(ahead, 5)
    clock.forward(4)
    assert not settle.is_settled(ahead, 5)
    clock.forward(1)
    assert settle.is_settled(ahead, 5)


def test_forgets_what_is_gone() -> None:
    clock = MovingClock()
    settle = Settle(clock)
    ahead = file(clock, -3600)
    settle.is_settled(ahead, 5)
    settle.forget_except(set())
    clock.forward(5)
    assert not settle.is_settled(ahead, 5)


def test_impossible_time_is_long_ago() -> None:
    clock = MovingClock()
    assert Settle(clock).is_settled(Found("a", "a", 1, 10**30, 0), 5)

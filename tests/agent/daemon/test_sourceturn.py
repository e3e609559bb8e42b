"""One source's turn: long readings in slices, back-off, sign-in, being closed."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.capture.base import Batch
from agent.daemon.progress import Progress
from agent.daemon.sourceturn import MAILBOX_EVERY_S, SLICE_S
from agent.errors import SourceAuthFailed, SourceUnavailable
from agent.outbox import retry
from agent.testing import FrozenClock, ListSource
from tests.agent.daemon.turns import bench
from tests.agent.making import mail


class Backfill:
    """A mailbox: what is new first, then the old, newest first, one item a batch.

    ``slow_s`` is what each batch takes; ``arrives`` comes in while the backfill is under way.
    """

    type = "list"
    watched = None

    def __init__(self, old: int, *, slow_s: float, arrives_at: int = 3) -> None:
        self.now_s = 0.0
        self.handed_out: list[str] = []
        self.polls: list[str | None] = []
        self._old = [mail(f"old{n}") for n in range(old)]
        self._new = mail("new")
        self._slow_s = slow_s
        self._arrives_at = arrives_at

    def poll(self, cursor: str | None) -> Iterator[Batch]:
        self.polls.append(cursor)
        done, new = (int(part) for part in cursor.split("/")) if cursor else (0, 0)
        if not new and len(self.handed_out) >= self._arrives_at:
            new = 1
            self.handed_out.append("new")
            yield Batch(cursor=f"{done}/1", captures=(self._new,))
        for position in range(done, len(self._old)):
            self.now_s += self._slow_s
            self.handed_out.append(f"old{position}")
            yield Batch(
                cursor=f"{position + 1}/{new}",
                captures=(self._old[position],),
                done=position + 1 - done,
                total=len(self._old) - done,
            )

    def inventory(self) -> Iterator[str]:
        yield from (item.external_id for item in (*self._old, self._new))

    def close(self) -> None:
        pass


def test_new_mail_does_not_wait_for_the_old(tmp_path: Path) -> None:
    source = Backfill(20, slow_s=SLICE_S / 4)
    with bench(tmp_path, source, ticks=lambda: source.now_s) as here:
        here.turn(False)
        assert source.handed_out.index("new") <= 6
        assert len(source.handed_out) == len(set(source.handed_out)) == 21
        assert here.status().stored == 21
        assert here.status().unexplained == 0
        done = [done for done, _ in here.progress[:-1]]
        assert done == sorted(done)
        assert here.progress[-2] == (20, 20)


def test_each_slice_gets_on_however_slow_the_source(tmp_path: Path) -> None:
    source = Backfill(4, slow_s=SLICE_S * 10, arrives_at=99)
    with bench(tmp_path, source, ticks=lambda: source.now_s) as here:
        here.turn(True)
        assert here.status().stored == 4


def test_a_reading_that_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    source = Backfill(10, slow_s=2.0, arrives_at=99)
    with bench(tmp_path, source, ticks=lambda: source.now_s) as here:
        original = source.poll

        def stops_in_the_middle(cursor: str | None) -> Iterator[Batch]:
            for number, batch in enumerate(original(cursor), 1):
                here.stopping = number >= 4
                yield batch

        source.poll = stops_in_the_middle  # type: ignore[method-assign]
        here.turn(False)
        status = here.status()
        assert (status.state, status.done, status.total) == ("reading", 4, 10)
        assert here.states == []
        here.stopping, source.poll = False, original  # type: ignore[method-assign]
        here.turn(False)
        assert here.status().stored == 10
    assert source.polls[1] == "4/0"


def test_the_servers_back_off_is_obeyed_to_the_second(tmp_path: Path) -> None:
    clock = FrozenClock()
    source = ListSource([mail("a")], fault=SourceUnavailable("server_busy", retry_after=125))
    with bench(tmp_path, source, clock=clock) as here:
        assert here.turn(False) == 125
        until = here.status().retry_at
        assert until == clock.now() + timedelta(seconds=125)
        source.fault = None
        clock.advance(seconds=100)
        assert here.turn(False) == 25
        assert here.turn(True) == 25  # whoever asks
    with bench(tmp_path, source, clock=clock) as here:
        assert here.turn(True) == 25  # also after a restart
        assert (here.status().state, here.status().retry_at) == ("down", until)
        clock.advance(seconds=25)
        here.turn(True)
        assert (here.status().state, here.status().stored) == ("ok", 1)
        assert here.status().retry_at is None


def test_a_time_a_wrong_clock_wrote_holds_nobody_up(tmp_path: Path) -> None:
    clock = FrozenClock()
    source = ListSource([mail("a")], fault=SourceUnavailable("server_busy", retry_after=60))
    with bench(tmp_path, source, clock=clock) as here:
        here.turn(False)
        source.fault = None
        clock.advance(days=-400)
        here.turn(False)
        assert here.status().state == "ok"


def test_without_a_time_it_doubles(tmp_path: Path) -> None:
    source = ListSource(fault=SourceUnavailable("server_busy", retry_after=0))
    with bench(tmp_path, source) as here:
        waits = [here.turn(False) or 0 for _ in range(12)]
        assert here.status().retry_at is None
    assert all(wait > 0 for wait in waits)
    assert retry.CAP_S / 2 <= waits[-1] <= retry.CAP_S


@pytest.mark.parametrize("retry_after", [0.5, 7.0, 4000.0, 90_000.0])
def test_a_pure_decision(retry_after: float) -> None:
    now = FrozenClock().now()
    decided = retry.of_source(30, key="mail", now=now, retry_after=retry_after)
    if retry.is_asked(retry_after):
        assert decided.wait_s == min(retry_after, retry.LONGEST_ASKED_S)
    else:
        assert decided.wait_s >= 1


def test_after_a_sign_in_the_source_is_another_one(tmp_path: Path) -> None:
    refused = ListSource([mail("a")], fault=SourceAuthFailed("password_refused", source="mail"))
    well = ListSource([mail("a")])
    with bench(tmp_path, refused, anew=lambda: well) as here:
        here.turn(False)
        assert here.states == ["auth"]
        assert here.status().message == "password_refused"
        here.turn.signed_in()
        here.turn(False)
        assert here.states == ["auth", "ok"]
        assert (refused.closed, well.closed) == (True, False)
        assert here.turn.source is well
        here.turn.close()
        assert well.closed


def test_a_sign_in_after_the_end_leaves_nothing_open(tmp_path: Path) -> None:
    late = ListSource()
    with bench(tmp_path, ListSource(), anew=lambda: late) as here:
        here.turn.close()
        here.turn.signed_in()
        here.turn(False)
        assert late.closed


def test_a_source_that_cannot_be_built_again_is_tried_again(tmp_path: Path) -> None:
    well = ListSource([mail("a")])
    faults: list[Exception] = [OSError("disk")]

    def anew() -> ListSource:
        if faults:
            raise faults.pop()
        return well

    old = ListSource()
    with bench(tmp_path, old, anew=anew) as here:
        here.turn.signed_in()
        with pytest.raises(OSError, match="disk"):
            here.turn(False)
        assert not old.closed
        here.turn(False)
        assert here.turn.source is well


def test_being_closed_in_the_middle_is_no_fault(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stopped = SourceUnavailable("source_stopped")
    source = ListSource([mail(f"m{n}") for n in range(6)], fault=stopped, fault_after=1)
    with bench(tmp_path, source) as here:
        assert here.turn(True) == MAILBOX_EVERY_S
        assert here.states == []
        assert here.status().message == ""
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("noted", "shown"),
    [
        # One that counts only what is left.
        ([(10, 100), (50, 100), None, (1, 50), (50, 50)], [10, 50, 51, 100]),
        # One that remembers its backfill.
        ([(10, 100), (50, 100), None, (51, 100), (100, 100)], [10, 50, 51, 100]),
        # One that cannot tell how much there is.
        ([(10, 0), (20, 0)], [10, 20]),
        # News first, then on with the backfill.
        ([(50, 100), None, (0, 0), (1, 50)], [50, 50, 51]),
    ],
)
def test_progress_never_goes_back(noted: list[Any], shown: list[int]) -> None:
    progress = Progress()
    seen = []
    for note in noted:
        if note is None:
            progress.cut()
        else:
            progress.note(*note)
            seen.append(progress.done)
    assert seen == shown

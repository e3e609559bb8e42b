"""A folder source with a reader of its own: order, batches, waiting, moving."""

import os
from pathlib import Path

import pytest

from agent.capture.base import Batch, Capture
from agent.capture.folders.scan import Found
from agent.capture.folders.source import FolderSource, Reading
from agent.errors import BadItem
from tests.conformance.moving_clock import MovingClock


class LineReader:
    """Each file is a note of one line; its mark counts how often it was read."""

    suffixes = frozenset({".txt"})

    def quiet_s(self, found: Found, age_s: float) -> float:
        return 2.0

    def read(self, found: Found, mark: str) -> Reading:
        text = Path(found.path).read_text("utf-8")
        if text == "bad":
            raise BadItem("item_damaged")
        capture = Capture(
            source="lines",
            external_id=found.external_id,
            identity=f"note:{text}",
            version=found.version,
            kind="note",
            occurred_at=found.modified,
            text=mark,
        )
        return Reading(capture, f"{mark}+")


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock()


@pytest.fixture
def source(tmp_path: Path, clock: MovingClock) -> FolderSource:
    return FolderSource("lines", tmp_path, LineReader(), clock=clock)


def put(path: Path, text: str, clock: MovingClock, age_s: float = 60) -> None:
    path.write_text(text, "utf-8")
    changed = clock.now().timestamp() - age_s
    os.utime(path, (changed, changed))


def last(source: FolderSource, cursor: str | None = None) -> Batch:
    *_, batch = source.poll(cursor)
    return batch


def test_newest_first(source: FolderSource, tmp_path: Path, clock: MovingClock) -> None:
    for n in range(5):
        put(tmp_path / f"{n}.txt", str(n), clock, age_s=10 + n * 7 % 5)
    times = [one.occurred_at for one in last(source).captures]
    assert times == sorted(times, reverse=True)


def test_growing_file_is_pending_until_it_rests(
    source: FolderSource, tmp_path: Path, clock: MovingClock
) -> None:
    put(tmp_path / "a.txt", "half", clock, age_s=1)
    put(tmp_path / "b.txt", "whole", clock)
    first = last(source)
    assert [one.external_id for one in first.captures] == ["b.txt"]
    assert [(one.external_id, one.code) for one in first.pending] == [("a.txt", "item_growing")]
    waiting = last(source, first.cursor)
    assert waiting.cursor == first.cursor
    assert len(waiting.pending) == 1
    clock.forward(1)
    put(tmp_path / "a.txt", "whole", clock, age_s=2)
    second = last(source, first.cursor)
    assert [one.identity for one in second.captures] == ["note:whole"]
    assert second.pending == ()


def test_large_pass_makes_few_batches(
    source: FolderSource, tmp_path: Path, clock: MovingClock
) -> None:
    for n in range(2_000):
        put(tmp_path / f"{n}.txt", str(n), clock)
    sizes = [len(batch.captures) for batch in source.poll(None)]
    assert sum(sizes) == 2_000
    assert max(sizes) == 100
    assert len(sizes) == 20


def test_moved_file_keeps_its_mark(
    source: FolderSource, tmp_path: Path, clock: MovingClock
) -> None:
    put(tmp_path / "a.txt", "a", clock)
    first = last(source)
    (tmp_path / "done").mkdir()
    (tmp_path / "a.txt").rename(tmp_path / "done" / "b.txt")
    second = last(source, first.cursor)
    assert second.removed == ("a.txt",)
    assert [(one.external_id, one.text) for one in second.captures] == [("done/b.txt", "+")]


def test_moved_in_an_abandoned_pass(
    source: FolderSource, tmp_path: Path, clock: MovingClock
) -> None:
    put(tmp_path / "a.txt", "a", clock, age_s=9_999)
    cursor = last(source).cursor
    (tmp_path / "a.txt").rename(tmp_path / "b.txt")
    for n in range(60):
        put(tmp_path / f"{n}.txt", str(n), clock)
    stopped = next(source.poll(cursor))
    after = last(source, stopped.cursor)
    assert after.removed == ("a.txt",)
    assert {one.external_id: one.text for one in after.captures}["b.txt"] == "+"


def test_broken_file_is_read_again_once_it_is_mended(
    source: FolderSource, tmp_path: Path, clock: MovingClock
) -> None:
    put(tmp_path / "a.txt", "bad", clock)
    first = last(source)
    assert [one.code for one in first.broken] == ["item_damaged"]
    put(tmp_path / "a.txt", "good", clock, age_s=30)
    assert [one.identity for one in last(source, first.cursor).captures] == ["note:good"]


def test_file_that_vanishes_while_the_pass_runs(
    source: FolderSource, tmp_path: Path, clock: MovingClock
) -> None:
    for n in range(60):
        put(tmp_path / f"{n:02}.txt", str(n), clock, age_s=10 + n)
    polling = source.poll(None)
    next(polling)
    (tmp_path / "59.txt").unlink()
    (rest,) = polling
    assert len(rest.captures) == 9
    assert rest.broken == ()
    assert list(source.poll(rest.cursor)) == []


def test_link_out_is_excluded_by_name(source: FolderSource, tmp_path: Path) -> None:
    (tmp_path / "etc.txt").symlink_to("/etc/hostname")
    batch = last(source)
    assert [(one.external_id, one.code) for one in batch.excluded] == [("etc.txt", "link_outside")]
    assert list(source.poll(batch.cursor)) == []
    assert list(source.inventory()) == ["etc.txt"]

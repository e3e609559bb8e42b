import queue
from collections.abc import Iterator
from pathlib import Path

import pytest
from watchdog.observers.polling import PollingObserver

from agent.capture.folders.doorbell import Doorbell

DEADLINE_S = 20.0


@pytest.fixture
def rings() -> "queue.Queue[str]":
    return queue.Queue()


@pytest.fixture
def bell(rings: "queue.Queue[str]") -> Iterator[Doorbell]:
    bell = Doorbell(rings.put, check_s=0.05)
    yield bell
    bell.close()


def heard(rings: "queue.Queue[str]", name: str) -> None:
    """Wait until ``name`` rings, then let what else rings now pass."""
    while rings.get(timeout=DEADLINE_S) != name:
        pass


def drain(rings: "queue.Queue[str]") -> None:
    while not rings.empty():
        rings.get_nowait()


def test_rings_for_a_new_file_and_for_one_below(
    bell: Doorbell, rings: "queue.Queue[str]", tmp_path: Path
) -> None:
    (tmp_path / "sub").mkdir()
    bell.watch("notes", tmp_path)
    (tmp_path / "a.md").write_text("x")
    heard(rings, "notes")
    drain(rings)
    (tmp_path / "sub" / "b.md").write_text("x")
    heard(rings, "notes")


def test_rings_for_a_file_saved_by_replacing_it(
    bell: Doorbell, rings: "queue.Queue[str]", tmp_path: Path
) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / ".a.md.swp").write_text("new")
    bell.watch("notes", folder)
    (folder / ".a.md.swp").rename(folder / "a.md")
    heard(rings, "notes")


def test_scratch_files_and_reading_do_not_ring(
    bell: Doorbell, rings: "queue.Queue[str]", tmp_path: Path
) -> None:
    quiet, loud = tmp_path / "quiet", tmp_path / "loud"
    for folder in (quiet, loud):
        folder.mkdir()
    (quiet / "a.md").write_text("x")
    bell.watch("quiet", quiet)
    bell.watch("loud", loud)
    (quiet / "~$a.docx").write_text("x")
    (quiet / ".a.md.swp").write_text("x")
    (quiet / "a.md").read_text()
    (loud / "b.md").write_text("x")
    names = {rings.get(timeout=DEADLINE_S)}
    assert names == {"loud"}


def test_folder_that_is_not_there_yet(
    bell: Doorbell, rings: "queue.Queue[str]", tmp_path: Path
) -> None:
    folder = tmp_path / "later"
    bell.watch("later", folder)
    folder.mkdir()
    heard(rings, "later")
    (folder / "a.md").write_text("x")
    heard(rings, "later")


def test_folder_that_vanishes_and_comes_back(
    bell: Doorbell, rings: "queue.Queue[str]", tmp_path: Path
) -> None:
    folder, away = tmp_path / "drive", tmp_path / "away"
    folder.mkdir()
    bell.watch("drive", folder)
    folder.rename(away)
    folder.mkdir()
    heard(rings, "drive")
    drain(rings)
    (folder / "new.md").write_text("x")
    heard(rings, "drive")


def test_nothing_rings_after_unwatch(
    bell: Doorbell, rings: "queue.Queue[str]", tmp_path: Path
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        folder.mkdir()
    bell.watch("one", one)
    bell.watch("two", two)
    bell.unwatch("one")
    bell.unwatch("never watched")
    drain(rings)
    (one / "a.md").write_text("x")
    (two / "a.md").write_text("x")
    assert rings.get(timeout=DEADLINE_S) == "two"


class Exhausted:
    """An observer of a system that has no watches left."""

    def schedule(self, *_: object, **__: object) -> object:
        raise OSError(28, "inotify watch limit reached")

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def join(self, timeout: float | None = None) -> None: ...
    def is_alive(self) -> bool:
        return False


def test_polls_when_the_system_has_no_watches_left(
    rings: "queue.Queue[str]", tmp_path: Path
) -> None:
    bell = Doorbell(
        rings.put,
        check_s=0.05,
        observers=(Exhausted, lambda: PollingObserver(timeout=0.05)),
    )
    bell.watch("notes", tmp_path)
    (tmp_path / "a.md").write_text("x")
    heard(rings, "notes")
    bell.close()


def test_closing_twice_is_harmless(rings: "queue.Queue[str]", tmp_path: Path) -> None:
    bell = Doorbell(rings.put, check_s=0.05)
    bell.watch("notes", tmp_path)
    bell.close()
    bell.close()

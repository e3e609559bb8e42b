"""Notes as a source: what goes beyond the conformance suite."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.capture.base import Capture
from agent.capture.folders.scan import Found
from agent.capture.folders.source import FolderSource
from agent.capture.notes.reader import NoteReader
from tests.conformance.moving_clock import MovingClock


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock()


def read(folder: Path, name: str, text: str, clock: MovingClock) -> Capture:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    changed = clock.now().timestamp() - 60
    os.utime(path, (changed, changed))
    reader = NoteReader("notes", folder, timezone="Asia/Shanghai")
    found = Found(name, str(path), path.stat().st_size, path.stat().st_mtime_ns, 0)
    return reader.read(found, "").capture


def test_a_note_of_a_visit(tmp_path: Path, clock: MovingClock) -> None:
    note = read(
        tmp_path,
        "客户/华锐/首次拜访.md",
        "---\ncustomer: 苏州华锐\nparticipants: [王磊 <Wang@x.example>, 李雷]\ndate: 2026-11-20\n---\n"
        "# 需求沟通\n预算九万\n",
        clock,
    )
    assert note.kind == "note"
    assert note.subject == "需求沟通"
    assert note.text == "# 需求沟通\n预算九万\n"
    assert note.hints == ("苏州华锐", "华锐", "客户", "首次拜访")
    assert [(one.role, one.name, one.email) for one in note.participants] == [
        ("attendee", "王磊", "wang@x.example"),
        ("attendee", "李雷", None),
    ]
    assert note.occurred_at == datetime(2026, 11, 20, 4, tzinfo=UTC)
    assert note.sensitivity == ""


def test_private_note_says_so(tmp_path: Path, clock: MovingClock) -> None:
    assert read(tmp_path, "a.md", "---\nprivate: true\n---\n体检", clock).sensitivity == "private"


@pytest.mark.parametrize(
    ("name", "moment"),
    [
        ("2026-11-20 王总.txt", datetime(2026, 11, 20, 4, tzinfo=UTC)),
        ("20261120.txt", datetime(2026, 11, 20, 4, tzinfo=UTC)),
        ("11月20日拜访.txt", datetime(2026, 11, 20, 4, tzinfo=UTC)),
        ("2026-11-20 10.15 电话.txt", datetime(2026, 11, 20, 2, 15, tzinfo=UTC)),
        ("2026-11-23.txt", datetime(2026, 11, 23, 8, 59, tzinfo=UTC)),
        ("王总.txt", datetime(2026, 11, 23, 8, 59, tzinfo=UTC)),
    ],
)
def test_date_by_the_name_of_the_file(
    tmp_path: Path, clock: MovingClock, name: str, moment: datetime
) -> None:
    assert read(tmp_path, name, "正文", clock).occurred_at == moment


def test_equal_paths_on_two_computers_are_two_notes(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    found = Found("a.txt", str(tmp_path / "a.txt"), 1, 10**18, 0)
    one = NoteReader("notes", tmp_path, computer="li").read(found, "").capture
    other = NoteReader("notes", tmp_path, computer="han").read(found, "").capture
    assert one.identity != other.identity
    assert one.identity.startswith("note:")


def test_moved_note_is_the_same_note(tmp_path: Path, clock: MovingClock) -> None:
    first = read(tmp_path, "收件箱/a.txt", "王总", clock)
    source = FolderSource("notes", tmp_path, NoteReader("notes", tmp_path), clock=clock)
    (batch,) = source.poll(None)
    assert batch.captures[0].identity == first.identity
    (tmp_path / "收件箱" / "a.txt").rename(tmp_path / "华锐.txt")
    (after,) = source.poll(batch.cursor)
    assert [(one.external_id, one.identity) for one in after.captures] == [
        ("华锐.txt", first.identity)
    ]

import json

import pytest

from agent.capture.folders.known import broken, dump, load, taken
from agent.capture.folders.scan import Found
from agent.errors import CursorExpired


def found(name: str = "a", *, mtime: int = 2, ctime: int = 3, problem: str = "") -> Found:
    return Found(name, name, 1, mtime, ctime, problem)


def test_comes_back_as_it_was() -> None:
    known = {"客户/a.md": taken(found(), ""), "b": taken(found(), "note:1"), "c": broken(found())}
    assert load(dump(known)) == known
    assert load(None) == {}


def test_hundred_thousand_files_stay_small() -> None:
    known = {
        f"客户资料/2026/会议记录-{n:06}.md": taken(found(mtime=1_795_435_701_759_158_529 + n), "")
        for n in range(100_000)
    }
    cursor = dump(known)
    assert len(cursor) < 6_000_000
    assert load(cursor) == known


def test_a_taken_file_changes_with_its_content_only() -> None:
    known = taken(found(), "mark")
    assert known.is_still(found(ctime=9))
    assert not known.is_still(found(mtime=9))
    assert known.note == "mark"


def test_a_broken_file_is_tried_again_when_its_rights_change() -> None:
    known = broken(found())
    assert known.is_still(found())
    assert not known.is_still(found(ctime=9))
    assert not known.is_still(found(problem="item_unreadable"))
    assert known.note == ""


@pytest.mark.parametrize("files", [[], {"a": 1}, {"a": [1]}, {"a": [1, 2, "", 4]}])
def test_damaged_cursor(files: object) -> None:
    with pytest.raises(CursorExpired):
        load(json.dumps({"v": 1, "files": files}))

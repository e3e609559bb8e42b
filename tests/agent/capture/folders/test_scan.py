import os
import unicodedata
from pathlib import Path

import pytest

from agent.capture.folders.scan import ignored, scan
from agent.errors import SourceMisconfigured, SourceUnavailable

WANTED = frozenset({".md", ".eml"})


def ids(folder: Path) -> dict[str, str]:
    return {found.external_id: found.problem for found in scan(folder, WANTED).items}


def put(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x")
    return path


@pytest.mark.parametrize(
    "name",
    [
        "~$报价.docx",
        "~WRD0001.tmp",
        "a.tmp",
        "A.TMP",
        ".a.md.swp",
        "4913",
        "a.part",
        "a.mp3.crdownload",
        ".a.md",
        "a.md~",
    ],
)
def test_unfinished_and_scratch_names(name: str) -> None:
    assert ignored(name)


@pytest.mark.parametrize("name", ["报价.md", "a~b.md", "part.md", "4913.md", "tmp"])
def test_names_of_people(name: str) -> None:
    assert not ignored(name)


def test_wanted_files_at_any_depth(tmp_path: Path) -> None:
    put(tmp_path / "a.md")
    put(tmp_path / "华锐" / "二月" / "B.EML")
    put(tmp_path / "a.pdf")
    put(tmp_path / ".obsidian" / "c.md")
    assert ids(tmp_path) == {"a.md": "", "华锐/二月/B.EML": ""}


def test_names_are_composed(tmp_path: Path) -> None:
    decomposed = unicodedata.normalize("NFD", "Müller.md")
    put(tmp_path / decomposed)
    (found,) = scan(tmp_path, WANTED).items
    assert found.external_id == unicodedata.normalize("NFC", "Müller.md")
    assert Path(found.path).read_text() == "x"


def test_two_spellings_of_one_name_are_two_items(tmp_path: Path) -> None:
    for form in ("NFC", "NFD"):
        put(tmp_path / unicodedata.normalize(form, "é.md"))
    assert len(ids(tmp_path)) == len(list(tmp_path.iterdir())) == 2


def test_name_that_is_no_utf8(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path) + b"/" + "报价单.md".encode("gbk")
    Path(os.fsdecode(raw)).write_text("x")
    assert ids(tmp_path) == {"报价单.md": ""}


def test_links_never_lead_out(tmp_path: Path) -> None:
    outside = put(tmp_path / "outside" / "secret.md").parent
    folder = tmp_path / "in"
    put(folder / "a.md")
    (folder / "same.md").symlink_to(folder / "a.md")
    (folder / "loop").symlink_to(folder)
    (folder / "out.md").symlink_to(outside / "secret.md")
    (folder / "out").symlink_to(outside)
    (folder / "dangling.md").symlink_to(folder / "gone.md")
    (folder / "dangling").symlink_to(folder / "gone")
    assert ids(folder) == {
        "a.md": "",
        "out.md": "link_outside",
        "out": "link_outside",
        "dangling.md": "item_unreadable",
    }


def test_the_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    put(tmp_path / "real" / "a.md")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert ids(tmp_path / "link") == {"a.md": ""}


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.eml")
    assert ids(tmp_path) == {}


def test_no_folder() -> None:
    with pytest.raises(SourceUnavailable) as caught:
        scan(Path("/nowhere/at/all"), WANTED)
    assert caught.value.code == "folder_missing"


def test_a_file_in_its_place(tmp_path: Path) -> None:
    with pytest.raises(SourceMisconfigured) as caught:
        scan(put(tmp_path / "a.md"), WANTED)
    assert caught.value.code == "folder_is_a_file"

"""The archive for the stores holds all that the extension needs, and nothing else."""

import json
import zipfile
from pathlib import Path

from tests.browser.standin import Team
from tests.conftest import OpenBrowser
from tools.pack_extension import pack


def test_is_the_same_for_the_same_sources(tmp_path: Path) -> None:
    one, other = pack(tmp_path / "one"), pack(tmp_path / "other")

    assert one.read_bytes() == other.read_bytes()


def test_carries_no_tests_tools_or_key(tmp_path: Path) -> None:
    with zipfile.ZipFile(pack(tmp_path)) as packed:
        names = packed.namelist()
        manifest = json.loads(packed.read("manifest.json"))

    assert "key" not in manifest
    assert {name.split("/")[0] for name in names}.isdisjoint({"tests", "node_modules"})
    assert not [name for name in names if name.endswith((".ts", ".svg", ".test.js"))]


def test_works_as_packed(tmp_path: Path, open_browser: OpenBrowser, team: Team) -> None:
    unpacked = tmp_path / "unpacked"
    with zipfile.ZipFile(pack(tmp_path)) as packed:
        packed.extractall(unpacked)

    chromium = open_browser(extension=unpacked)

    assert chromium.pair(team.url).is_visible("#paired")

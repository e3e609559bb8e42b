"""Things that must agree with each other, and words that must not stand anywhere."""

import re
import subprocess
import tomllib
from pathlib import Path

from agent.capture.registry import SOURCES
from agent.contract.activity import REASONS
from agent.contract.tag import CATEGORIES, STATUSES
from agent.messages import LANGUAGES, catalogue
from server.app import CAPABILITIES
from server.kernel.i18n import catalogue as server_catalogue

ROOT = Path(__file__).parents[2]


def tracked():
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def test_every_source_stands_in_both_readmes():
    for name in ("README.md", "README.zh-CN.md"):
        text = (ROOT / name).read_text("utf-8")
        for source in SOURCES:
            assert f"`{source}`" in text, (name, source)


def test_the_agents_texts_agree_in_both_languages():
    first, second = (catalogue(language) for language in LANGUAGES)
    assert first.keys() == second.keys()
    for code in first:
        places = [sorted(re.findall(r"{(\w+)", texts[code])) for texts in (first, second)]
        assert places[0] == places[1], code


def test_every_word_of_the_contract_has_a_label_in_both_languages():
    for language in LANGUAGES:
        texts = " ".join(server_catalogue(language))
        for word in (*REASONS, *CATEGORIES, *STATUSES):
            assert re.search(rf"\b\w+\.{word}\b", texts), (language, word)


def test_capabilities_are_named_in_the_import_contracts():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    inside = next(c for c in contracts["contracts"] if c["name"] == "inside a capability")
    assert sorted(inside["containers"]) == sorted(CAPABILITIES)


def test_lock_files_name_no_registry_and_hash_everything():
    for lock in (ROOT / "requirements").glob("*.txt"):
        text = lock.read_text("utf-8")
        assert "://" not in text, lock
        pinned = re.findall(r"^[a-z0-9][\w.\[\]-]*==", text, re.MULTILINE | re.IGNORECASE)
        assert len(pinned) >= 5
        assert text.count("--hash=sha256:") >= len(pinned)
    assert '"resolved"' not in (ROOT / "extension" / "package-lock.json").read_text("utf-8")


def test_no_machine_path_and_nothing_left_over_stands_in_the_tree():
    paths = re.compile(r"/work/|/root/|/home/[a-z]+/|C:\\Users\\[a-z]+\\", re.IGNORECASE)
    left_over = re.compile(r"\b(?:TODO|FIXME|XXX)\b")
    for path in tracked():
        if path.suffix not in {".py", ".md", ".toml", ".yaml", ".js", ".html", ".css", ".po", ""}:
            continue
        if path == Path(__file__) or path.name == "LICENSE":
            continue
        text = path.read_text("utf-8", errors="replace")
        assert not paths.search(text), path
        assert not left_over.search(text), path

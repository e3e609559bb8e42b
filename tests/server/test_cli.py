"""``genjin server``: commands that work, and sentences where a machine cannot do its part."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def genjin(*arguments, lang="en", **env):
    return subprocess.run(
        [sys.executable, "-m", "genjin", "server", *arguments],
        cwd=ROOT,
        env={**os.environ, "GENJIN_LANG": lang, **env},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def test_init_user_and_token(tmp_path):
    data = ("--data-dir", str(tmp_path / "data"))
    assert genjin("init", *data).returncode == 0
    added = genjin(
        *("user", "add", "--name", "李雷", "--email", "Li@Example.com", "--role", "manager"),
        *("--team", "华东", *data),
        GENJIN_NEW_PASSWORD="correct horse",
    )
    assert added.returncode == 0, added.stderr
    token = genjin("token", "add", "--email", "li@example.com", *data)
    assert token.stdout.startswith("gj_")
    again = genjin(
        *("user", "add", "--name", "x", "--email", "li@example.com", "--role", "rep", *data),
        GENJIN_NEW_PASSWORD="correct horse",
    )
    assert (again.returncode, "li@example.com already" in again.stderr) == (1, True)
    nobody = genjin("token", "add", "--email", "nobody@example.com", *data, lang="zh-CN")
    assert (nobody.returncode, "genjin server user add" in nobody.stderr) == (1, True)
    with sqlite3.connect(tmp_path / "data" / "genjin.db") as database:
        assert database.execute("SELECT manager_id FROM team").fetchall() == [(1,)]
    assert (tmp_path / "data" / "secret.key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(("lang", "words"), [("en", "cannot be used"), ("zh-CN", "无法使用")])
def test_a_damaged_database_and_a_file_in_the_way_are_told_in_words(tmp_path, lang, words):
    data = tmp_path / "data"
    data.mkdir()
    (data / "genjin.db").write_bytes(b"this is no database" * 500)
    for arguments in (("init",), ("run", "--port", "0")):
        done = genjin(*arguments, "--data-dir", str(data), lang=lang)
        assert done.returncode == 1
        assert words in done.stderr
        assert "Traceback" not in done.stderr
    assert (data / "genjin.db").read_bytes().startswith(b"this is no database")
    (tmp_path / "file").write_text("x", "utf-8")
    done = genjin("init", "--data-dir", str(tmp_path / "file" / "below"), lang=lang)
    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_the_policy_is_shown_set_and_refused_in_words(tmp_path):
    data = ("--data-dir", str(tmp_path / "data"))
    assert genjin("policy", "set", *data, "body", "tags").returncode == 0
    assert genjin("policy", "set", *data, "exclude_folders", "人事", "法务").returncode == 0
    shown = json.loads(genjin("policy", "show", *data).stdout)
    assert (shown["body"], shown["exclude_folders"]) == ("tags", ["人事", "法务"])
    for wrong in (("bodies", "tags"), ("body", "half"), ("exclude_subjects", "*"), ("body",)):
        told = genjin("policy", "set", *data, *wrong)
        assert told.returncode == 1, wrong
        assert wrong[0] in told.stderr
        assert "Traceback" not in told.stderr
    assert "body" in genjin("policy", "set", *data, "bodies", "tags").stderr
    assert json.loads(genjin("policy", "show", *data).stdout) == shown
    assert genjin("policy", "shorten", "--yes", *data).stdout.startswith("0 ")
    assert genjin("policy", "set", *data, "exclude_folders").returncode == 0
    with sqlite3.connect(tmp_path / "data" / "genjin.db") as database:
        actions = database.execute("SELECT action FROM audit ORDER BY id").fetchall()
    assert [action for (action,) in actions] == [
        "policy.change",
        "policy.change",
        "policy.shorten",
        "policy.change",
    ]

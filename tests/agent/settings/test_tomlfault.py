"""What is wrong with a configuration is told in the person's language, with its place."""

import tomllib
from pathlib import Path

import pytest

from agent import messages
from agent.settings import read
from agent.settings.tomlfault import toml_fault


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("url", "config_toml_equals", 1, 4),
        ("url: 1", "config_toml_equals", 1, 4),
        ("[a]\nhost = imap", "config_toml_value", 2, 8),
        ("host = “imap”", "config_toml_value", 1, 8),
        ("host =", "config_toml_value", 1, 7),
        ("[sources", "config_toml_table", 1, 9),
        ("[[a]", "config_toml_table", 1, 4),
        ("a = 1\na = 2\n[b]", "config_toml_twice", 2, 6),
        ("[a]\n[a]", "config_toml_twice", 2, 3),
        ("a = {b = 1, b = 2}", "config_toml_twice", 1, 18),
        ("a = 1 b = 2", "config_toml_rest", 1, 7),
        ('a = "b",', "config_toml_rest", 1, 8),
        ('a = "b\nc = 1', "config_toml_string", 1, 7),
        ("a = 'b", "config_toml_string", 1, 7),
        ("a = [1, 2", "config_toml_closed", 1, 10),
        ("a = {b = 1", "config_toml_closed", 1, 11),
        ("[sources.邮箱]", "config_toml_name", 1, 10),
        ("邮箱 = 1", "config_toml_name", 1, 1),
        ("a = 'b\x01'", "config_toml_character", 1, 7),
        (r'path = "D:\客户"', "config_backslash", 1, 13),
    ],
)
def test_the_common_ones(tmp_path: Path, text: str, code: str, line: int, column: int) -> None:
    file = tmp_path / "agent.toml"
    file.write_text(text, "utf-8")
    ((found, params),) = read(file).problems
    assert (found, params["line"]) == (code, line)
    assert params["column"] == column
    told = {one: messages.text(found, one, **params) for one in messages.LANGUAGES}
    assert f"第 {line} 行第 {column} 列" in told["zh-CN"]
    assert f"line {line}, column {column}:" in told["en"]
    assert "{" not in told["zh-CN"].replace(str(file), "")


def test_one_that_is_not_known_is_told_in_the_librarys_words() -> None:
    error = tomllib.TOMLDecodeError("Something new (at line 3, column 4)")
    assert toml_fault("a\nb\nc", error) == (
        "config_not_toml",
        {"line": 3, "column": 4, "why": "Something new"},
    )
    assert toml_fault("", tomllib.TOMLDecodeError("Odd"))[1]["line"] == 1

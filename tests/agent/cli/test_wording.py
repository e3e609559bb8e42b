"""Every code the agent can show has a text, in both languages."""

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent import errors, messages
from agent.cli.wording import of_problems, sentence
from agent.contract.device import SourceState

ROOT = Path(errors.__file__).parent
ERRORS = {
    name
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, errors.GenjinError)
}


def raised_codes() -> Iterator[tuple[str, str]]:
    """The first argument of every error that is made anywhere in the agent."""
    for file in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ERRORS
                and node.args
                and isinstance(node.args[0], ast.Constant)
                and isinstance(node.args[0].value, str)
                and not node.args[0].value.startswith("http_")  # made up by their status
            ):
                yield node.args[0].value, f"{file.name}:{node.lineno}"


def own_codes() -> Iterator[str]:
    for name in ERRORS - {"GenjinError", "Misconfigured"}:
        yield getattr(errors, name).code
    for state in SourceState.__args__:
        yield f"state_{state}"
    for rule in (
        "private",
        "excluded_address",
        "internal",
        "newsletter",
        "draft",
        "unknown_customer",
    ):
        yield f"rule_{rule}"
    for code in ("store_full", "store_unwritable", "store_busy", "store_corrupt", "store_too_new"):
        yield code
        yield f"doctor_{code}"


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_every_code_has_a_text(language: str) -> None:
    known = messages.catalogue(language)
    missing = {code for code in own_codes() if code not in known}
    missing |= {f"{code} ({place})" for code, place in raised_codes() if code not in known}
    assert missing == set()
    assert len(list(raised_codes())) > 20


def test_both_languages_fill_the_same_placeholders() -> None:
    def placeholders(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    chinese, english = (messages.catalogue(language) for language in messages.LANGUAGES)
    assert {code: placeholders(text) for code, text in chinese.items()} == {
        code: placeholders(text) for code, text in english.items()
    }


def test_statuses_and_unknown_codes() -> None:
    assert "503" in sentence("http_503")
    assert sentence("no_such_code") == "no_such_code"


def test_a_code_without_what_fills_its_text_is_still_a_sentence() -> None:
    said = sentence("speech_model_missing", model="base")
    assert "base" in said
    assert "speech_model_missing" not in said
    assert "…" in said


@pytest.mark.parametrize("language", messages.LANGUAGES)
@pytest.mark.parametrize(
    "code", ["mailbox_folder_missing", "graph_folder_missing", "graph_sign_in_expired"]
)
def test_a_status_that_kept_the_code_alone_shows_no_gap(
    code: str, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENJIN_LANG", language)
    said = sentence(code, source="office")
    assert "office" in said
    assert "…" not in said
    assert "  " not in said


def test_a_problem_names_its_file_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENJIN_LANG", "en")
    (line,) = of_problems([("config_url_invalid", {"file": "/x/a.toml", "key": "server.url"})])
    assert line.count("/x/a.toml") == 1
    (line,) = of_problems([("folder_is_a_file", {"file": "/x/a.toml"})])
    assert line.startswith("/x/a.toml: ")
    monkeypatch.setenv("GENJIN_LANG", "zh-CN")
    (line,) = of_problems([("folder_is_a_file", {"file": "/x/a.toml"})])
    assert line.startswith("/x/a.toml：")

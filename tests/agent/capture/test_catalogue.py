"""Every code that a source can give has its text in both languages."""

import re
from pathlib import Path
from string import Formatter

import yaml

import agent.capture
from agent import messages

CODES = re.compile(
    r"\"((?:graph|item|link|folder|setting|source|password|mailbox)_[a-z_]+)\"",
)
NO_CODES = {"folder_class", "item_class", "source_type", "setting_", "item_"}


def catalogue(language: str) -> dict[str, str]:
    path = Path(messages.__file__).parent / "locale" / language / "capture.yaml"
    texts = yaml.safe_load(path.read_text("utf-8"))
    assert isinstance(texts, dict)
    return texts


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_say_the_same_things() -> None:
    chinese, english = catalogue("zh-CN"), catalogue("en")
    assert chinese.keys() == english.keys()
    for code, text in chinese.items():
        assert fields(text) == fields(english[code]), code


def test_every_code_in_the_sources_has_a_text_and_every_text_a_code() -> None:
    folder = Path(agent.capture.__file__).parent
    used = {
        code for path in folder.rglob("*.py") for code in CODES.findall(path.read_text("utf-8"))
    }
    assert used - NO_CODES <= catalogue("en").keys()
    assert catalogue("en").keys() - {"cursor_expired"} <= used

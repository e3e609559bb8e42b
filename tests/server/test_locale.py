"""Both catalogues are complete, alike, and hold what the code asks for and nothing else."""

import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest
from babel.messages.pofile import read_po

from agent.contract.activity import KINDS, REASONS, MatchReason
from agent.contract.device import SourceState
from agent.contract.reminder import ReminderLevel
from agent.contract.tag import CATEGORIES, STATUSES, Speaker
from agent.contract.tagger import TermKind
from server.customers.stages import STAGES
from server.customers.views.listing import Order
from server.kernel.auth import ROLES
from server.tagging.labels import Verdict

SERVER = Path(__file__).parents[2] / "server"
LOCALE = SERVER / "locale"
FILES = sorted({path.name for path in LOCALE.glob("*/*.po")})

FAMILIES: dict[str, tuple[str, ...]] = {
    "category.": CATEGORIES,
    "status.": STATUSES,
    "kind.": KINDS,
    "reason.": REASONS,
    "stage.": STAGES,
    "role.": ROLES,
    "sort.": get_args(Order),
    "speaker.": get_args(Speaker),
    "promise.": get_args(Speaker),
    "source_state.": get_args(SourceState),
    "match.": get_args(MatchReason),
    "move.why_": get_args(MatchReason),
    "call.rule_": get_args(ReminderLevel),
    "device_kind.": ("agent", "extension"),
    "one.counted_": ("yes", "no"),
    "how.mail_": ("inbound", "outbound"),
    "how.call_": ("inbound", "outbound"),
    "nav.": ("today", "customers", "search", "completeness", "devices"),
    "theme.": ("auto", "light", "dark"),
    "verdict.": get_args(Verdict),
    "term_kind.": get_args(TermKind),
    "retagging.state_": ("running", "done", "undoing", "undone"),
    "vocabulary.did_": ("added", "changed", "removed", "file", "restored"),
    "vocabulary.hit_": ("comes", "goes"),
}
"""Codes put together at run time: the beginning, and every ending it can get."""

OPEN_FAMILIES = ("excluded.", "source_type.", "source_message.", "error.", "how.")
"""Endings come from elsewhere; a code this catalogue does not know falls back on another."""


def read(folder: str, name: str) -> dict[str, str]:
    with (LOCALE / folder / name).open("rb") as file:
        return {str(entry.id): str(entry.string) for entry in read_po(file) if entry.id}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def sources() -> Iterator[str]:
    """Templates and Python, without the examples in docstrings."""
    for path in (*SERVER.rglob("*.py"), *SERVER.rglob("*.html")):
        yield re.sub(r"``[^`]*``", "", path.read_text("utf-8"))


def named_codes() -> set[str]:
    """Codes that stand in templates and Python in full: those of ``t``, ``said`` and their like."""
    known = {code for name in FILES for code in read("en", name)}
    begins = {code.partition(".")[0] for code in known}
    found: set[str] = set()
    for text in sources():
        found |= set(re.findall(r"""["']([a-z_]+\.[a-z_0-9]+)["']""", text))
    return {code for code in found if code.partition(".")[0] in begins}


@pytest.mark.parametrize("name", FILES)
def test_both_languages_say_everything(name: str) -> None:
    chinese, english = read("zh_CN", name), read("en", name)
    assert chinese.keys() == english.keys()
    assert not [code for texts in (chinese, english) for code, text in texts.items() if not text]


@pytest.mark.parametrize("name", FILES)
def test_both_languages_have_the_same_placeholders(name: str) -> None:
    chinese, english = read("zh_CN", name), read("en", name)
    assert {c: placeholders(text) for c, text in chinese.items()} == {
        c: placeholders(text) for c, text in english.items()
    }


def test_no_code_stands_in_two_files() -> None:
    codes = [code for name in FILES for code in read("en", name)]
    assert sorted(codes) == sorted(set(codes))


def test_chinese_is_chinese_and_english_is_not() -> None:
    chinese, english = read("zh_CN", "messages.po"), read("en", "messages.po")
    assert not [code for code, text in english.items() if re.search(r"[\u4e00-\u9fff]", text)]
    only_names = {
        "source.progress",
        "source_type.graph",
        "proof.colon",
        "proof.rule",
        "proof.semicolon",
    }
    assert {
        c for c, text in chinese.items() if not re.search(r"[\u3001-\u9fff]", text)
    } == only_names


@pytest.mark.parametrize("family", FAMILIES)
def test_every_value_of_a_family_has_its_text(family: str) -> None:
    known = {code for name in FILES for code in read("en", name)}
    assert {family + ending for ending in FAMILIES[family]} <= known


def test_every_code_asked_for_exists() -> None:
    known = {code for name in FILES for code in read("en", name)}
    asked = {
        code
        for text in sources()
        for code in re.findall(
            r"""\b(?:t|said|text_or)\(\s*["']([a-z_.0-9]+[a-z0-9])["']\s*[,)]""", text
        )
    }
    assert len(asked) > 100
    assert asked - known == set()


def test_no_text_is_left_over() -> None:
    used = named_codes() | {family + end for family, ends in FAMILIES.items() for end in ends}
    left = {
        code
        for code in read("en", "messages.po")
        if code not in used and not code.startswith(OPEN_FAMILIES)
    }
    assert left == {"said.tag_confirmed", "said.tag_rejected"}
    assert 'f"said.tag_{verdict}"' in "".join(sources())


def test_a_rule_that_excludes_on_the_laptop_has_its_name() -> None:
    rules = (Path(__file__).parents[2] / "agent/rules/privacy.py").read_text("utf-8")
    names = re.search(r"Rules: ([a-z_, ]+)\.", rules)
    assert names is not None
    known = read("en", "messages.po")
    assert {f"excluded.{rule}" for rule in names[1].split(", ")} <= known.keys()

"""YAML files to a ``Lexicon``; whatever is wrong is told with file, line and reason."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal, cast

import yaml

from agent.contract.tag import CATEGORIES, STATUSES, Category, Speaker, Status
from agent.errors import GenjinError
from agent.nlp.lexicon.model import Example, Group, Lexicon
from agent.nlp.lexicon.pattern import PatternError, Vocabulary, compile_pattern
from agent.nlp.lexicon.source import Loader, line_of

SHARED = "shared.yaml"
_SPEAKERS = ("customer", "rep", "unknown")
_FILE_KEYS = {"category", "words", "groups"}
_GROUP_KEYS = {
    "name",
    "patterns",
    "status",
    "score",
    "ask",
    "topic",
    "speakers",
    "owner",
    "unless",
    "yes",
    "no",
}


class LexiconBroken(GenjinError):
    """A lexicon file cannot be used. ``params``: ``file``, ``line`` (from 1), ``reason``, ``what``."""

    code = "lexicon_broken"


@cache
def shipped() -> Lexicon:
    """The lexicon of this installation, read once. Its patterns were tried before it was shipped."""
    return load(files("agent.nlp.lexicon"), tried=True, own=False)


def load(folder: Path | Traversable, *, tried: bool = False, own: bool = True) -> Lexicon:
    """Every ``*.yaml`` of a folder. Raises ``LexiconBroken`` at the first fault; a fault in a
    pattern shows only when it is used if they are said to have been ``tried``. ``own``: what these
    patterns find stands, whatever the model has learned."""
    entries = sorted(
        (entry for entry in folder.iterdir() if entry.name.endswith(".yaml")),
        key=lambda entry: (entry.name != SHARED, entry.name),
    )
    return parse(((entry.name, entry.read_bytes()) for entry in entries), tried=tried, own=own)


def parse(
    sources: Iterable[tuple[str, bytes]], *, tried: bool = False, own: bool = True
) -> Lexicon:
    """Named file contents to a lexicon; the file named ``shared.yaml`` has word classes only."""
    shared: dict[str, tuple[str, ...]] = {}
    words: dict[Category, dict[str, tuple[str, ...]]] = {}
    groups: list[Group] = []
    for name, content in sources:
        file = _File(name, content)
        if name == SHARED:
            shared.update(file.words())
            continue
        category = file.category()
        words.setdefault(category, {}).update(file.words())
        vocabulary = None if tried else Vocabulary({**shared, **words[category]})
        groups.extend(replace(group, own=own) for group in file.groups(category, vocabulary))
    return Lexicon(tuple(groups), shared, words)


class _File:
    def __init__(self, name: str, content: bytes) -> None:
        self._name = name
        self._content = content
        try:
            self._data = yaml.load(content, Loader)  # noqa: S506 - a C safe loader
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise LexiconBroken(file=name, line=line, reason="yaml", what=error.problem) from error
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise LexiconBroken(file=name, line=1, reason="yaml", what="encoding") from error
        if not isinstance(self._data, dict):
            raise self._broken((), "not_a_mapping")
        unknown = self._data.keys() - _FILE_KEYS
        if unknown:
            key = min(map(str, unknown))
            raise self._broken((key,), "unknown_key", key)

    def category(self) -> Category:
        category = self._data.get("category")
        if category not in CATEGORIES:
            raise self._broken(("category",), "unknown_category", category)
        return cast("Category", category)

    def words(self) -> dict[str, tuple[str, ...]]:
        data = self._data.get("words") or {}
        if not isinstance(data, dict):
            raise self._broken(("words",), "not_a_mapping")
        return {str(key): self._texts(data, key, ("words", key), empty=False) for key in data}

    def groups(self, category: Category, vocabulary: Vocabulary | None) -> list[Group]:
        """With a ``vocabulary`` every pattern is tried."""
        data = self._data.get("groups") or []
        if not isinstance(data, list):
            raise self._broken(("groups",), "not_a_list")
        return [self._group(item, index, category, vocabulary) for index, item in enumerate(data)]

    def _group(
        self, item: Any, index: int, category: Category, vocabulary: Vocabulary | None
    ) -> Group:
        at = ("groups", index)
        if not isinstance(item, dict):
            raise self._broken(at, "not_a_mapping")
        unknown = item.keys() - _GROUP_KEYS
        if unknown:
            key = min(map(str, unknown))
            raise self._broken((*at, key), "unknown_key", key)
        if not isinstance(item.get("name"), str):
            raise self._broken((*at, "name"), "missing_name")
        status = self._one_of(item, "status", STATUSES, "asserted", at)
        score = item.get("score", 0.9)
        if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1:
            raise self._broken((*at, "score"), "bad_score", score)
        group = Group(
            category=category,
            name=item["name"],
            patterns=self._texts(item, "patterns", (*at, "patterns"), empty=False),
            status=cast("Status", status),
            score=float(score),
            ask=self._flag(item, "ask", at),
            topic=self._flag(item, "topic", at),
            speakers=self._speakers(item, at),
            owner=cast(
                'Literal["", "speaker", "other"]',
                self._one_of(item, "owner", ("", "speaker", "other"), "", at),
            ),
            unless=self._texts(item, "unless", (*at, "unless"), empty=True),
            yes=self._examples(item, "yes", at, cast("Status", status)),
            no=self._examples(item, "no", at, cast("Status", status)),
            file=self._name,
            line=self._line(at),
        )
        if vocabulary is not None:
            for key in ("patterns", "unless"):
                self._check_patterns(getattr(group, key), (*at, key), vocabulary)
        return group

    def _check_patterns(
        self,
        patterns: tuple[str, ...],
        at: tuple[object, ...],
        vocabulary: Vocabulary,
    ) -> None:
        for index, pattern in enumerate(patterns):
            try:
                # What an exception matches need not be rare: it is tried only after a hit.
                compile_pattern(pattern, vocabulary, anchored=at[-1] == "patterns")
            except PatternError as error:
                raise self._broken((*at, index), str(error.args[0]), pattern) from error

    def _speakers(self, item: dict[str, Any], at: tuple[object, ...]) -> tuple[Speaker, ...]:
        given = self._texts(item, "speakers", (*at, "speakers"), empty=True) or _SPEAKERS
        for speaker in given:
            if speaker not in _SPEAKERS:
                raise self._broken((*at, "speakers"), "unknown_speaker", speaker)
        return cast("tuple[Speaker, ...]", given)

    def _one_of(
        self,
        item: dict[str, Any],
        key: str,
        allowed: tuple[str, ...],
        default: str,
        at: tuple[object, ...],
    ) -> str:
        value = item.get(key, default)
        if value not in allowed:
            raise self._broken((*at, key), f"unknown_{key}", value)
        return cast("str", value)

    def _flag(self, item: dict[str, Any], key: str, at: tuple[object, ...]) -> bool:
        value = item.get(key, False)
        if not isinstance(value, bool):
            raise self._broken((*at, key), "not_true_or_false", value)
        return value

    def _texts(
        self, item: dict[Any, Any], key: Any, at: tuple[object, ...], *, empty: bool
    ) -> tuple[str, ...]:
        value = item.get(key) or []
        if not isinstance(value, list):
            raise self._broken(at, "not_a_list")
        for index, text in enumerate(value):
            if not isinstance(text, str) or not text.strip():
                raise self._broken((*at, index), "not_text", text)
        if not value and not empty:
            raise self._broken(at, "empty_list")
        return tuple(value)

    def _examples(
        self, item: dict[str, Any], key: str, at: tuple[object, ...], status: Status
    ) -> tuple[Example, ...]:
        value = item.get(key) or []
        if not isinstance(value, list):
            raise self._broken((*at, key), "not_a_list")
        return tuple(
            self._example(entry, (*at, key, index), status) for index, entry in enumerate(value)
        )

    def _example(self, entry: Any, at: tuple[object, ...], status: Status) -> Example:
        if isinstance(entry, str):
            return Example(entry, status)
        if (
            not isinstance(entry, dict)
            or not isinstance(entry.get("text"), str)
            or entry.keys() - {"text", "status", "speaker"}
            or entry.get("status", status) not in STATUSES
            or entry.get("speaker", "customer") not in _SPEAKERS
        ):
            raise self._broken(at, "bad_example")
        return Example(entry["text"], entry.get("status", status), entry.get("speaker", "customer"))

    def _broken(self, at: tuple[object, ...], reason: str, what: object = "") -> LexiconBroken:
        return LexiconBroken(file=self._name, line=self._line(at), reason=reason, what=what)

    def _line(self, at: tuple[object, ...]) -> int:
        return line_of(self._content, at)

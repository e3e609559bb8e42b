"""A company's own words: competitors, own products and jargon, merged with the shipped lexicon.

    competitors:
      - 星云CRM
      - {words: [星河, xinghe crm], yes: [我们也在看星河], no: [星河小区的工地]}
    products:
      - 跟进宝
    jargon:
      budget:
        - 卡盘子
        - {pattern: '盘子…(没批|卡)', status: asserted, yes: [今年盘子还没批]}

A competitor's name stands for another vendor, as those the lexicon names. A product is one's own: it
says "you" to the model, and is no other vendor's (``agent.nlp.company``).
Jargon means its category. What these find stands, whatever the model has learned.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import yaml
from pydantic import ValidationError

from agent.contract.tag import CATEGORIES, STATUSES, Category
from agent.contract.tagger import MAX_EXAMPLES, MAX_TERMS, Term, TermKind
from agent.nlp.fold import fold
from agent.nlp.lexicon.load import LexiconBroken
from agent.nlp.lexicon.model import Example, Group, Lexicon
from agent.nlp.lexicon.pattern import PatternError, Vocabulary, compile_pattern
from agent.nlp.lexicon.source import Loader, line_of

MAX_BYTES: Final = 1_000_000
_SECTIONS: Final[dict[str, TermKind]] = {
    "competitors": "competitor",
    "products": "product",
    "jargon": "jargon",
}
_KEYS: Final = {"words", "pattern", "status", "yes", "no"}
_SIGNS = re.compile(r"[{}()\[\]|^$*…]+")
_NAMED: Final = "a known vendor is named"
"""The group of the lexicon whose exceptions hold for a company's competitors too."""
_BRAND: Final = "brand_"
"""How the concepts begin that stand for somebody else's names."""
_OURS: Final = "you_vendor"


def merged(base: Lexicon, terms: Sequence[Term]) -> Lexicon:
    """The lexicon with the company's own groups."""
    return replace(base, groups=(*base.groups, *groups(base, terms)))


def groups(base: Lexicon, terms: Iterable[Term]) -> tuple[Group, ...]:
    """A group for each competitor and each piece of jargon."""
    return tuple(
        _group(base, term, number) for number, term in enumerate(terms, 1) if term.kind != "product"
    )


def forms(known: Mapping[str, Sequence[str]], terms: Iterable[Term]) -> dict[str, tuple[str, ...]]:
    """Names as forms of the thesaurus ``known``, so that the model knows whose they are."""
    brands = sorted({c for its in known.values() for c in its if c.startswith(_BRAND)})
    extra: dict[str, tuple[str, ...]] = {}
    for term in terms:
        if term.kind == "jargon" or term.is_pattern:
            continue
        for word in term.words:
            form = fold(word).strip().strip("*")
            if not form:
                continue
            rest = tuple(one for one in known.get(form, ()) if not one.startswith(_BRAND))
            script = "_en" if form.isascii() else "_zh"
            brand = [one for one in brands if one.endswith(script)]
            stands = (_OURS,) if term.kind == "product" else tuple(brand[:1])
            extra[form] = tuple(dict.fromkeys((*stands, *rest)))
    return extra


def read(name: str, content: bytes) -> tuple[Term, ...]:
    """The terms of a company's file. Raises ``LexiconBroken`` with line and reason."""
    return _File(name, content).terms()


def check(base: Lexicon, terms: Sequence[Term]) -> None:
    """Every pattern compiles and every example holds; else ``LexiconBroken``, whose ``line`` is the
    place of the term in ``terms`` (from 1)."""
    lexicon = merged(base, terms)
    own = {group.line: group for group in lexicon.groups if group.own}
    for number, term in enumerate(terms, 1):
        fault = _fault(lexicon, term, own.get(number))
        if fault is not None:
            raise LexiconBroken(file="", line=number, reason=fault[0], what=fault[1])


def written(terms: Iterable[Term]) -> str:
    """The terms as a file that ``read`` understands."""
    data: dict[str, Any] = {}
    for term in terms:
        section = next(name for name, kind in _SECTIONS.items() if kind == term.kind)
        if term.category is not None:
            data.setdefault(section, {}).setdefault(term.category, []).append(_entry(term))
        else:
            data.setdefault(section, []).append(_entry(term))
    return yaml.dump(data, allow_unicode=True, sort_keys=False) if data else ""


def _group(base: Lexicon, term: Term, number: int) -> Group:
    is_competitor = term.kind == "competitor"
    category: Category = term.category or "competitor"
    return Group(
        category=category,
        name=f"own {number}",
        patterns=tuple(word if term.is_pattern else _literal(word) for word in term.words),
        status="asserted" if is_competitor else term.status,
        topic=is_competitor,
        ask=is_competitor,
        own=True,
        unless=_exceptions(base) if is_competitor else (),
        yes=tuple(Example(text, term.status) for text in term.yes),
        no=tuple(Example(text, term.status) for text in term.no),
        file="company",
        line=number,
    )


def _exceptions(base: Lexicon) -> tuple[str, ...]:
    try:
        return base.group("competitor", _NAMED).unless
    except KeyError:
        return ()


def _literal(word: str) -> str:
    """A phrase as a pattern: the signs of the little language are only signs there."""
    return " ".join(_SIGNS.sub(" ", word).split())


def _fault(lexicon: Lexicon, term: Term, group: Group | None) -> tuple[str, str] | None:
    if group is None:
        if any(not _literal(word) for word in term.words):
            return "not_text", term.words[0]
        return None
    vocabulary = Vocabulary(lexicon.classes(group.category))
    for source in group.patterns:
        if not source.strip():
            return "not_text", source
        try:
            compiled = compile_pattern(source, vocabulary)
            if re.compile(compiled.regex).match("") is not None:
                return "pattern_without_anchor", source
        except PatternError as error:
            return str(error.args[0]), source
    alone = replace(lexicon, groups=(group,))
    for example in group.yes:
        if (group.category, example.status) not in _found(alone, example):
            return "example_not_found", example.text
    for example in group.no:
        if (group.category, example.status) in _found(alone, example):
            return "example_found", example.text
    return None


def _found(lexicon: Lexicon, example: Example) -> set[tuple[Category, str]]:
    # The scanner and the findings stand above the lexicon's data; only trying needs them.
    from datetime import date  # noqa: PLC0415

    from agent.nlp.findings import Setting, analyse  # noqa: PLC0415
    from agent.nlp.scan import Scanner  # noqa: PLC0415

    folded = fold(example.text)
    setting = Setting(example.speaker, "mail", date(2026, 1, 5))
    return {
        (one.category, one.status)
        for start, end, trial in Scanner(lexicon).candidates(folded)
        for one in analyse(folded[start:end], trial, setting)
    }


def _entry(term: Term) -> Any:
    examples = {key: list(its) for key in ("yes", "no") if (its := getattr(term, key))}
    status = {"status": term.status} if term.status != "asserted" else {}
    if not term.is_pattern and len(term.words) == 1 and not examples and not status:
        return term.words[0]
    key = "pattern" if term.is_pattern else "words"
    value: Any = list(term.words) if len(term.words) > 1 else term.words[0]
    return {key: value, **status, **examples}


class _File:
    def __init__(self, name: str, content: bytes) -> None:
        self._name = name
        self._content = content
        if not content.strip():
            raise LexiconBroken(file=name, line=1, reason="empty_file", what="")
        if len(content) > MAX_BYTES:
            raise LexiconBroken(file=name, line=1, reason="too_large", what=MAX_BYTES)
        try:
            self._data = yaml.load(content, Loader)  # noqa: S506 - a C safe loader
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            line = min(line, content.count(b"\n") + 1)
            raise LexiconBroken(file=name, line=line, reason="yaml", what=error.problem) from error
        except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
            raise LexiconBroken(file=name, line=1, reason="yaml", what="encoding") from error

        if self._data is None:
            raise LexiconBroken(file=name, line=1, reason="empty_file", what="")

    def terms(self) -> tuple[Term, ...]:
        if not isinstance(self._data, dict):
            raise self._broken((), "not_a_mapping")
        for key in self._data:
            if key not in _SECTIONS:
                raise self._broken((key,), "unknown_key", key)
        found: list[tuple[Term, tuple[object, ...]]] = []
        for section, kind in _SECTIONS.items():
            value = self._data.get(section)
            if kind != "jargon":
                found += self._list(value, (section,), kind, None)
                continue
            if not isinstance(value, dict | None):
                raise self._broken((section,), "not_a_mapping")
            for category, entries in (value or {}).items():
                if category not in CATEGORIES:
                    raise self._broken((section, category), "unknown_category", category)
                found += self._list(entries, (section, category), kind, category)
        if len(found) > MAX_TERMS:
            raise self._broken((), "too_many", MAX_TERMS)
        self._try([term for term, _ in found], [at for _, at in found])
        return tuple(term for term, _ in found)

    def _try(self, terms: Sequence[Term], places: Sequence[tuple[object, ...]]) -> None:
        from agent.nlp.lexicon.load import shipped  # noqa: PLC0415 - only trying needs it

        try:
            check(shipped(), terms)
        except LexiconBroken as error:
            at = places[int(str(error.params["line"])) - 1]
            raise self._broken(at, str(error.params["reason"]), error.params["what"]) from error

    def _list(
        self, value: Any, at: tuple[object, ...], kind: TermKind, category: Category | None
    ) -> list[tuple[Term, tuple[object, ...]]]:
        if value is None:
            return []
        if not isinstance(value, list):
            raise self._broken(at, "not_a_list")
        return [
            (self._term(entry, (*at, index), kind, category), (*at, index))
            for index, entry in enumerate(value)
        ]

    def _term(
        self, entry: Any, at: tuple[object, ...], kind: TermKind, category: Category | None
    ) -> Term:
        if isinstance(entry, str):
            entry = {"words": entry}
        if not isinstance(entry, dict):
            raise self._broken(at, "not_text", _short(entry))
        for key in entry:
            if key not in _KEYS or (kind != "jargon" and key == "status"):
                raise self._broken((*at, key), "unknown_key", _short(key))
        if ("pattern" in entry) == ("words" in entry):
            raise self._broken(at, "words_or_pattern")
        if entry.get("status", "asserted") not in STATUSES:
            raise self._broken((*at, "status"), "unknown_status", _short(entry["status"]))
        words = self._texts(entry.get("words", entry.get("pattern")), at)
        if not words:
            raise self._broken(at, "empty_list")
        try:
            return Term(
                kind=kind,
                words=words,
                is_pattern="pattern" in entry,
                category=category,
                status=entry.get("status", "asserted"),
                yes=self._texts(entry.get("yes"), (*at, "yes")),
                no=self._texts(entry.get("no"), (*at, "no")),
            )
        except ValidationError as error:
            where = error.errors(include_url=False, include_input=False)[0]["loc"]
            raise self._broken((*at, *where), "too_long", where[0] if where else "") from None

    def _texts(self, value: Any, at: tuple[object, ...]) -> tuple[str, ...]:
        value = [value] if isinstance(value, str) else value or []
        if not isinstance(value, list) or len(value) > MAX_EXAMPLES:
            raise self._broken(at, "not_a_list")
        for index, text in enumerate(value):
            if not isinstance(text, str) or not text.strip():
                raise self._broken((*at, index), "not_text", _short(text))
        return tuple(text.strip() for text in value)

    def _broken(self, at: tuple[object, ...], reason: str, what: object = "") -> LexiconBroken:
        line = line_of(self._content, at)
        return LexiconBroken(file=self._name, line=line, reason=reason, what=what)


def _short(value: object) -> str:
    return str(value)[:60]

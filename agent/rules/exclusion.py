"""Which rule of a person or a company keeps an item on the laptop. Pure: patterns in, a verdict out."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import translate

from agent.contract.policy import Exclusions

_WILD = re.compile(r"[*?\[]")
_LATIN = re.compile(r"[0-9a-z]")
_MOST_RULES = 16


@dataclass(frozen=True, slots=True)
class Verdict:
    rule: str
    """The code under which the item is counted."""
    evidence: str = ""
    """The pattern, header or count that made the rule speak: never an address or a subject."""


@dataclass(frozen=True, slots=True)
class _Pattern:
    said: str
    """As its owner wrote it."""
    fits: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class _Compiled:
    addresses: tuple[_Pattern, ...]
    domains: tuple[_Pattern, ...]
    folders: tuple[_Pattern, ...]
    categories: tuple[_Pattern, ...]
    subjects: tuple[_Pattern, ...]


def excluded(
    rules: Sequence[Exclusions],
    *,
    addresses: Iterable[str],
    folder: str,
    categories: Iterable[str],
    subject: str,
) -> Verdict | None:
    """The first rule that applies, in the order address, domain, folder, category, subject.

    ``addresses``: normalised. Blank patterns are no patterns: they would exclude everything.
    """
    facts = (tuple(addresses), folder, tuple(categories), subject)
    return next(filter(None, (_by(_known(rule), *facts) for rule in rules)), None)


_latest: dict[int, tuple[Exclusions, _Compiled]] = {}
"""By the identity of the rules, which are kept so that no others can take it: to compare a whole
policy with another costs more than to ask what it excludes."""


def _known(rules: Exclusions) -> _Compiled:
    held = _latest.get(id(rules))
    if held is None or held[0] is not rules:
        if len(_latest) >= _MOST_RULES:
            _latest.clear()
        held = _latest[id(rules)] = (rules, _compiled(rules))
    return held[1]


def _by(
    known: _Compiled,
    addresses: tuple[str, ...],
    folder: str,
    categories: tuple[str, ...],
    subject: str,
) -> Verdict | None:
    domains = (address.rpartition("@")[2] for address in addresses)
    checks: tuple[tuple[str, tuple[_Pattern, ...], Iterable[str]], ...] = (
        ("excluded_address", known.addresses, addresses),
        ("excluded_domain", known.domains, domains),
        ("excluded_folder", known.folders, map(_path, filter(None, (folder,)))),
        ("excluded_category", known.categories, map(_folded, categories)),
        ("excluded_subject", known.subjects, map(_folded, filter(None, (subject,)))),
    )
    for rule, patterns, texts in checks:
        if patterns:
            for text in texts:
                found = _first(patterns, text)
                if found is not None:
                    return Verdict(rule, found)
    return None


def _first(patterns: tuple[_Pattern, ...], text: str) -> str | None:
    return next((pattern.said for pattern in patterns if pattern.fits.search(text)), None)


def _compiled(rules: Exclusions) -> _Compiled:
    addresses = [said for said in _filled(rules.exclude) if not _is_domain(said)]
    domains = [said for said in _filled(rules.exclude) if _is_domain(said)]
    return _Compiled(
        addresses=tuple(_Pattern(said, _address(said)) for said in addresses),
        domains=tuple(
            _Pattern(said, _domain(said)) for said in (*domains, *_filled(rules.exclude_domains))
        ),
        folders=tuple(_Pattern(said, _folder(said)) for said in _filled(rules.exclude_folders)),
        categories=tuple(
            _Pattern(said, _glob(_folded(said))) for said in _filled(rules.exclude_categories)
        ),
        subjects=tuple(_Pattern(said, _subject(said)) for said in _filled(rules.exclude_subjects)),
    )


def _filled(patterns: Iterable[str]) -> list[str]:
    return [said.strip() for said in patterns if said.strip()]


def _is_domain(said: str) -> bool:
    """``bank.example`` and ``@bank.example``, as against ``li@bank.example`` and ``*@bank.example``."""
    return said.startswith("@") or ("@" not in said and "." in said and not _WILD.search(said))


def _glob(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\A{translate(pattern)}")


def _address(said: str) -> re.Pattern[str]:
    return _glob(said.lower())


def _domain(said: str) -> re.Pattern[str]:
    bare = said.lower().lstrip("@").removeprefix("*.").strip(".")
    if not bare.isascii():
        try:
            bare = bare.encode("idna").decode("ascii")
        except UnicodeError:
            return re.compile(r"(?!)")
    return re.compile(rf"(?:\A|\.){translate(bare)}")


def _path(folder: str) -> str:
    """Folders as compared: ``/客户/苏州/`` whatever the source calls its separator."""
    return f"/{_folded(folder).replace(chr(92), '/').strip('/')}/"


def _folder(said: str) -> re.Pattern[str]:
    pattern = _folded(said).replace("\\", "/")
    bare = pattern.strip("/").removesuffix("/*").removesuffix("/**")
    inside = translate(bare).removeprefix("(?s:").removesuffix(r")\Z")
    begins = r"\A/" if "/" in pattern.rstrip("/*") else "/"
    return re.compile(rf"(?s:{begins}{inside}/)")


def _subject(said: str) -> re.Pattern[str]:
    pattern = _folded(said)
    if _WILD.search(pattern):
        return _glob(pattern)
    # "bonus" is no part of "bonuses"; Chinese has no blanks between words.
    begin = r"(?<![0-9a-z])" if _LATIN.match(pattern) else ""
    end = r"(?![0-9a-z])" if _LATIN.match(pattern[-1]) else ""
    return re.compile(begin + re.escape(pattern) + end)


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())

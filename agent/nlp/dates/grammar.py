"""Find the dates and times of a sentence, by the rules in ``zh.yaml`` and ``en.yaml``."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from importlib.resources import files
from typing import Any, Final

import yaml

from agent.nlp.dates.resolve import TAKES

LANGUAGES: Final = ("zh", "en")
_PART = re.compile(r"\{([a-z_]+)\}")
_GROUP_NAME = re.compile(r"\(\?P<([a-z]+)(?:_\d)?>")
_AMBIGUOUS: Final = frozenset(("sat", "sun", "wed", "mon", "mar", "march", "may"))
_LIMIT_WORDS: Final = ("前", "内", "为止", "截止")
_LIMIT = re.compile(r"最晚|最迟|不晚于|(?:by|before|until|till|no later than)\b")


@dataclass(frozen=True, slots=True)
class Mention:
    """``text[start:end]`` names ``day``."""

    start: int
    end: int
    day: date
    limit: bool
    """Said as a limit (前, 最晚, by) rather than as a moment."""


@dataclass(frozen=True)
class Rule:
    take: str
    head: str
    """What stands before the body in this language: edge and lead words."""
    body: str
    tail: str
    settings: Mapping[str, Any]
    examples: Mapping[str, date]

    @cached_property
    def regex(self) -> re.Pattern[str]:
        return re.compile(f"{self.head}(?:{self.body}){self.tail}")


class Grammar:
    """Rules of all languages; ``find`` is linear in the text."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self.rules = rules

    @cached_property
    def _by_head(self) -> dict[str, list[Rule]]:
        by_head: dict[str, list[Rule]] = {}
        for rule in self.rules:
            by_head.setdefault(rule.head, []).append(rule)
        return by_head

    @cached_property
    def _heads(self) -> list[tuple[re.Pattern[str], list[Rule]]]:
        """The rules that share a head, asked for once for all of them."""
        return [(re.compile(head), rules) for head, rules in self._by_head.items()]

    @cached_property
    def _anywhere(self) -> re.Pattern[str]:
        """Where a mention starts; the tails only say how far it goes."""
        return re.compile(
            "|".join(
                f"{head}(?:{'|'.join(_GROUP_NAME.sub('(?:', rule.body) for rule in rules)})"
                for head, rules in self._by_head.items()
            )
        )

    def find(self, folded: str, on: date) -> list[Mention]:
        """Every mention in folded text, left to right, the longest reading of each."""
        return list(self._mentions(folded, on))

    def _mentions(self, folded: str, on: date) -> Iterator[Mention]:
        at = 0
        before: date | None = None
        while found := self._anywhere.search(folded, at):
            best: tuple[re.Match[str], Rule] | None = None
            for head, rules in self._heads:
                if head.match(folded, found.start()) is None:
                    continue
                for rule in rules:
                    match = rule.regex.match(folded, found.start())
                    if match and (best is None or match.end() > best[0].end()):
                        best = match, rule
            at = max(found.end(), found.start() + 1)
            if best is None:
                continue
            match, rule = best
            at = max(at, match.end())
            again = rule.settings.get("again", False)
            day = before if again and before is not None else _resolve(match, rule, on)
            if day is not None:
                before = day
                limit = match[0].endswith(_LIMIT_WORDS) or _LIMIT.match(match[0]) is not None
                yield Mention(match.start(), match.end(), day, limit)


def _resolve(match: re.Match[str], rule: Rule, on: date) -> date | None:
    groups = {"all": match[0]}
    for name, value in match.groupdict().items():
        if value is not None:
            groups.setdefault(name.partition("_")[0], value)
    if match[0] in _AMBIGUOUS:
        return None
    try:
        return TAKES[rule.take](groups, rule.settings, on)
    except (KeyError, ValueError, OverflowError):
        # Thirty-ten, 31 June, the year 10000: looks like a date and is none.
        return None


@cache
def hints() -> frozenset[str]:
    """Words of which every mention holds at least one; a text without them names no day."""
    found = {str(word) for language in LANGUAGES for word in _read(language)["hints"]}
    found.update(str(number) for number in range(1, 32))
    found.update(
        f"{number}{ending}" for number in range(1, 32) for ending in ("st", "nd", "rd", "th")
    )
    found.update(str(year) for year in range(2020, 2040))
    return frozenset(found)


@cache
def shipped_grammar() -> Grammar:
    """The rules of this installation, read once."""
    rules: list[Rule] = []
    for language in LANGUAGES:
        data = _read(language)
        head = f"(?={data['starts']}){data['edge']}{data['lead']}"
        rules.extend(
            Rule(
                take=entry["take"],
                head=head,
                body=_expand(entry["match"], data["parts"]),
                tail=data["tail"],
                settings=entry,
                examples={str(text): day for text, day in entry["examples"].items()},
            )
            for entry in data["rules"]
        )
    return Grammar(tuple(rules))


@cache
def _read(language: str) -> dict[str, Any]:
    content = (files("agent.nlp.dates") / f"{language}.yaml").read_bytes()
    data: dict[str, Any] = yaml.load(content, yaml.CSafeLoader)
    return data


def _expand(match: str, parts: Mapping[str, str]) -> str:
    """Put the parts in; a part used again gets its groups renumbered."""
    used: dict[str, int] = {}

    def part(found: re.Match[str]) -> str:
        name = found[1]
        used[name] = used.get(name, 0) + 1
        suffix = f"_{used[name]}" if used[name] > 1 else ""
        return _GROUP_NAME.sub(lambda group: f"(?P<{group[1]}{suffix}>", parts[name])

    return _PART.sub(part, match)

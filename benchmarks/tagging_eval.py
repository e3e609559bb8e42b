"""Precision and recall of the tagger per category, language and status, on labelled sentences.

    python benchmarks/tagging_eval.py [FILE.jsonl] [--errors]
    python benchmarks/tagging_eval.py --elsewhere

Lines are {"text", "lang"?, "speaker"?, "kind"?, "tags": [{"category", "status"}]}. A category counts
as found when a tag of it is *asserted*. Beside the tagger stand the lexicon's patterns alone, and
bare keywords: a sentence that holds a word of a category's own concepts. ``--elsewhere`` counts
asserted tags in text that has nothing to do with sales. Single items of unseen sets are not shown.
"""

import argparse
import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from agent.contract.tag import CATEGORIES, STATUSES
from agent.nlp.findings import Setting
from agent.nlp.fold import fold
from agent.nlp.learn.thesaurus import Thesaurus
from agent.nlp.lexicon import shipped
from agent.nlp.patterns import Patterns
from agent.nlp.tagger import Tagger

ROOT = Path(__file__).parents[1]
DEFAULT = ROOT / "tests/data/tagging/dev.jsonl"
ELSEWHERE = ROOT / "tests/data/out_of_domain"
CONCEPTS = ROOT / "agent/nlp/learn/concepts"
ON = date(2026, 11, 23)

Pairs = set[tuple[str, str]]
Item = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, default=DEFAULT)
    parser.add_argument("--errors", action="store_true", help="list what went wrong")
    parser.add_argument("--elsewhere", action="store_true", help="text about other things")
    options = parser.parse_args()
    if options.elsewhere:
        elsewhere()
        return
    items: list[Item] = [json.loads(line) for line in options.file.read_text("utf-8").splitlines()]
    if options.errors and "unseen" in str(options.file):
        parser.error("single items of an unseen set are not shown")
    tagger = Tagger()
    found = [tagged(tagger, item) for item in items]
    wanted = [{(tag["category"], tag["status"]) for tag in item["tags"]} for item in items]
    print(f"{options.file}: {len(items)} texts\n")
    categories(found, wanted)
    print()
    for language in sorted({item.get("lang", "all") for item in items}):
        rows = [row for row, item in enumerate(items) if item.get("lang", "all") == language]
        line(language, *(asserted([part[row] for row in rows]) for part in (found, wanted)))
    line("all", asserted(found), asserted(wanted))
    for name, other in (("patterns alone", by_patterns()), ("keywords alone", by_keywords())):
        line(name, asserted([other(item) for item in items]), asserted(wanted))
    print()
    statuses(found, wanted)
    if options.errors:
        for item, got, want in zip(items, found, wanted, strict=True):
            if got != want:
                print(f"{item.get('speaker')}: {item['text']}\n    + {got - want}  - {want - got}")


def tagged(tagger: Tagger, item: Item) -> Pairs:
    speaker, kind = item.get("speaker", "customer"), item.get("kind", "mail")
    tags = tagger.tag(item["text"], kind=kind, speaker=speaker, on=ON).tags
    return {(tag.category, tag.status) for tag in tags}


def by_patterns() -> Callable[[Item], Pairs]:
    patterns = Patterns(shipped())

    def found(item: Item) -> Pairs:
        setting = Setting(item.get("speaker", "customer"), item.get("kind", "mail"), ON)
        its = patterns.findings(fold(item["text"]), setting)
        return {(finding.category, finding.status) for finding in its}

    return found


def by_keywords() -> Callable[[Item], Pairs]:
    """The words of a category are the forms of the concepts in its file."""
    words: dict[str, list[str]] = {}
    for category in CATEGORIES:
        data = yaml.load((CONCEPTS / f"{category}.yaml").read_bytes(), yaml.CSafeLoader)
        for forms in data["concepts"].values():
            for form in forms:
                words.setdefault(fold(str(form)), []).append(category)
    thesaurus = Thesaurus(words)

    def found(item: Item) -> Pairs:
        mentions = thesaurus.mentions(fold(item["text"]))
        return {(category, "asserted") for mention in mentions for category in mention.concepts}

    return found


def asserted(pairs: Iterable[Pairs]) -> list[set[str]]:
    return [{category for category, status in its if status == "asserted"} for its in pairs]


def categories(found: Sequence[Pairs], wanted: Sequence[Pairs]) -> None:
    print(f"{'asserted':18} precision               recall                  F1        n")
    got, want = asserted(found), asserted(wanted)
    for category in CATEGORIES:
        line(category, [its & {category} for its in got], [its & {category} for its in want])


def line(name: str, got: Sequence[set[str]], want: Sequence[set[str]]) -> None:
    hit = sum(len(a & b) for a, b in zip(got, want, strict=True))
    said, true = sum(map(len, got)), sum(map(len, want))
    f1 = 2 * hit / max(said + true, 1)
    print(f"{name:18} {share(hit, said)}  {share(hit, true)}  {f1:.3f}  {true:5}")


def share(part: int, whole: int) -> str:
    """A share with Wilson's interval at 95 %."""
    if not whole:
        return f"{'–':22}"
    z, p = 1.96, part / whole
    middle = (p + z * z / (2 * whole)) / (1 + z * z / whole)
    half = z * math.sqrt(p * (1 - p) / whole + z * z / (4 * whole * whole)) / (1 + z * z / whole)
    return f"{p:.3f} [{middle - half:.3f}, {middle + half:.3f}]"


def statuses(found: Sequence[Pairs], wanted: Sequence[Pairs]) -> None:
    """Of labelled tags: found with the right status; and of those whose category was found."""
    hit: Counter[str] = Counter()
    near: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for got, want in zip(found, wanted, strict=True):
        named = {category for category, _ in got}
        for category, status in want:
            total[status] += 1
            near[status] += category in named
            hit[status] += (category, status) in got
    print(f"{'status':18} found as such           right where category found")
    for status in (*STATUSES, "all"):
        keys = STATUSES if status == "all" else (status,)
        h, n, t = (sum(count[key] for key in keys) for count in (hit, near, total))
        print(f"{status:18} {share(h, t)}  {share(h, n)}  {t:5}")


def elsewhere() -> None:
    tagger = Tagger()
    for path in sorted(ELSEWHERE.glob("*-held.txt")):
        texts = path.read_text("utf-8").splitlines()
        got = [asserted([tagged(tagger, {"text": text})])[0] - {"next_step"} for text in texts]
        wrong = Counter(category for its in got for category in its)
        print(f"{path.name:20} {share(sum(map(bool, got)), len(texts))} of {len(texts)}  {wrong}")


if __name__ == "__main__":
    main()

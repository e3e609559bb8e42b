"""Trains the tagger's model from labelled sentences: ``make model``.

    python tools/train_tagger.py [--folds 4] [--augment 1] [--report] [--out MODEL.npz]

Reads ``tests/data/tagging_dev`` (sentences written independently of the rules), the examples of
the lexicon, and the concepts. Calibration and thresholds come from cross-validation by file, so
that no sentence judges itself. The unseen set is never read. The same input gives the same model.
"""

import argparse
import json
import math
import random
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, cast

import numpy as np
import scipy.sparse
import yaml
from sklearn.linear_model import LogisticRegression

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from agent.contract.tag import CATEGORIES, STATUSES, Category  # noqa: E402
from agent.nlp.fold import fold  # noqa: E402
from agent.nlp.learn import model as heads  # noqa: E402
from agent.nlp.learn.evidence import evidence  # noqa: E402
from agent.nlp.learn.features import Everything, Said, features  # noqa: E402
from agent.nlp.learn.model import Gate, Model, status_features  # noqa: E402
from agent.nlp.learn.thesaurus import Thesaurus  # noqa: E402
from agent.nlp.lexicon import shipped  # noqa: E402
from agent.nlp.sentences import sentences  # noqa: E402

DATA = ROOT / "tests/data/tagging_dev"
TUNED_ON = ROOT / "tests/data/tagging/dev.jsonl"
ELSEWHERE = ROOT / "tests/data/out_of_domain"
CONCEPTS = ROOT / "agent/nlp/learn/concepts"
MODEL = ROOT / "agent/nlp/learn" / heads.SHIPPED
ON = date(2026, 11, 23)
SEEN_AT_LEAST = 2
"""A feature of fewer sentences is left out."""
FAINT = 0.02
"""A feature of which no weight is greater than this (of all heads) is left out."""
GATE_RECALL = 0.985
CONTEXTUAL = "\x06\x08"
"""What features begin with that only the status head sees."""
UNLIKELY = -4.0
"""Where the linear output of *topic* is below this, no status is looked for."""
C_TOPIC, C_STATUS = 40.0, 40.0


@dataclass(frozen=True)
class Labelled:
    said: Said
    labels: frozenset[tuple[str, str]]
    source: str

    @property
    def reported(self) -> bool:
        return any(status == "reported" for _, status in self.labels)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folds", type=int, default=4)
    parser.add_argument("--augment", type=int, default=1, help="copies with other words")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=MODEL)
    parser.add_argument("--hold", default="", help="files (comma) to keep out and report on")
    options = parser.parse_args()
    thesaurus = Thesaurus(concepts(CONCEPTS))
    items = [*gathered(DATA), *elsewhere()]
    # What the rules were tuned on knows another use of "reported": a boss who says so.
    items += [item for item in (*tuned_on(), *examples()) if not item.reported]
    print(f"{len(items)} sentences, {len(thesaurus.forms)} forms", flush=True)
    held = set(filter(None, options.hold.split(",")))
    if held:
        rest = [item for item in items if item.source not in held]
        fitted = fit(rest, thesaurus, options.augment, options.jobs)
        apart = [item for item in items if item.source in held]
        report(apart, scores(fitted, apart))
        return
    dealt = by_source(items, options.folds)
    found: list[Any] = [None] * len(items)
    for number in range(options.folds):
        inside = [item for item, its in zip(items, dealt, strict=True) if its != number]
        kept_out = [index for index, its in enumerate(dealt) if its == number]
        fitted = fit(inside, thesaurus, options.augment, options.jobs)
        outputs = scores(fitted, [items[index] for index in kept_out])
        for row, index in enumerate(kept_out):
            found[index] = [part[row] for part in outputs]
        print(f"fold {number + 1}/{options.folds}", flush=True)
    judged = (np.array([row[0] for row in found]), np.array([row[1] for row in found]))
    slope, shift = calibrated(items, judged[0])
    fitted = fit(items, thesaurus, options.augment, options.jobs)
    chances = 1 / (1 + np.exp(-(judged[0] * slope + shift)))
    thresholds = chosen(items, chances, judged[1])
    table = replace(fitted, slope=slope, shift=shift, thresholds=thresholds)
    report(items, (judged[0] * slope + shift, judged[1]), thresholds)
    with options.out.open("wb") as file:
        heads.store(pruned(table), file)
    print(f"{options.out}: {len(table.known)} features, {options.out.stat().st_size / 1e6:.1f} MB")


def concepts(folder: Path) -> dict[str, list[str]]:
    """Every form with its concepts, from ``concepts:`` of each file."""
    forms: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*.yaml")):
        data = yaml.load(path.read_bytes(), yaml.CSafeLoader)
        for name, its in data["concepts"].items():
            for form in its:
                folded = fold(str(form)).strip()
                if folded.strip("*"):
                    into = forms.setdefault(folded, [])
                    if name not in into:
                        into.append(name)
    return forms


def gate(items: Sequence[Labelled], thesaurus: Thesaurus) -> Gate:
    """Logistic regression on the concepts of a sentence, each mention counted: does it carry any
    label? ``least`` lets ``GATE_RECALL`` of the labelled sentences pass."""
    names = sorted({name for its in thesaurus.forms.values() for name in its})
    column = {name: index for index, name in enumerate(names)}
    said = [item for item in items if not item.source.startswith(("lexicon", "clinc", "crosswoz"))]
    counts = np.zeros((len(said), len(names)), np.float32)
    for row, item in enumerate(said):
        for mention in thesaurus.all_mentions(item.said.sentence):
            for concept in mention.concepts:
                counts[row, column[concept]] += 1
    labelled = np.array([bool(item.labels) for item in said])
    fitted = LogisticRegression(C=0.3, max_iter=500, class_weight="balanced")
    fitted.fit(counts, labelled)
    sums = counts @ fitted.coef_[0]
    least = float(np.quantile(sums[labelled], 1 - GATE_RECALL))
    print(f"gate: {(sums[~labelled] >= least).mean():.2f} of the unlabelled sentences pass")
    return Gate(dict(zip(names, fitted.coef_[0].tolist(), strict=True)), least)


def gathered(folder: Path) -> Iterator[Labelled]:
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            yield from _units(json.loads(line), path.stem)
    for path in sorted(folder.glob("*.tsv")):
        for line in path.read_text("utf-8").splitlines():
            if line.strip() and not line.startswith("#"):
                yield _line(line, path.stem)


def _units(item: dict[str, Any], source: str) -> Iterator[Labelled]:
    """A labelled text by sentence; a tag belongs to those it touches."""
    folded = fold(item["text"])
    for start, end in sentences(folded):
        labels = frozenset(
            (tag["category"], tag["status"])
            for tag in item["tags"]
            if tag["start"] < end and start < tag["end"]
        )
        said = _said(folded[start:end], item["speaker"], item["kind"])
        yield Labelled(said, labels, source)


def tuned_on() -> Iterator[Labelled]:
    """The sentences the lexicon was tuned on."""
    for line in TUNED_ON.read_text("utf-8").splitlines():
        item = json.loads(line)
        said = _said(fold(item["text"]), item.get("speaker", "customer"), item.get("kind", "mail"))
        yield Labelled(
            said, frozenset((tag["category"], tag["status"]) for tag in item["tags"]), "tuned on"
        )


def elsewhere() -> Iterator[Labelled]:
    """Talk about other things altogether: none of it carries a tag."""
    for path in sorted(ELSEWHERE.glob("*-train.txt")):
        for line in path.read_text("utf-8").splitlines():
            yield Labelled(_said(fold(line), "customer", "mail"), frozenset(), path.stem)


_SPEAKERS = {"c": "customer", "r": "rep", "u": "unknown"}
_KINDS = {"m": "mail", "c": "call", "n": "note"}


def _line(line: str, source: str) -> Labelled:
    who, _, text, labels = line.split(" | ")
    said = _said(fold(text.strip()), _SPEAKERS[who[0]], _KINDS[who[1]])
    pairs = [] if labels.strip() == "-" else [one.strip() for one in labels.split(";")]
    return Labelled(
        said,
        frozenset((one.partition(":")[0], one.partition(":")[2] or "asserted") for one in pairs),
        source,
    )


def examples() -> Iterator[Labelled]:
    """The lexicon's own: what must be found. What must not may hold another category."""
    for group in shipped().groups:
        for example in group.yes:
            said = _said(fold(example.text), example.speaker, "mail")
            yield Labelled(
                said, frozenset({(group.category, example.status)}), f"lexicon {group.category}"
            )


def _said(folded: str, speaker: Any, kind: Any) -> Said:
    return Said(folded.replace("\n", " "), speaker, kind)


def by_source(items: Sequence[Labelled], folds: int) -> list[int]:
    """Files are dealt out so that each fold has about as many sentences."""
    sizes = Counter(item.source for item in items)
    filled = [0] * folds
    of: dict[str, int] = {}
    for source, size in sorted(sizes.items(), key=lambda pair: (-pair[1], pair[0])):
        least = min(range(folds), key=filled.__getitem__)
        of[source] = least
        filled[least] += size
    return [of[item.source] for item in items]


def augmented(items: Iterable[Labelled], thesaurus: Thesaurus, times: int) -> Iterator[Labelled]:
    """Each sentence again with some words exchanged for others of the same concept."""
    by_concept: dict[str, list[str]] = {}
    for form, its in thesaurus.forms.items():
        for concept in its:
            by_concept.setdefault(concept, []).append(form.rstrip("*"))
    chance = random.Random(7)  # noqa: S311 - not a secret
    for item in items:
        for _ in range(times):
            text, at, parts = item.said.sentence, 0, []
            for mention in thesaurus.mentions(text):
                if mention.start < at or chance.random() < 0.5:
                    continue
                latin = text[mention.start].isascii()
                others = [
                    form
                    for form in by_concept[chance.choice(mention.concepts)]
                    if form[0].isascii() == latin
                ]
                parts += [text[at : mention.start], chance.choice(others)] if others else []
                at = mention.end if others else at
            if parts:
                said = replace(item.said, sentence="".join(parts) + text[at:])
                yield replace(item, said=said)


def fit(items: Sequence[Labelled], thesaurus: Thesaurus, augment: int, jobs: int) -> Model:
    """The heads *topic* and *asserted* first; they show where the evidence stands, around which
    the head *status* learns."""
    items = [*items, *augmented(items, thesaurus, augment)]
    shared = [sorted(set(features(item.said, thesaurus, Everything())[0])) for item in items]
    known = vocabulary(shared)
    rows = matrix(shared, known)
    truth = [labels_of(items, None), labels_of(items, "asserted")]
    tasks = [
        (rows, truth[part][:, k], C_TOPIC) for part in range(2) for k in range(len(CATEGORIES))
    ]
    weights = np.zeros((len(known), heads.HEADS), np.float32)
    bias = np.zeros(heads.HEADS, np.float32)
    with ProcessPoolExecutor(jobs) as pool:
        for head, (coefficients, intercept) in enumerate(
            pool.map(_binary, *zip(*tasks, strict=True))
        ):
            weights[:, head], bias[head] = coefficients, intercept
    contexts: list[list[str]] = []
    statuses: list[int] = []
    for item in items:
        for name, status in sorted(item.labels):
            category = cast("Category", name)
            column = weights[:, CATEGORIES.index(category)]
            keys, spans = features(item.said, thesaurus, known)
            words = evidence(spans, [float(column[known[key]]) for key in keys], item.said.sentence)
            seen = status_features(item.said, category, words, thesaurus, Everything())
            contexts.append(sorted({key for key in seen if key in known or key[0] in CONTEXTUAL}))
            statuses.append(STATUSES.index(status))
    every = vocabulary([*([key] * SEEN_AT_LEAST for key in known), *contexts])
    wider = np.zeros((len(every), heads.HEADS), np.float32)
    wider[[every[key] for key in known]] = weights
    status = LogisticRegression(C=C_STATUS, max_iter=300)
    status.fit(matrix(contexts, every), statuses)
    wider[:, heads.STATUS], bias[heads.STATUS] = status.coef_.T, status.intercept_
    return Model(
        thesaurus,
        every,
        *heads.eight_bits(wider),
        bias,
        np.ones(heads.HEADS, np.float32),
        np.zeros(heads.HEADS, np.float32),
        dict.fromkeys(CATEGORIES, (0.3, 0.5)),
        gate(items, thesaurus),
    )


def vocabulary(lists: Iterable[Iterable[str]]) -> dict[str, int]:
    """A row for each feature that is seen often enough."""
    counts = Counter(key for keys in lists for key in keys)
    often = sorted(key for key, n in counts.items() if n >= SEEN_AT_LEAST)
    return {key: row for row, key in enumerate(often)}


def _binary(rows: Any, truth: Any, c: float) -> tuple[Any, float]:
    fitted = LogisticRegression(C=c, solver="liblinear", max_iter=200, random_state=1)
    fitted.fit(rows, truth)
    return fitted.coef_[0], fitted.intercept_[0]


def matrix(keys: Iterable[Sequence[str]], known: dict[str, int]) -> Any:
    """A row for each list, of unit length."""
    indices: list[int] = []
    starts = [0]
    values: list[float] = []
    for its in keys:
        found = [known[key] for key in its if key in known]
        indices += found
        values += [1 / math.sqrt(len(found))] * len(found) if found else []
        starts.append(len(indices))
    return scipy.sparse.csr_matrix(
        (np.array(values), np.array(indices, np.int32), np.array(starts)),
        shape=(len(starts) - 1, len(known)),
    )


def labels_of(items: Sequence[Labelled], status: str | None) -> Any:
    return np.array(
        [
            [any(c == k and status in {None, s} for c, s in item.labels) for k in CATEGORIES]
            for item in items
        ]
    )


def scores(model: Model, items: Sequence[Labelled]) -> tuple[Any, Any]:
    """Before calibration: a row of the 24 linear outputs, and per category its statuses (only
    where the category may well be spoken of)."""
    linear = np.zeros((len(items), heads.STATUS.start), np.float32)
    statuses = np.zeros((len(items), len(CATEGORIES), len(STATUSES)), np.float32)
    statuses[:, :, 0] = 1
    for row, item in enumerate(items):
        keys, spans = features(item.said, model.thesaurus, model.known)
        rows = model.rows(set(keys))
        linear[row] = (
            model.sums(rows)[: heads.STATUS.start] / math.sqrt(max(len(rows), 1))
            + model.bias[: heads.STATUS.start]
        )
        every = model.rows(keys)
        named = {category for category, _ in item.labels}
        for k, category in enumerate(CATEGORIES):
            if linear[row, k] > UNLIKELY or category in named:
                weights = (model.weights[every, k] * model.scale[k]).tolist()
                words = evidence(spans, weights, item.said.sentence)
                statuses[row, k] = model.statuses(item.said, category, words)
    return linear, statuses


def calibrated(items: Sequence[Labelled], linear: Any) -> tuple[Any, Any]:
    """Platt's scaling per head, on outputs of sentences that were not trained on."""
    slope, shift = np.ones(heads.HEADS, np.float32), np.zeros(heads.HEADS, np.float32)
    truth = np.hstack([labels_of(items, None), labels_of(items, "asserted")])
    for head in range(heads.STATUS.start):
        fitted = LogisticRegression(C=100).fit(linear[:, [head]], truth[:, head])
        slope[head], shift[head] = fitted.coef_[0, 0], fitted.intercept_[0]
    return slope[: heads.STATUS.start], shift[: heads.STATUS.start]


def _asserted(chances: Any, statuses: Any) -> Any:
    n = len(CATEGORIES)
    return np.sqrt(chances[:, :n] * chances[:, n:] * statuses[:, :, 0])


def chosen(
    items: Sequence[Labelled], chances: Any, statuses: Any
) -> dict[Category, tuple[float, float]]:
    """Where the F1 of each category is best; for other statuses where it is of their pairs."""
    grid = np.arange(0.1, 0.85, 0.025)
    score, truth = _asserted(chances, statuses), labels_of(items, "asserted")
    found: dict[Category, tuple[float, float]] = {}
    for k, category in enumerate(CATEGORIES):
        first = max(grid, key=lambda at: f1(score[:, k] >= at, truth[:, k])[0])
        other = statuses[:, k, 1:].argmax(1) + 1
        rest = np.array(
            [
                [(category, STATUSES[int(status)]) in item.labels]
                for item, status in zip(items, other, strict=True)
            ]
        )[:, 0]
        free = (score[:, k] < first) & (statuses[:, k, 0] <= statuses[:, k, 1:].max(1))
        wanted = sum(c == category and s != "asserted" for item in items for c, s in item.labels)
        second = max(
            grid,
            key=lambda at: (
                2
                * (rest & free & (chances[:, k] >= at)).sum()
                / max((free & (chances[:, k] >= at)).sum() + wanted, 1)
            ),
        )
        found[category] = (round(float(first), 3), round(float(second), 3))
    return found


def f1(found: Any, truth: Any) -> tuple[float, float, float]:
    hit = int((found & truth).sum())
    return (
        2 * hit / max(int(found.sum() + truth.sum()), 1),
        hit / max(int(found.sum()), 1),
        hit / max(int(truth.sum()), 1),
    )


def report(
    items: Sequence[Labelled],
    judged: tuple[Any, Any],
    thresholds: dict[Category, tuple[float, float]] | None = None,
) -> None:
    """Cross-validated: every sentence was judged by a model that never saw its file."""
    chances = 1 / (1 + np.exp(-judged[0]))
    score, truth = _asserted(chances, judged[1]), labels_of(items, "asserted")
    at = (
        np.array([thresholds[category][0] for category in CATEGORIES])
        if thresholds
        else max(np.arange(0.05, 0.7, 0.025), key=lambda at: f1(score >= at, truth)[0])
    )
    print(f"asserted F1 {[round(x, 3) for x in f1(score >= at, truth)]} at {at}")
    chinese = np.array(
        [any("\u4e00" <= c <= "\u9fff" for c in item.said.sentence) for item in items]
    )
    for name, part in (("zh", chinese), ("en", ~chinese)):
        print(f"  {name} {[round(x, 3) for x in f1((score >= at)[part], truth[part])]}")
    right = total = 0
    for row, item in enumerate(items):
        for category, status in item.labels:
            total += 1
            right += STATUSES[int(judged[1][row, CATEGORIES.index(category)].argmax())] == status
    print(f"status, category given: {right / max(total, 1):.3f} of {total}")
    for source in sorted({item.source for item in items}):
        part = np.array([item.source == source for item in items])
        if not source.startswith("lexicon"):
            print(f"  {source:10} {[round(x, 3) for x in f1((score >= at)[part], truth[part])]}")


def pruned(model: Model) -> Model:
    """Without what hardly speaks for or against anything; what longer runs begin with stays."""
    strong = (np.abs(model.weights) * model.scale).max(axis=1) >= FAINT
    kept = {key for key, row in model.known.items() if strong[row]}
    for key in list(kept):
        if key[0] > "\x08":
            parts = key.split(" ")
            kept.update(" ".join(parts[:n]) for n in range(1, len(parts)))
    keys = [key for key in model.known if key in kept]
    rows = [model.known[key] for key in keys]
    return replace(
        model, known={key: row for row, key in enumerate(keys)}, weights=model.weights[rows]
    )


if __name__ == "__main__":
    main()

"""What people's corrections teach the model: small moves away from the shipped weights.

Maximum a posteriori: logistic regression on the corrected sentences alone, under a Gaussian prior
centred on the shipped weights (Chelba and Acero, *Adaptation of maximum entropy capitalizer*, 2006).
Each head moves by itself, in the space of calibrated log odds, solved by Newton's method with
conjugate gradients: no chance, no order, the same corrections give the same weights.

Fewer than ``MAY_TAG`` judged sentences of a category are worth less than the shipped model: they may
make a tag less certain or withhold it, and offer a suggestion. From there on they may tag.
"""

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final, NamedTuple, cast

import numpy as np
import numpy.typing as npt

from agent.contract.tag import CATEGORIES, Category, Status
from agent.contract.tagger import Adaptation, CategoryChange, HeadChange
from agent.nlp.learn.features import Said, features
from agent.nlp.learn.model import HEADS, Model, Reading

MAY_TAG: Final = 300
_SPREAD: Final = 40.0
"""Variance of the prior, as when the shipped weights were learned: a sentence that was corrected is
read as it was corrected, and one that shares a word or two with it hardly moves."""
_BIAS: Final = 0.5
"""The constant among features of unit length."""
_FAINT: Final = 0.06
"""Smaller moves are left out of what is kept and sent."""
_STEPS, _INNER = 12, 20
_FOLDS: Final = 5
_N: Final = len(CATEGORIES)

_Array = npt.NDArray[np.float64]
_Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Label:
    """Somebody said whether a sentence speaks of a category in that status."""

    said: Said
    category: Category
    status: Status
    right: bool


class Share(NamedTuple):
    """``hits`` of ``of``, with the Wilson interval of 95 %."""

    hits: int
    of: int

    @property
    def value(self) -> float | None:
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float]:
        if not self.of:
            return 0.0, 1.0
        z, n, p = 1.959964, self.of, self.hits / self.of
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        return max(0.0, middle - half), min(1.0, middle + half)


class Quality(NamedTuple):
    precision: Share
    recall: Share


class Figures(NamedTuple):
    """Of one category, counted on the corrections: with the shipped model, and with one adapted to
    the other corrections (five-fold cross-validation, so that none judges itself)."""

    labels: int
    before: Quality
    after: Quality


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapted(Model):
    """The model with moved weights. ``free`` are the categories whose corrections may tag."""

    base: Model = field(repr=False)
    places: npt.NDArray[np.int32] = field(repr=False)
    """For each feature its row in ``moves``; 0 for those that stay where they are."""
    moves: npt.NDArray[np.float32] = field(repr=False)
    touched: frozenset[Category]
    free: frozenset[Category]
    suggesting: bool = False
    """Give also what may only be suggested."""

    def sums(self, rows: _Rows) -> npt.NDArray[np.float32]:
        moved = self.moves[self.places[rows]].sum(axis=0)
        return cast("npt.NDArray[np.float32]", self.base.sums(rows) + moved)

    def read(self, said: Said) -> list[Reading]:
        was = {reading.category: reading for reading in self.base.read(said)}
        # Named in full: a dataclass with slots is another class than the one super() looks for.
        now = {reading.category: reading for reading in Model.read(self, said)}
        found: list[Reading] = []
        for category in CATEGORIES:
            reading = self._settled(category, was.get(category), now.get(category))
            if reading is not None:
                found.append(reading)
        return found

    def _settled(
        self, category: Category, was: Reading | None, now: Reading | None
    ) -> Reading | None:
        if category not in self.touched:
            return was
        if category in self.free or (self.suggesting and was is None):
            return now
        if was is None or now is None:
            return None
        if now.status == was.status:
            return replace(was, score=min(was.score, now.score))
        # Less certain that it is asserted at all: withheld. More certain: not yet to be said.
        return None if was.status == "asserted" else was


class _Case(NamedTuple):
    """A sentence and a category with all that was said of the two."""

    said: Said
    topic: bool
    asserted: bool | None
    """None: nobody spoke of that."""
    judged: tuple[tuple[Status, bool], ...]


def fingerprint(model: Model) -> str:
    """Of the weights that corrections move."""
    told = hashlib.sha256("\n".join(model.known).encode())
    for values in (model.weights, model.scale, model.bias, model.slope, model.shift):
        told.update(np.ascontiguousarray(values).tobytes())
    return told.hexdigest()[:32]


def train(model: Model, labels: Iterable[Label]) -> Adaptation:
    """The moves that these corrections ask for."""
    changes = {
        category: _change(model, category, len(cases), _read(model, cases))
        for category, cases in _cases(labels).items()
    }
    return Adaptation(base=fingerprint(model), categories=changes)


def apply(model: Model, adaptation: Adaptation, *, suggesting: bool = False) -> Model:
    """The model with these moves; the model itself when they were learned on another."""
    if not adaptation.categories or adaptation.base != fingerprint(model):
        return model
    return _moved(model, adaptation.categories, suggesting=suggesting)


def measure(model: Model, labels: Iterable[Label]) -> dict[Category, Figures]:
    """Before and after, for each category that has corrections."""
    return {category: _figures(model, category, its) for category, its in _cases(labels).items()}


def _cases(labels: Iterable[Label]) -> dict[Category, list[_Case]]:
    """One case for each sentence and category. What was called right in one status stays right
    where another status was called wrong."""
    told: dict[tuple[Category, Said], dict[Status, bool]] = {}
    for label in labels:
        told.setdefault((label.category, label.said), {})[label.status] = label.right
    cases: dict[Category, list[_Case]] = {}
    for (category, said), judged in told.items():
        right = any(judged.values())
        asserted: bool | None = judged.get("asserted", False if right else None)
        case = _Case(said, right, asserted, tuple(sorted(judged.items())))
        cases.setdefault(category, []).append(case)
    return {key: sorted(cases[key], key=_place) for key in CATEGORIES if key in cases}


def _place(case: _Case) -> tuple[str, str, str]:
    """An order that does not depend on who corrected when."""
    return case.said.sentence, case.said.speaker, case.said.kind


class _Read(NamedTuple):
    """A case as the model sees it."""

    case: _Case
    rows: _Rows
    sums: npt.NDArray[np.float32]


def _read(model: Model, cases: Iterable[_Case]) -> list[_Read]:
    """Without those of which the model knows no feature at all."""
    found = []
    for case in cases:
        keys, _ = features(case.said, model.thesaurus, model.known)
        rows = model.rows(sorted(set(keys)))
        if len(rows):
            found.append(_Read(case, rows, model.sums(rows)))
    return found


def _change(model: Model, category: Category, labels: int, told: Sequence[_Read]) -> CategoryChange:
    topic, asserted = CATEGORIES.index(category), _N + CATEGORIES.index(category)
    said = [one for one in told if one.case.asserted is not None]
    return CategoryChange(
        labels=labels,
        topic=_head(model, topic, told, [one.case.topic for one in told]),
        asserted=_head(model, asserted, said, [bool(one.case.asserted) for one in said]),
    )


def _head(model: Model, head: int, told: Sequence[_Read], truth: Sequence[bool]) -> HeadChange:
    if not told or not model.slope[head]:
        return HeadChange()
    columns, inverse = np.unique(np.concatenate([one.rows for one in told]), return_inverse=True)
    sizes = np.array([len(one.rows) for one in told])
    sums = np.array([one.sums[head] for one in told]) / np.sqrt(sizes)
    prior = (sums + model.bias[head]) * model.slope[head] + model.shift[head]
    starts = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    values = np.repeat(1 / np.sqrt(sizes), sizes)
    design = _Design(inverse, starts, sizes, values, len(columns) + 1)
    moved = _newton(design, np.clip(prior, -30, 30).astype(float), np.array(truth, dtype=float))
    keys = list(model.known)
    return HeadChange(
        bias=round(float(moved[-1]) * _BIAS, 4),
        weights={
            keys[column]: round(float(value), 4)
            for column, value in zip(columns.tolist(), moved[:-1], strict=True)
            if abs(value) >= _FAINT
        },
    )


class _Design(NamedTuple):
    """Sparse rows of features with one constant column at the end."""

    columns: _Rows
    starts: npt.NDArray[Any]
    sizes: npt.NDArray[Any]
    values: _Array
    width: int

    def times(self, vector: _Array) -> _Array:
        sums = np.add.reduceat(self.values * vector[self.columns], self.starts)
        return cast("_Array", sums + _BIAS * vector[-1])

    def transposed(self, vector: _Array) -> _Array:
        spread = self.values * np.repeat(vector, self.sizes)
        found = np.bincount(self.columns, spread, self.width).astype(float)
        found[-1] = _BIAS * vector.sum()
        return found


def _newton(design: _Design, prior: _Array, truth: _Array) -> _Array:
    moved = np.zeros(design.width)
    at = prior.copy()
    cost = _cost(at, truth, moved)
    for _ in range(_STEPS):
        chances = 1 / (1 + np.exp(-at))
        slope = design.transposed(chances - truth) + moved / _SPREAD
        if float(np.abs(slope).max()) < 1e-3:
            break
        step = _conjugate(design, chances * (1 - chances), -slope)
        along = design.times(step)
        size, tried = 1.0, _cost(at + along, truth, moved + step)
        while tried > cost and size > 1e-3:
            size /= 2
            tried = _cost(at + size * along, truth, moved + size * step)
        if tried > cost:
            break
        moved, at, cost = moved + size * step, at + size * along, tried
    return moved


def _cost(at: _Array, truth: _Array, moved: _Array) -> float:
    loss = np.logaddexp(0, at) - truth * at
    return float(loss.sum() + moved @ moved / (2 * _SPREAD))


def _conjugate(design: _Design, weight: _Array, goal: _Array) -> _Array:
    """Solves (the Hessian) x = goal."""
    found = np.zeros_like(goal)
    rest = goal.copy()
    way = rest.copy()
    size = float(rest @ rest)
    enough = size * 1e-4
    for _ in range(_INNER):
        if size <= enough:
            break
        bent = design.transposed(weight * design.times(way)) + way / _SPREAD
        by = size / float(way @ bent)
        found += by * way
        rest -= by * bent
        before, size = size, float(rest @ rest)
        way = rest + (size / before) * way
    return found


def _moved(
    model: Model, changes: Mapping[Category, CategoryChange], *, suggesting: bool = False
) -> Adapted:
    places = np.zeros(len(model.known), np.int32)
    bias = model.bias.copy()
    moves = [np.zeros(HEADS, np.float32)]
    for category, change in changes.items():
        at = CATEGORIES.index(category)
        for head, moved in ((at, change.topic), (_N + at, change.asserted)):
            slope = float(model.slope[head])
            if not slope:
                continue
            bias[head] += moved.bias / slope
            for key, value in moved.weights.items():
                row = model.known.get(key)
                if row is None:
                    continue
                if not places[row]:
                    places[row] = len(moves)
                    moves.append(np.zeros(HEADS, np.float32))
                moves[places[row]][head] += value / slope
    kept = {one.name: getattr(model, one.name) for one in fields(Model)}
    return Adapted(
        **kept | {"bias": bias},
        base=model,
        places=places,
        moves=np.array(moves),
        touched=frozenset(changes),
        free=frozenset(key for key, change in changes.items() if change.labels >= MAY_TAG),
        suggesting=suggesting,
    )


def _figures(model: Model, category: Category, cases: Sequence[_Case]) -> Figures:
    before, after = _Count(), _Count()
    read = _read(model, cases)
    for fold in range(_FOLDS):
        apart = cases[fold::_FOLDS]
        unseen = set(apart)
        inside = [one for one in read if one.case not in unseen]
        # What it may do is decided by all the labels there are.
        change = _change(model, category, len(cases), inside)
        adapted = _moved(model, {category: change})
        for case in apart:
            before.add(case, category, model.read(case.said))
            after.add(case, category, adapted.read(case.said))
    return Figures(len(cases), before.quality, after.quality)


class _Count:
    def __init__(self) -> None:
        self._hits = self._found = self._wanted = 0

    def add(self, case: _Case, category: Category, readings: Iterable[Reading]) -> None:
        told = {reading.status for reading in readings if reading.category == category}
        for status, right in case.judged:
            self._hits += right and status in told
            self._found += status in told
            self._wanted += right

    @property
    def quality(self) -> Quality:
        return Quality(Share(self._hits, self._found), Share(self._hits, self._wanted))

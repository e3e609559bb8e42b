"""Reads a sentence: which categories it speaks of, with which status, by which words.

A linear model: logistic regression over the features of ``features.py`` (Hastie, Tibshirani and
Friedman, *The Elements of Statistical Learning*, 4.4), L2-regularised, calibrated by Platt's
scaling. Three heads share one table of weights: *topic* (the sentence speaks of the category,
whatever the status), *asserted*, and *status* given the category. What is published as asserted
must convince all three: the geometric mean of ``asserted`` and ``topic x status``.
"""

import json
import math
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import IO, Any, Final, cast

import numpy as np
import numpy.typing as npt

from agent.contract.tag import CATEGORIES, STATUSES, Category, Status
from agent.nlp.learn.evidence import Evidence, evidence
from agent.nlp.learn.features import Said, features
from agent.nlp.learn.statuscues import around, status_cues
from agent.nlp.learn.thesaurus import Thesaurus

SHIPPED: Final = "model.npz"
_N: Final = len(CATEGORIES)
TOPIC: Final = slice(0, _N)
ASSERTED: Final = slice(_N, 2 * _N)
STATUS: Final = slice(2 * _N, 2 * _N + len(STATUSES))
HEADS: Final = 2 * _N + len(STATUSES)
_WORTH_ASKING: Final = 0.05
"""Below this chance that a category is spoken of at all its status is not looked for."""

_Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Reading:
    """``score`` is the chance (0–1) that it is so; the span is the evidence in the sentence."""

    category: Category
    status: Status
    score: float
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Gate:
    """Which sentences are worth reading at all: the sum of what their concepts weigh, each mention
    counted, must reach ``least``."""

    weights: Mapping[str, float]
    least: float

    def of(self, concepts: Iterable[str]) -> float:
        """What a form that stands for these concepts weighs."""
        return sum(self.weights.get(concept, 0.0) for concept in concepts)


@dataclass(frozen=True, slots=True)
class Model:
    """``weights``: a row for each of ``known``, a column for each head (see ``HEADS``), to be
    multiplied by ``scale``, which like ``bias``, ``slope`` and ``shift`` has one number a head.
    ``thresholds`` hold, per category, what the scores of asserted and of other readings must
    reach."""

    thesaurus: Thesaurus
    known: Mapping[str, int]
    weights: npt.NDArray[np.int8]
    scale: _Floats
    bias: _Floats
    slope: _Floats
    shift: _Floats
    thresholds: Mapping[Category, tuple[float, float]]
    gate: Gate

    def read(self, said: Said) -> list[Reading]:
        keys, spans = features(said, self.thesaurus, self.known)
        if not keys:
            return []
        seen = set(keys)
        sums = self.sums(self.rows(seen))
        linear = sums[: STATUS.start] / math.sqrt(len(seen)) + self.bias[: STATUS.start]
        chances = _sigmoid(linear * self.slope[: STATUS.start] + self.shift[: STATUS.start])
        readings: list[Reading] = []
        rows = self.rows(keys)
        for index in np.flatnonzero(chances[TOPIC] >= _WORTH_ASKING).tolist():
            category = CATEGORIES[index]
            weights = (self.weights[rows, index] * self.scale[index]).tolist()
            words = evidence(spans, weights, said.sentence)
            status, score = _decided(
                float(chances[index]),
                float(chances[_N + index]),
                self.statuses(said, category, words),
                self.thresholds[category],
            )
            if status is not None:
                readings.append(Reading(category, status, round(score, 3), words))
        return readings

    def statuses(self, said: Said, category: Category, words: Evidence) -> _Floats:
        """The chance of each status, given that ``words`` speak of the category."""
        keys = status_features(said, category, words, self.thesaurus, self.known)
        seen = {key for key in keys if key in self.known}
        linear = self.sums(self.rows(seen))[STATUS] / math.sqrt(max(len(seen), 1))
        linear = linear + self.bias[STATUS]
        raised = np.exp(linear - linear.max())
        return cast("_Floats", raised / raised.sum())

    def sums(self, rows: npt.NDArray[np.intp]) -> _Floats:
        """What these features weigh together, per head."""
        whole = self.weights[rows].sum(axis=0, dtype=np.int32)
        return cast("_Floats", whole.astype(np.float32) * self.scale)

    def rows(self, keys: Iterable[str]) -> npt.NDArray[np.intp]:
        known = self.known
        return np.array([known[key] for key in keys], dtype=np.intp)


def status_features(
    said: Said, category: Category, words: Evidence, thesaurus: Thesaurus, known: Container[str]
) -> list[str]:
    """What the status head sees: the clauses around the evidence as the other heads see a sentence,
    and the cues in and around them, alone and together with the category."""
    start, end = around(said.sentence, words)
    keys, _ = features(replace(said, sentence=said.sentence[start:end]), thesaurus, known)
    cues = status_cues(said, category, words, (start, end))
    return [*keys, f"\x06{category}", *cues, *(f"{cue}|{category}" for cue in cues)]


def _decided(
    topic: float, asserted: float, statuses: _Floats, thresholds: tuple[float, float]
) -> tuple[Status | None, float]:
    score = math.sqrt(asserted * topic * float(statuses[0]))
    if score >= thresholds[0]:
        return "asserted", score
    other = int(statuses[1:].argmax()) + 1
    if topic < thresholds[1] or statuses[0] > statuses[other]:
        return None, 0.0
    return STATUSES[other], topic * float(statuses[other])


def _sigmoid(values: _Floats) -> _Floats:
    return cast("_Floats", 1.0 / (1.0 + np.exp(-np.clip(values, -30, 30))))


@cache
def shipped() -> Model:
    """The model of this installation, read once."""
    with (files("agent.nlp.learn") / SHIPPED).open("rb") as file:
        return load(file)


def load(file: IO[bytes]) -> Model:
    with np.load(file, allow_pickle=False) as stored:
        keys = bytes(stored["keys"]).decode().split("\n")
        about: dict[str, Any] = json.loads(bytes(stored["about"]))
        return Model(
            Thesaurus(about["forms"]),
            {key: row for row, key in enumerate(keys)},
            stored["weights"],
            stored["scale"],
            stored["bias"],
            stored["slope"],
            stored["shift"],
            {key: (low, high) for key, (low, high) in about["thresholds"].items()},
            Gate(about["gate"], about["least"]),
        )


def store(model: Model, file: IO[bytes]) -> None:
    about = {
        "forms": model.thesaurus.forms,
        "thresholds": {key: list(value) for key, value in model.thresholds.items()},
        "gate": {key: round(value, 4) for key, value in model.gate.weights.items()},
        "least": round(model.gate.least, 4),
    }
    np.savez_compressed(
        file,
        keys=_bytes("\n".join(model.known)),
        about=_bytes(json.dumps(about, ensure_ascii=False, sort_keys=True)),
        weights=model.weights,
        scale=model.scale,
        bias=model.bias,
        slope=model.slope,
        shift=model.shift,
    )


def eight_bits(weights: _Floats) -> tuple[npt.NDArray[np.int8], _Floats]:
    """Weights as whole numbers of eight bits, and the scale of each head."""
    scale = np.abs(weights).max(axis=0) / 127
    scale[scale == 0] = 1
    return np.round(weights / scale).astype(np.int8), scale.astype(np.float32)


def _bytes(text: str) -> npt.NDArray[np.uint8]:
    return np.frombuffer(text.encode(), dtype=np.uint8)

"""How well and how fast recordings are transcribed: prints one line per sample and the whole.

    python benchmarks/speech.py [--model NAME_OR_FOLDER] [--folder FOLDER]

FOLDER holds recordings and, beside each, ``NAME.truth.json``: a list of turns with ``role``,
``start``, ``end`` (seconds) and ``text``. Error rates compare without punctuation and with
amounts written in digits: characters for Chinese (CER), words for English (WER).
"""

import argparse
import json
import re
import resource
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from agent.contract.tag import Turn
from agent.nlp.speech import Transcriber
from agent.nlp.speech.mend import mend

RECORDINGS = Path(__file__).parents[1] / "demo" / "files" / "recordings"


@dataclass
class Score:
    """Sums over turns; ``starts`` are |seconds| between said and written."""

    errors: int = 0
    units: int = 0
    turns: int = 0
    right_speaker: int = 0
    starts: list[float] = field(default_factory=list)

    def __iadd__(self, other: "Score") -> Self:
        self.errors += other.errors
        self.units += other.units
        self.turns += other.turns
        self.right_speaker += other.right_speaker
        self.starts += other.starts
        return self

    @property
    def error_rate(self) -> float:
        return self.errors / self.units

    def __str__(self) -> str:
        start = (
            f"{statistics.median(self.starts):.2f}/{max(self.starts):.2f}" if self.starts else "-"
        )
        return (
            f"error rate {self.error_rate:.3f} of {self.units}   "
            f"speaker {self.right_speaker}/{self.turns}   start error median/max {start} s"
        )


def units(text: str, language: str) -> list[str]:
    """What the error rate counts: characters of Chinese, words of English."""
    if language == "zh":
        return re.findall(r"[\w%]", mend(text, "zh"))
    return re.findall(r"[\w']+", text.lower())


def distance(ours: Sequence[str], truth: Sequence[str]) -> int:
    """Insertions, deletions and replacements between two sequences."""
    row = list(range(len(truth) + 1))
    for at, unit in enumerate(ours, 1):
        above, row = row, [at]
        for column, other in enumerate(truth, 1):
            row.append(min(row[-1] + 1, above[column] + 1, above[column - 1] + (unit != other)))
    return row[-1]


def score(turns: Sequence[Turn], truth: Sequence[dict[str, Any]], language: str) -> Score:
    """Words over the whole recording per speaker; speaker and start of each true turn from the
    turn of ours that overlaps it most."""
    total = Score(turns=len(truth))
    for role in ("rep", "customer", "unknown"):
        ours = " ".join(turn.text for turn in turns if turn.speaker == role)
        said = " ".join(turn["text"] for turn in truth if turn["role"] == role)
        total.errors += distance(units(ours, language), units(said, language))
        total.units += len(units(said, language))
    for true in truth:
        best = max(turns, key=lambda turn: _overlap(turn, true), default=None)
        if best is not None and _overlap(best, true) > 0:
            total.right_speaker += best.speaker == true["role"]
            total.starts.append(abs(best.start_s - true["start"]))
    return total


def _overlap(turn: Turn, true: dict[str, Any]) -> float:
    return float(min(turn.end_s, true["end"]) - max(turn.start_s, true["start"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="base")
    parser.add_argument("--folder", type=Path, default=RECORDINGS)
    wanted = parser.parse_args()
    transcriber = Transcriber(wanted.model)
    whole: dict[str, Score] = {}
    seconds = spent = 0.0
    for truth_path in sorted(wanted.folder.glob("*.truth.json")):
        name = truth_path.name.removesuffix(".truth.json")
        (path,) = (p for p in wanted.folder.glob(f"{name}.*") if p != truth_path)
        began = time.perf_counter()
        said = transcriber.transcribe(path)
        took = time.perf_counter() - began
        found = score(said.turns, json.loads(truth_path.read_text("utf-8")), said.language)
        whole[said.language] = whole.get(said.language, Score()).__iadd__(found)
        seconds, spent = seconds + said.duration_s, spent + took
        print(f"{name:28} {said.language} {found}   {took / said.duration_s:.2f} s per second")
    for language, total in whole.items():
        print(f"{'all ' + language:28} {language} {total}")
    # Linux counts in KiB, macOS in bytes.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        1e6 if sys.platform == "darwin" else 1e3
    )
    print(
        f"model {wanted.model}: {spent / seconds:.2f} s per second of audio, peak memory {peak:.0f} MB"
    )


if __name__ == "__main__":
    main()

"""Precision and recall of masking on labelled texts: how many private numbers are blotted out, and
how much else is.

    python benchmarks/masking_eval.py [FILE.jsonl ...] [--errors]

Lines are {"text"}; private numbers stand between ⟦ and ⟧. A number counts as masked when its last
four characters that are letters or digits are gone; a blot that touches no private number is wrong.
"""

import argparse
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from agent.rules.masking import mask

FOLDER = Path(__file__).parents[1] / "tests/data/masking"
_MARK = re.compile("[⟦⟧]")


@dataclass
class Score:
    hit: int = 0
    missed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        return self.hit / max(1, self.hit + len(self.wrong))

    @property
    def recall(self) -> float:
        return self.hit / max(1, self.hit + len(self.missed))


def labelled(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The text without its labels, and where the private numbers stand in it."""
    spans: list[tuple[int, int]] = []
    start = 0
    for before, mark in enumerate(_MARK.finditer(text)):
        at = mark.start() - before
        if mark.group() == "⟦":
            start = at
        else:
            spans.append((start, at))
    return _MARK.sub("", text), spans


def score(texts: Iterator[str]) -> Score:
    result = Score()
    for text in texts:
        plain, spans = labelled(text)
        blotted, _ = mask(plain)
        for start, end in spans:
            tail = [char for char in blotted[start:end] if char.isalnum() or char == "*"][-4:]
            if set(tail) == {"*"}:
                result.hit += 1
            else:
                result.missed.append(plain)
        inside = {at for start, end in spans for at in range(start, end)}
        changed = [at for at, (a, b) in enumerate(zip(plain, blotted, strict=True)) if a != b]
        # A country code before a number is part of the blot.
        if any(at not in inside for at in changed):
            result.wrong.append(plain)
    return result


def texts_of(file: Path) -> Iterator[str]:
    for line in file.read_text("utf-8").splitlines():
        yield json.loads(line)["text"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, default=sorted(FOLDER.glob("*.jsonl")))
    parser.add_argument("--errors", action="store_true", help="list what went wrong")
    options = parser.parse_args()
    for file in options.files:
        texts = list(texts_of(file))
        found = score(iter(texts))
        print(
            f"{file.name}: {len(texts)} texts, {found.hit + len(found.missed)} private numbers, "
            f"precision {found.precision:.3f}, recall {found.recall:.3f}"
        )
        if options.errors:
            for kind, wrong in (("missed", found.missed), ("wrong", found.wrong)):
                for text in wrong:
                    print(f"  {kind}: {text!r} -> {mask(text)[0]!r}")


if __name__ == "__main__":
    main()

"""How well mails are cleaned and due dates are resolved, on labelled mails and sentences.

    python benchmarks/hygiene_eval.py [--mails FILE.jsonl] [--dates FILE.jsonl] [--promises] [--errors]

Mails are {"id", "lang", "raw_text" or "html", "kept"}: what is left is compared with ``kept``,
white space removed. Dates are {"id", "lang", "text", "now", "due", "also"?, "owner"}: the day that
the date rules find alone and, with ``--promises``, that of the promise which the tagger finds; null means that the
sentence promises nothing by a day. ``--errors`` lists what went wrong; of a file with "unseen" in
its path only the totals are ever shown.
"""

import argparse
import json
import math
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from agent.nlp.clean import clean
from agent.nlp.dates.due import due
from agent.nlp.fold import fold
from agent.nlp.tagger import Tagger

DATA = Path(__file__).parents[1] / "tests/data"
Item = Mapping[str, Any]
Judged = tuple[Item, bool, object]
"""An item, whether it came out right, and what came out."""


def read(path: Path) -> list[Item]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def cleaned(item: Item) -> str:
    return clean(item.get("raw_text") or item["html"], is_html="html" in item).text


def judge_mail(item: Item) -> Judged:
    left = cleaned(item)
    return item, "".join(left.split()) == "".join(item["kept"].split()), left


def _fault(item: Item, left: str) -> str:
    """What is wrong with a mail, in kind: something lost, or how much stayed and where."""
    found, wanted = "".join(left.split()), "".join(item["kept"].split())
    more = len(found) - len(wanted)
    if more <= 0:
        return "something lost"
    length = "a few words" if more <= 30 else "a block" if more <= 150 else "a lot"
    if found.startswith(wanted):
        return f"{length} stayed below"
    return f"{length} stayed {'above' if found.endswith(wanted) else 'between'}"


def judge_date(item: Item) -> Judged:
    found = due(fold(item["text"]), date.fromisoformat(item["now"]))
    return _dated(item, found)


def judge_promise(item: Item, tagger: Tagger) -> Judged:
    promises = tagger.tag(
        item["text"],
        kind=item.get("kind", "mail"),
        speaker=item.get("speaker", "customer"),
        on=date.fromisoformat(item["now"]),
    ).commitments
    days = [promise.due for promise in promises if promise.due is not None]
    return _dated(item, days[-1] if days else None)


def _dated(item: Item, found: date | None) -> Judged:
    accepted = [item["due"], *item.get("also", ())]
    return item, (found.isoformat() if found else None) in accepted, found


def wilson(part: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a share."""
    z, share = 1.96, part / total
    middle = share + z * z / (2 * total)
    spread = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    below = 1 + z * z / total
    return max(0.0, (middle - spread) / below), min(1.0, (middle + spread) / below)


def totals(title: str, judged: Sequence[Judged], groups: Iterable[str]) -> Iterator[str]:
    if judged:
        yield _total(title, judged)
    for group in groups:
        for value in sorted({_value(item, group) for item, _, _ in judged}):
            yield _total(f"  {value}", [one for one in judged if _value(one[0], group) == value])


def _value(item: Item, group: str) -> str:
    if group == "form":
        return "HTML" if "html" in item else "text"
    if group == "promise":
        return "with a day" if item["due"] else "without a day"
    return str(item[group])


def _total(title: str, judged: Sequence[Judged]) -> str:
    right = sum(one[1] for one in judged)
    low, high = wilson(right, len(judged))
    return f"{title:28}{right:5}/{len(judged):<5} {right / len(judged):.3f} [{low:.3f}, {high:.3f}]"


def errors(judged: Iterable[Judged], wanted: str) -> Iterator[str]:
    for item, right, found in judged:
        if not right:
            said = item.get("text", "")
            yield f"{item['id']} {said}\n  wanted {item[wanted]!r}\n  found  {str(found)!r}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=Path, default=DATA / "hygiene_dev/mails.jsonl")
    parser.add_argument("--dates", type=Path, default=DATA / "hygiene_dev/dates.jsonl")
    parser.add_argument("--errors", action="store_true", help="list what went wrong")
    parser.add_argument("--promises", action="store_true", help="ask the whole tagger as well")
    options = parser.parse_args()
    mails, dates = read(options.mails), read(options.dates)
    parts: list[tuple[Path, str, str, tuple[str, ...], list[Judged]]] = [
        (options.mails, "mails cleaned", "kept", ("lang", "form"), [judge_mail(m) for m in mails]),
        (
            options.dates,
            "days resolved",
            "due",
            ("lang", "promise"),
            [judge_date(d) for d in dates],
        ),
    ]
    if options.promises:
        tagger = Tagger()
        promised = [judge_promise(item, tagger) for item in dates]
        parts.append((options.dates, "days of promises", "due", ("lang", "promise"), promised))
    for path, title, wanted, groups, judged in parts:
        print("\n".join(totals(title, judged, groups)))
        if judged[0][2].__class__ is str:
            faults = Counter(_fault(item, str(left)) for item, right, left in judged if not right)
            print("\n".join(f"  {what:26}{count:5}" for what, count in faults.most_common()))
        if options.errors and "unseen" not in str(path.resolve()):
            print("\n".join(errors(judged, wanted)))
    print(f"cleaning: {_microseconds(mails):.0f} µs a mail")


def _microseconds(mails: Sequence[Item], rounds: int = 5) -> float:
    took: list[float] = []
    for _ in range(rounds):
        started = time.process_time()
        for item in mails:
            cleaned(item)
        took.append(time.process_time() - started)
    return min(took) / len(mails) * 1e6


if __name__ == "__main__":
    main()

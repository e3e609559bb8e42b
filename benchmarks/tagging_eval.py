"""Precision and recall of the tagger per category, on labelled sentences.

    python benchmarks/tagging_eval.py [FILE.jsonl] [--errors] [--status]

Lines are {"text", "speaker"?, "kind"?, "tags": [{"category", "status"}]}. A category counts as
found when a tag of it is *asserted*; with --status the exact status of every labelled tag is
compared as well.
"""

import argparse
import json
from collections import Counter
from datetime import date
from pathlib import Path

from agent.contract.tag import CATEGORIES
from agent.nlp.tagger import Tagger

DEFAULT = Path(__file__).parents[1] / "tests/data/tagging/dev.jsonl"
ON = date(2026, 11, 23)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, default=DEFAULT)
    parser.add_argument("--errors", action="store_true", help="list what went wrong")
    parser.add_argument("--status", action="store_true", help="compare exact statuses too")
    options = parser.parse_args()
    tagger = Tagger()
    hit: Counter[str] = Counter()
    false: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    exact = labelled = 0
    for line in options.file.read_text("utf-8").splitlines():
        item = json.loads(line)
        speaker = item.get("speaker", "customer")
        found = tagger.tag(item["text"], kind=item.get("kind", "mail"), speaker=speaker, on=ON).tags
        got = {tag.category for tag in found if tag.status == "asserted"}
        wanted = {tag["category"] for tag in item["tags"] if tag["status"] == "asserted"}
        hit.update(got & wanted)
        false.update(got - wanted)
        missed.update(wanted - got)
        pairs = {(tag.category, tag.status) for tag in found}
        wrong = [tag for tag in item["tags"] if (tag["category"], tag["status"]) not in pairs]
        labelled += len(item["tags"])
        exact += len(item["tags"]) - len(wrong)
        if options.errors and (got != wanted or (options.status and wrong)):
            print(f"{speaker}: {item['text']}")
            print(f"    wanted {item['tags']}")
            print(f"    found  {[(tag.category, tag.status, tag.text) for tag in found]}")
    print(f"{'category':18} precision  recall      n")
    for category in (*CATEGORIES, "all"):
        keys = CATEGORIES if category == "all" else (category,)
        tp, fp, fn = (sum(count[key] for key in keys) for count in (hit, false, missed))
        print(f"{category:18} {_share(tp, fp)}      {_share(tp, fn)}   {tp + fn:5}")
    tp, fp, fn = (sum(count.values()) for count in (hit, false, missed))
    print(f"micro-F1 of asserted tags {2 * tp / max(2 * tp + fp + fn, 1):.3f}")
    print(f"exact status {exact}/{labelled}")


def _share(part: int, rest: int) -> str:
    return f"{part / (part + rest):.3f}" if part + rest else "  –  "


if __name__ == "__main__":
    main()

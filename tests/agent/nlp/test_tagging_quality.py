"""The labelled sentences: a change that makes the tagger clearly worse on them is a mistake."""

import json
from datetime import date
from pathlib import Path

from agent.contract.tag import CATEGORIES
from agent.nlp.tagger import Tagger

SENTENCES = Path(__file__).parents[2] / "data/tagging/dev.jsonl"
ON = date(2026, 11, 23)
LEAST_F1 = 0.9


def test_asserted_tags_of_every_category() -> None:
    tagger = Tagger()
    items = [json.loads(line) for line in SENTENCES.read_text("utf-8").splitlines()]
    assert len(items) >= 300
    right = dict.fromkeys(CATEGORIES, 0)
    wrong = dict.fromkeys(CATEGORIES, 0)
    for item in items:
        found = tagger.tag(item["text"], speaker=item["speaker"], on=ON).tags
        got = {tag.category for tag in found if tag.status == "asserted"}
        wanted = {tag["category"] for tag in item["tags"] if tag["status"] == "asserted"}
        for category in CATEGORIES:
            right[category] += category in got & wanted
            wrong[category] += category in got ^ wanted
    for category in CATEGORIES:
        f1 = 2 * right[category] / (2 * right[category] + wrong[category])
        assert f1 >= LEAST_F1, (category, f1)

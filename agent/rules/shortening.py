"""How much of an item's words leaves the laptop: all, an excerpt, or the evidence alone.

Applied after tagging, to text that is cleaned and masked already. Every finding keeps pointing at
its words: offsets are those of the shortened text.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent.contract.activity import Activity
from agent.contract.policy import Policy
from agent.contract.tag import Commitment, Tag, Turn, transcript

CUT = " … "
"""Stands where something was left out."""
_END = re.compile(r"[。！？!?；;\n]+|\.(?=\s|$)")
_LONGEST_SENTENCE = 400
_LETTER = re.compile(r"[^\W\u2e80-\U0003ffff]")
"""Of a script whose words stand apart."""
_LONGEST_WORD = 40
_WORD_CUT = re.compile(r"[^\W\u2e80-\U0003ffff]+\Z")
_ROUND = 80
"""Of a sentence that never ends, so many characters beside the evidence."""


@dataclass(frozen=True, slots=True)
class _Cut:
    """Which stretches of a text stay, and where they stand afterwards."""

    pieces: tuple[tuple[int, int], ...]
    begins: tuple[int, ...]
    text: str

    def at(self, offset: int) -> int:
        piece = bisect_right([start for start, _ in self.pieces], offset) - 1
        return self.begins[piece] + offset - self.pieces[piece][0]


def shortened(activity: Activity, policy: Policy) -> Activity:
    """The activity as the policy lets it leave."""
    if policy.body == "excerpt":
        return _excerpt(activity, policy.excerpt_chars)
    if policy.body == "tags":
        return _evidence(activity)
    return activity


def _excerpt(activity: Activity, first: int) -> Activity:
    """The beginning, and the sentences in which tags and promises stand. The subject stays."""
    if activity.turns:
        return _said(activity, _speaking(activity))
    text = activity.text
    wanted = [(0, _whole_words(text, first))] if first and text else []
    wanted += _sentences(text, [(found.start, found.end) for found in _findings(activity)])
    return _cut_to(activity, text, wanted, CUT).model_copy(update={"body": "excerpt"})


def _evidence(activity: Activity) -> Activity:
    """The words of the findings, one a line; no subject, no names of files, no turns."""
    wanted = [(found.start, found.end) for found in _findings(activity)]
    bare = _cut_to(activity, activity.text, wanted, "\n")
    proof = activity.signals.machine_evidence.partition(":")[0]
    return bare.model_copy(
        update={
            "body": "tags",
            "subject": "",
            "attachments": (),
            "turns": (),
            "signals": activity.signals.model_copy(update={"machine_evidence": proof}),
            "contact": activity.contact.model_copy(
                update={"evidence": activity.contact.evidence.partition(":")[0]}
            ),
        }
    )


def _findings(activity: Activity) -> list[Tag | Commitment]:
    return [*activity.tags, *activity.commitments]


def _speaking(activity: Activity) -> list[int]:
    """The turns of a call in which something was found."""
    _, spans = transcript(activity.turns)
    return [
        number
        for number, (start, end) in enumerate(spans)
        if any(found.start < end and found.end > start for found in _findings(activity))
    ]


def _said(activity: Activity, numbers: Sequence[int]) -> Activity:
    _, spans = transcript(activity.turns)
    turns: list[Turn] = [activity.turns[number] for number in numbers]
    kept = _cut_to(activity, activity.text, [spans[number] for number in numbers], "\n")
    return kept.model_copy(update={"turns": tuple(turns), "body": "excerpt"})


def _cut_to(
    activity: Activity, text: str, wanted: Iterable[tuple[int, int]], between: str
) -> Activity:
    cut = _cut(text, wanted, between)
    if not cut.pieces:
        return activity.model_copy(update={"text": "", "tags": (), "commitments": ()})

    def moved(found: Tag | Commitment) -> dict[str, object]:
        start = cut.at(found.start)
        return {"start": start, "end": start + found.end - found.start}

    return activity.model_copy(
        update={
            "text": cut.text,
            "tags": tuple(tag.model_copy(update=moved(tag)) for tag in activity.tags),
            "commitments": tuple(
                promise.model_copy(update=moved(promise)) for promise in activity.commitments
            ),
        }
    )


def _cut(text: str, wanted: Iterable[tuple[int, int]], between: str) -> _Cut:
    """Joins the wanted stretches; those that touch or overlap become one."""
    pieces: list[tuple[int, int]] = []
    for start, end in sorted(wanted):
        if pieces and start <= pieces[-1][1]:
            pieces[-1] = (pieces[-1][0], max(end, pieces[-1][1]))
        elif start < end:
            pieces.append((start, end))
    begins: list[int] = []
    at = 0
    for start, end in pieces:
        begins.append(at)
        at += end - start + len(between)
    joined = between.join(text[start:end] for start, end in pieces)
    if between == CUT and pieces and pieces[-1][1] < len(text.rstrip()):
        joined += CUT.rstrip()
    return _Cut(tuple(pieces), tuple(begins), joined)


def _whole_words(text: str, end: int) -> int:
    """The end of the last whole word up to there. Chinese may be cut anywhere; a word that is
    longer than all that is wanted is cut."""
    if end >= len(text):
        return len(text)
    cut = end
    if _LETTER.match(text, end):
        floor = max(0, end - _LONGEST_WORD)
        word = _WORD_CUT.search(text, floor, end)
        if word is not None and word.start() > floor:
            cut = word.start()
    return len(text[:cut].rstrip()) or end


def _sentences(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """For each span the sentence around it; of an endless one only what is near."""
    found: list[tuple[int, int]] = []
    for start, end in spans:
        floor = max(0, start - _LONGEST_SENTENCE)
        begin = floor
        for mark in _END.finditer(text, floor, start):
            begin = mark.end()
        if begin == floor and floor > 0:
            begin = max(floor, start - _ROUND)
        stop = _END.search(text, end, min(len(text), end + _LONGEST_SENTENCE))
        if stop is not None:
            finish = stop.end()
        else:
            finish = len(text) if len(text) - end <= _LONGEST_SENTENCE else end + _ROUND
        while begin < start and text[begin].isspace():
            begin += 1
        while finish > end and text[finish - 1].isspace():
            finish -= 1
        found.append((begin, finish))
    return found

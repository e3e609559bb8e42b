"""What the status head sees: the clauses that hold the evidence, and what is said around them.

A denial or a question counts where the evidence stands; a supposition, a report or a time may also
govern from the clauses before or after, so cues there are seen as such.
"""

import re
from bisect import bisect_right
from typing import Final

from agent.contract.tag import Category
from agent.nlp.context import cues
from agent.nlp.context.status import Found, SentenceContext
from agent.nlp.learn.evidence import Evidence
from agent.nlp.learn.features import Said
from agent.nlp.sentences import clauses

_ASKED_FOR: Final = frozenset({"price_objection", "buying_signal", "delivery", "contract_terms"})
"""Who asks for it wants it."""
_CUES: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("negation", cues.NEGATION),
    ("strong negation", cues.STRONG_NEGATION),
    ("negation after", cues.NEGATION_AFTER),
    ("no negation", cues.NOT_A_NEGATION),
    ("supposed", cues.SUPPOSED),
    ("not supposed", cues.NOT_A_SUPPOSITION),
    ("past", cues.PAST),
    ("former", cues.FORMER),
    ("still", cues.STILL),
    ("resolved", cues.RESOLVED),
    ("hearsay", cues.HEARSAY),
    ("said", cues.SAID),
    ("asked", cues.QUESTION_CLAUSE),
    ("inverted", cues.INVERTED),
    ("tag question", cues.TAG_QUESTION),
)


def around(sentence: str, evidence: Evidence) -> tuple[int, int]:
    """From the start of the first clause that holds evidence to the end of the last."""
    spans = clauses(sentence)
    starts = [start for start, _ in spans]
    first = max(bisect_right(starts, evidence.start) - 1, 0)
    last = max(bisect_right(starts, max(evidence.start, evidence.end - 1)) - 1, first)
    return spans[first][0], spans[last][1]


def status_cues(
    said: Said, category: Category, words: Evidence, window: tuple[int, int]
) -> list[str]:
    """Each cue in the window, alone and with who speaks, each before and after it, and what the
    rules of clauses alone would say."""
    sentence = said.sentence
    start, end = window
    here = sentence[start:end]
    found = [f"\x08{name}" for name, cue in _CUES if cue.search(here)]
    context = SentenceContext(sentence, speaker=said.speaker, kind=said.kind)
    ask = category in _ASKED_FOR
    match = Found(words.start, words.end, (), category, "asserted", ask=ask, topic=True)
    found.append(f"\x08= {context.status(match)}")
    last = not sentence[end:].strip("\"'”’」』)）?？!！.。 ")
    asked = sentence.rstrip().endswith(("?", "？"))
    found.append("\x08?" if asked and last else "\x08.")
    found += [f"{cue}@{said.speaker}" for cue in found]
    if asked and not last:
        found.append("\x08>?")
    if start > 1:
        before = sentence[:start]
        found += [f"\x08<{name}" for name, cue in _CUES if cue.search(before)]
    if not last:
        after = sentence[end:]
        found += [f"\x08>{name}" for name, cue in _CUES if cue.search(after)]
    return found

"""Numbers of passports and permits."""

import re
from collections.abc import Iterator

from agent.rules.digitruns import GROUP, Span
from agent.rules.numberwords import BEFORE, CODE_WORDS, PAPER_WORDS

_PAPER = re.compile(
    r"[EG](?<![0-9A-Za-z_-].)(?:[0-9]{8}|(?<=E)[A-HJ-NP-Z][0-9]{7})(?![0-9A-Za-z_]|-[0-9A-Za-z])"
)
_LABELLED_PAPER = re.compile(
    r"(?<![0-9A-Za-z_*-])(?:[A-Z]{1,2}[ ]?(?:[0-9]{7,10}|[0-9]{4}[ ][0-9]{4}|[0-9]{6}\([0-9A]\))|[0-9]{8})(?![0-9A-Za-z_])",
    re.IGNORECASE,
)
_FOUR = re.compile("[0-9]{4}")
"""Stands in the number of every paper."""
_PAPER_NAMED = re.compile(
    "护照|证件|[份行乡胞住签]证|[PpVvTtIi](?:assport|ASSPORT|ermit|ERMIT|isa|ISA|ravel|RAVEL|dentity|DENTITY|[Dd] [CcNn])"
)
"""A paper is named at all; written so that the search for it is quick."""
_BARE_PAPER_WORDS = re.compile(r"(?:通行证|台胞证|回乡证|permit)[^\n。；;]{0,10}$", re.IGNORECASE)
"""Permits of Taiwan compatriots are eight digits and no letter; so is a date."""


def papers(plain: str) -> Iterator[Span]:
    if _FOUR.search(plain) is None:
        return
    for found in _PAPER.finditer(plain):
        before = plain[max(0, found.start() - BEFORE) : found.start()]
        if not CODE_WORDS.search(before):
            yield found.start(), found.end(), 0
    if _PAPER_NAMED.search(plain) is None:
        return
    for found in _LABELLED_PAPER.finditer(plain):
        before = plain[max(0, found.start() - BEFORE) : found.start()]
        # The first number after the word is what the word speaks of.
        words = _BARE_PAPER_WORDS if found.group().isdigit() else PAPER_WORDS
        if words.search(before) and GROUP.search(before) is None:
            yield found.start(), found.end(), 0

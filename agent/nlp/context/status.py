"""Decide the status of one match from the clauses around it.

A clause is a short window with one say: cues work inside it, except that a supposition and a
report also govern what follows them. When several hold, the one that takes most away wins:
question, hypothetical, negated, past, reported.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ahocorasick_rs import AhoCorasick

from agent.contract.activity import Kind
from agent.contract.tag import Category, Speaker, Status
from agent.nlp.context import cues
from agent.nlp.sentences import Span, clauses

_CONTRAST = re.compile(r"\s*(?:但|不过|可是|然而|只是|but\b|however\b|though\b)")
_RESOLVABLE: frozenset[Category] = frozenset(
    ("complaint", "technical_fit", "budget", "delivery", "price_objection", "contract_terms")
)
_NEAR_ZH = 8
_NEAR_EN = 34
_WE = frozenset(["i", "we", "who", "what", "that", "it", "which", "this", "as"])
_SIGNS = [(sign, cue) for cue, signs in cues.SIGNS.items() for sign in signs]
_AUTOMATON = AhoCorasick([sign for sign, _ in _SIGNS])


@dataclass(frozen=True, slots=True)
class Found:
    """A match inside one sentence: its span, and the gaps its pattern left open."""

    start: int
    end: int
    gaps: tuple[Span, ...]
    category: Category
    status: Status
    ask: bool
    topic: bool


class SentenceContext:
    """The cues of one folded sentence, found once and asked for every match."""

    def __init__(self, sentence: str, *, speaker: Speaker, kind: Kind) -> None:
        self._text = sentence
        self._speaker = speaker
        self._kind = kind
        self._clauses = clauses(sentence)
        self._starts = [start for start, _ in self._clauses]
        self._asked = sentence.rstrip("\"'”’」』)） ").endswith(("?", "？"))
        self._possible = {
            _SIGNS[sign][1]
            for sign, _, _ in _AUTOMATON.find_matches_as_indexes(sentence, overlapping=True)
        }

    @cached_property
    def _negations(self) -> list[Span]:
        return self._cues("negation", cues.NEGATION, cues.NOT_A_NEGATION)

    @cached_property
    def _supposed(self) -> list[Span]:
        return self._cues("supposed", cues.SUPPOSED, cues.NOT_A_SUPPOSITION)

    @cached_property
    def _reported(self) -> list[Span]:
        return list(self._reports())

    def _cues(self, sign: str, cue: re.Pattern[str], not_cue: re.Pattern[str]) -> list[Span]:
        if sign not in self._possible:
            return []
        found = [match.span() for match in cue.finditer(self._text)]
        if not found:
            return found
        void = [match.span() for match in not_cue.finditer(self._text)]
        return [span for span in found if not any(start <= span[0] < end for start, end in void)]

    def clause_of(self, position: int) -> int:
        """The index of the clause that holds ``position`` (or the last one that starts before)."""
        return max(bisect_right(self._starts, position) - 1, 0)

    def clause(self, index: int) -> Span:
        return self._clauses[index]

    def around(self, start: int, end: int) -> Span:
        """From the start of the first clause of a span to the end of its last."""
        first, last = self.clause_of(start), self.clause_of(max(start, end - 1))
        return self._clauses[first][0], self._clauses[last][1]

    def status(self, found: Found) -> Status:
        first, last = self.clause_of(found.start), self.clause_of(max(found.start, found.end - 1))
        if self._is_question(first, last, found):
            return "question"
        if self.is_supposed(found.start, found.end, first):
            return "hypothetical"
        if found.status != "asserted":
            return found.status
        if self.is_negated(found, first, last):
            return "negated"
        if self._is_past(first, last, found):
            return "past"
        if self._is_reported(found, first):
            return "reported"
        return "asserted"

    def _is_question(self, first: int, last: int, found: Found) -> bool:
        if found.ask and self._asks_for_it(first):
            return False
        clauses_of_it = range(first, last + 1) if "question" in self._possible else ()
        for index in clauses_of_it:
            start, end = self._clauses[index]
            clause = self._text[start:end]
            if cues.QUESTION_CLAUSE.search(clause) and not cues.NO_QUESTION.search(clause):
                inside = cues.QUESTION_CLAUSE.search(self._text, found.start, found.end)
                if inside is None or self._asked or self._speaker == "rep" or not found.ask:
                    return True
        if not self._asked:
            return False
        final = len(self._clauses) - 1
        if last == final:
            return True
        tail = self._text[slice(*self._clauses[final])]
        if cues.TAG_QUESTION.match(tail) and last == final - 1:
            return self._speaker == "rep"
        inverted = cues.INVERTED.match(self._text, self._clauses[first][0]) is not None
        return inverted or len(self._text[slice(*self._clauses[last])].strip()) <= 4

    def _asks_for_it(self, clause: int) -> bool:
        """Whether a question here is the customer's wish rather than the rep's enquiry."""
        if self._speaker == "unknown":
            return cues.ADDRESSED.search(self._text[slice(*self._clauses[clause])]) is None
        return self._speaker == "customer"

    def is_supposed(self, start: int, end: int, clause: int) -> bool:
        for cue_start, cue_end in self._supposed:
            if start <= cue_start < end and cue_end - cue_start < end - start:
                return True
            at = self.clause_of(cue_start)
            if at > clause:
                # "We will cancel if …" is one clause; a comma before the "if" parts them.
                continue
            if at == clause:
                return True
            between = range(at + 1, clause + 1)
            if not any(_CONTRAST.match(self._text, self._clauses[i][0]) for i in between):
                return True
        return False

    def is_negated(self, found: Found, first: int, last: int) -> bool:
        clause_start = self._clauses[first][0]
        clause_end = self._clauses[last][1]
        for start, end in self._negations:
            if any(gap[0] <= start < gap[1] for gap in found.gaps):
                return True
            if not clause_start <= start < found.start:
                continue
            between = found.start - end
            latin = self._text[start].isascii()
            near = between <= (_NEAR_EN if latin else _NEAR_ZH)
            if near or cues.STRONG_NEGATION.match(self._text, start):
                return True
        if not found.topic:
            return False
        after = cues.NEGATION_AFTER.search(self._text, found.end, clause_end)
        return after is not None and cues.AFTER_MUST_DENY.search(after[0]) is not None

    def _is_past(self, first: int, last: int, found: Found) -> bool:
        if self._possible.isdisjoint(("past", "resolved")):
            return False
        start, end = self._clauses[first][0], self._clauses[last][1]
        said = self._text[start:end]
        if cues.STILL.search(said):
            return False
        if found.category in _RESOLVABLE and any(
            cues.RESOLVED.search(self._text[slice(*self._clauses[index])])
            for index in range(last, len(self._clauses))
        ):
            return True
        cue = cues.FORMER if found.category in {"complaint", "churn_risk"} else cues.PAST
        if cue.search(said):
            return True
        # "以前用的金蝶，客服很慢": a leading time clause without its own verb.
        return first > 0 and bool(
            cue.search(self._text[slice(*self._clauses[first - 1])])
            and self._clauses[first - 1][1] - self._clauses[first - 1][0] <= 6
        )

    def _is_reported(self, found: Found, clause: int) -> bool:
        for start, end in self._reported:
            if end <= found.start or start < found.start < end:
                at = self.clause_of(start)
                between = range(at + 1, clause + 1)
                if not any(_CONTRAST.match(self._text, self._clauses[i][0]) for i in between):
                    return True
            elif start >= found.end and not self._text[end:].strip(' .。!！”"'):
                return True
        return False

    def _reports(self) -> Iterator[Span]:
        if "hearsay" in self._possible:
            yield from (match.span() for match in cues.HEARSAY.finditer(self._text))
        for match in cues.SAID.finditer(self._text) if "said" in self._possible else ():
            if cues.NOT_SAID.match(self._text, match.end() - 1):
                continue
            who = match["who"]
            if who is None:
                if match["subject"] not in _WE:
                    yield match.span()
                continue
            if who.startswith(("您", "你", "贵司")) and self._speaker != "rep":
                continue
            if self._kind == "note" and cues.OUR_PEOPLE.fullmatch(who.rstrip("们")):
                continue
            yield match.span()

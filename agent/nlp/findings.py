"""What one sentence says: patterns tried, statuses decided, overlaps settled."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain

from agent.contract.activity import Kind
from agent.contract.tag import Category, Speaker, Status
from agent.nlp.context.status import Found, SentenceContext
from agent.nlp.dates.grammar import Mention, shipped_grammar
from agent.nlp.lexicon.pattern import WHEN
from agent.nlp.scan import Pattern, Trial
from agent.nlp.sentences import Span

_AHEAD = re.compile(
    r"要|会|将|再|需|准备|计划|打算|记得|待办|争取|约|will|going to|to-?do|plan|next|need|must|follow up",
    re.IGNORECASE,
)
_CUSTOMER_ACTS = re.compile(
    r"客户|对方|他们|甲方|[\u4e00-\u9fff](?:总|工|经理|老师|主任|厂长|部长|校长|老板)(?:说|答应|承诺|表示|会|要|将|那边)"
    r"|\b(?:they|he|she|the customer|the client)\b",
    re.IGNORECASE,
)
_JOINS_ON = re.compile(
    r"(?:但是|但(?![愿凡])|不过(?![关去来])|可是|然而|而且|并且|所以|因此|然后|那么)[ ,，、]*"
    r"|(?:and|but|so(?! (?:far|long|that))|then)\b[ ,]+",
    re.IGNORECASE,
)
"""What ties a clause to the one before says nothing about what is promised in it."""
_LEAST_CERTAIN = {"asserted": 1.0, "reported": 0.9, "past": 0.9}


@dataclass(frozen=True, slots=True)
class Finding:
    """Offsets index the sentence. ``owner`` is set for promises, ``due`` when they name a day."""

    category: Category
    status: Status
    start: int
    end: int
    score: float
    owner: Speaker | None = None
    due: date | None = None
    certain: bool = False
    """Found by a company's own pattern: nothing overrules it."""

    def scored(self, score: float) -> "Finding":
        return replace(self, score=score)


@dataclass(frozen=True, slots=True)
class Setting:
    """Who speaks, where, and on which day."""

    speaker: Speaker
    kind: Kind
    on: date


@dataclass(frozen=True, slots=True)
class _Candidate:
    pattern: Pattern
    found: Found


def analyse(sentence: str, trial: Trial, setting: Setting) -> list[Finding]:
    """Try what is worth it on one folded sentence."""
    sentence = sentence.replace("\n", " ")
    dates: list[Mention] | None = None
    timed = sentence
    candidates: list[_Candidate] = []
    for pattern in trial.patterns:
        if pattern.timed and dates is None:
            dates = shipped_grammar().find(sentence, setting.on)
            timed = _hide(sentence, dates)
        if pattern.timed and not dates:
            continue
        text = timed if pattern.timed else sentence
        if pattern.search(text) is not None:
            candidates.extend(_candidates(pattern, text))
    if not candidates:
        return []
    context = SentenceContext(sentence, speaker=setting.speaker, kind=setting.kind)
    candidates = _standing(candidates, trial, context, (sentence, timed))
    findings = [
        finding
        for candidate in _settled(candidates)
        if (finding := _finding(candidate, context, setting)) is not None
    ]
    promises = [candidate for candidate in candidates if candidate.pattern.group.owner]
    if promises:
        if not dates:
            dates = shipped_grammar().find(sentence, setting.on)
        findings.extend(_promises(promises, context, dates, setting, sentence))
    return sorted(findings, key=lambda finding: (finding.start, finding.category))


def _hide(sentence: str, dates: Iterable[Mention]) -> str:
    for mention in dates:
        length = mention.end - mention.start
        sentence = sentence[: mention.start] + WHEN * length + sentence[mention.end :]
    return sentence


def _candidates(pattern: Pattern, text: str) -> Iterator[_Candidate]:
    group = pattern.group
    for match in pattern.regex.finditer(text):
        if match.end() == match.start():
            continue
        yield _Candidate(
            pattern,
            Found(
                start=match.start(),
                end=match.end(),
                gaps=tuple([span for span in match.regs[1:] if span[1] > span[0]]),
                category=group.category,
                status=group.status,
                ask=group.ask,
                topic=group.topic,
            ),
        )


def _standing(
    candidates: Iterable[_Candidate],
    trial: Trial,
    context: SentenceContext,
    texts: tuple[str, str],
) -> list[_Candidate]:
    """Without those for which an exception of their group holds in the clauses of the match."""
    void: dict[tuple[int, Span], bool] = {}
    exceptions: dict[int, list[Pattern]] = {}
    standing: list[_Candidate] = []
    for candidate in candidates:
        pattern = candidate.pattern
        group = id(pattern.group)
        if group not in exceptions:
            exceptions[group] = [other for other in pattern.unless if trial.worth(other)]
        window = context.around(candidate.found.start, candidate.found.end)
        key = group, window
        if key not in void:
            void[key] = any(
                other.regex.search(texts[other.timed], *window) for other in exceptions[group]
            )
        if not void[key]:
            standing.append(candidate)
    return standing


def _settled(candidates: Iterable[_Candidate]) -> list[_Candidate]:
    """Of overlapping matches of one category the longest stays; of equals the explicit denial."""
    ordered = sorted(
        candidates,
        key=lambda item: (
            item.found.start - item.found.end,
            sum(end - start for start, end in item.found.gaps),
            item.found.status == "asserted",
            item.found.start,
        ),
    )
    kept: list[_Candidate] = []
    for candidate in ordered:
        if candidate.pattern.group.owner:
            continue
        if not any(_overlap(candidate.found, other.found) for other in kept):
            kept.append(candidate)
    return kept


def _overlap(one: Found, other: Found) -> bool:
    return one.category == other.category and one.start < other.end and other.start < one.end


def _finding(candidate: _Candidate, context: SentenceContext, setting: Setting) -> Finding | None:
    """None when it means something else in this speaker's mouth: a rep who says 报价 offers."""
    found = candidate.found
    status = context.status(found)
    foreign = setting.speaker not in candidate.pattern.group.speakers and setting.kind != "note"
    if foreign and (setting.speaker != "rep" or status not in {"question", "reported"}):
        return None
    score = candidate.pattern.group.score * _LEAST_CERTAIN.get(status, 0.8)
    return Finding(
        found.category,
        status,
        found.start,
        found.end,
        round(score, 3),
        certain=candidate.pattern.group.own,
    )


def _promises(
    candidates: list[_Candidate],
    context: SentenceContext,
    dates: list[Mention],
    setting: Setting,
    sentence: str,
) -> list[Finding]:
    """One promise a clause; a clause without a day joins the one that follows with a day."""
    by_clause: dict[int, _Candidate] = {}
    for candidate in candidates:
        clause = context.clause_of(max(candidate.found.start, candidate.found.end - 1))
        held = by_clause.get(clause)
        if held is None or _weight(candidate) > _weight(held):
            by_clause[clause] = candidate
    made: list[tuple[int, int, Finding]] = []
    for clause, candidate in sorted(by_clause.items()):
        found = candidate.found
        first = context.clause_of(found.start)
        status = context.status(found)
        start, end = context.clause(first)[0], context.clause(clause)[1]
        start, end = _trim(sentence, start, end)
        group = candidate.pattern.group
        due = _due(dates, start, end) or _due_before(dates, context, first)
        if setting.kind == "note":
            if _is_diary(sentence[start:end], due[2] if due else None, setting.on):
                continue
            owner: Speaker = "customer" if _CUSTOMER_ACTS.search(sentence[start:end]) else "rep"
        else:
            owner = setting.speaker if group.owner == "speaker" else _other(setting.speaker)
        finding = Finding(
            "next_step", status, start, end, group.score, owner, due[2] if due else None
        )
        if due is not None and due[0] < start:
            finding = Finding("next_step", status, due[0], end, group.score, owner, due[2])
        made.append((first, clause, finding))
    return [finding for _, _, finding in _joined(made)]


def promise(
    sentence: str, at: Span, status: Status, score: float, setting: Setting
) -> Finding | None:
    """A promise that no pattern found, made in the clauses around ``at``: the speaker's own, or in a
    note whoever acts there. None for what a note says was done."""
    context = SentenceContext(sentence, speaker=setting.speaker, kind=setting.kind)
    dates = shipped_grammar().find(sentence, setting.on)
    start, end = _trim(sentence, *context.around(*at))
    first = context.clause_of(start)
    due = _due(dates, start, end) or _due_before(dates, context, first)
    owner = setting.speaker
    if setting.kind == "note":
        if _is_diary(sentence[start:end], due[2] if due else None, setting.on):
            return None
        owner = "customer" if _CUSTOMER_ACTS.search(sentence[start:end]) else "rep"
    if due is None:
        return Finding("next_step", status, start, end, score, owner)
    return Finding("next_step", status, min(start, due[0]), end, score, owner, due[2])


def _is_diary(clause: str, due: date | None, on: date) -> bool:
    """A note of the day says what was done (``今天拜访了…``) unless it looks ahead."""
    return due is not None and due <= on and not _AHEAD.search(clause)


def _joined(made: list[tuple[int, int, Finding]]) -> list[tuple[int, int, Finding]]:
    """Two clauses, one promise: I will write a comparison, and send it by Friday."""
    result: list[tuple[int, int, Finding]] = []
    for first, last, finding in made:
        if result:
            before_first, before_last, before = result[-1]
            if (
                first - before_last == 1
                and before.due is None
                and before.owner == finding.owner
                and before.status == finding.status
            ):
                joined = Finding(
                    "next_step",
                    finding.status,
                    before.start,
                    finding.end,
                    max(before.score, finding.score),
                    finding.owner,
                    finding.due,
                )
                result[-1] = (before_first, last, joined)
                continue
        result.append((first, last, finding))
    return result


def _weight(candidate: _Candidate) -> tuple[bool, float, int]:
    group = candidate.pattern.group
    return group.status != "asserted", group.score, candidate.found.end - candidate.found.start


def _other(speaker: Speaker) -> Speaker:
    return {"customer": "rep", "rep": "customer"}.get(speaker, "unknown")  # type: ignore[return-value]


def _due(dates: list[Mention], start: int, end: int) -> tuple[int, int, date] | None:
    """The day of a clause: a limit before a moment, else the last one named."""
    inside = [mention for mention in dates if start <= mention.start < end]
    if not inside:
        return None
    chosen = next((mention for mention in chain(reversed(inside)) if mention.limit), inside[-1])
    return chosen.start, chosen.end, chosen.day


def _due_before(
    dates: list[Mention], context: SentenceContext, clause: int
) -> tuple[int, int, date] | None:
    """The clause before, when it says a time and nothing else: ``最晚这周五，我给您报价``."""
    if clause == 0:
        return None
    start, end = context.clause(clause - 1)
    due = _due(dates, start, end)
    if due is None or (end - start) - (due[1] - due[0]) > 4:
        return None
    return due


def _trim(sentence: str, start: int, end: int) -> tuple[int, int]:
    text = sentence[start:end]
    end = start + len(text.rstrip(" .。!！?？;；…\"'”"))
    start += len(text) - len(text.lstrip(" -*•·"))
    while (joins := _JOINS_ON.match(sentence, start, end)) and joins.end() < end:
        start = joins.end()
    return start, max(start, end)

"""One customer's past year, told along the course of its deals with the texts of templates.yaml."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from agent.contract.activity import Direction, Kind, Participant, ParticipantRole
from demo.company.loading import read_templates
from demo.company.model import Company, Contact, Customer, Deal, Person, Stage
from demo.deal_course import Course, at_work, course
from demo.letters import digest, zone_of
from demo.past_activity import PastActivity

_YEAR = 365
_FILES_FROM = 60
"""Days before now from which on the story of a customer with files is told by the files."""
_MISSED = {9: 0.3, 10: 0.08, 11: 0.12, 13: 0.35, 14: 0.15, 15: 0.08, 16: 0.1, 17: 0.3}
"""How often a call at that hour of theirs is not answered: mid-morning and mid-afternoon are best."""
Step = tuple[str, Kind, Direction, float]
"""Situation, kind, direction, and where in its stage it happens (0 to 1)."""
_STEPS: dict[Stage, tuple[Step, ...]] = {
    "lead": (("first_mail", "mail", "outbound", 0.1), ("first_answer", "mail", "inbound", 0.5)),
    "contacted": (
        ("first_call", "call", "outbound", 0.1),
        ("need_mail", "mail", "inbound", 0.5),
        ("need_answer", "mail", "outbound", 0.6),
        ("need_call", "call", "outbound", 0.85),
    ),
    "qualified": (
        ("visit", "meeting", "none", 0.1),
        ("need_call", "call", "outbound", 0.7),
        ("followup_mail", "mail", "outbound", 0.9),
    ),
    "proposal": (
        ("proposal", "mail", "outbound", 0.05),
        ("objection", "mail", "inbound", 0.4),
        ("objection_answer", "mail", "outbound", 0.5),
        ("followup_call", "call", "outbound", 0.8),
    ),
    "negotiation": (
        ("negotiation_mail", "mail", "inbound", 0.2),
        ("negotiation_answer", "mail", "outbound", 0.35),
        ("negotiation_call", "call", "outbound", 0.75),
    ),
}
_ANSWERS = {
    "first_answer": "first_mail",
    "need_answer": "need_mail",
    "objection": "proposal",
    "objection_answer": "objection",
    "negotiation_answer": "negotiation_mail",
    "followup_in": "followup_mail",
}
"""Situation → the mail it answers, whose subject and thread it takes over."""
_VARIANTS = 60
"""Divisible by the number of variants of every situation."""
_LAST: dict[tuple[Kind, Direction], str] = {
    ("mail", "inbound"): "followup_in",
    ("mail", "outbound"): "followup_mail",
    ("call", "outbound"): "followup_call",
    ("meeting", "none"): "followup_meeting",
}
_EARLY: dict[tuple[Kind, Direction], str] = {
    ("mail", "inbound"): "early_in",
    ("call", "outbound"): "early_call",
}
"""Instead of ``_LAST`` while there is no proposal yet."""
_AFTER: dict[Stage, str] = {"won": "care_call", "lost": "keep_in_touch"}
"""What one calls about when the deal is closed."""


@dataclass(slots=True)
class Story:
    """One customer's year."""

    company: Company
    customer: Customer
    now: datetime
    templates: Mapping[str, Sequence[Mapping[str, Any]]] = field(init=False)
    rep: Person = field(init=False)
    until: int = field(init=False)
    """Days before now on which history stops."""

    def __post_init__(self) -> None:
        self.templates = read_templates()[self.customer.locale]
        self.rep = self.company.person(self.customer.owner or "")
        last = self.customer.last
        in_files = any(thread.customer == self.customer.key for thread in self.company.threads)
        self.until = last.days if last else _FILES_FROM if in_files else 1

    def told(self) -> Iterator[PastActivity]:
        deals = self.company.deals_of(self.customer.key)
        for deal in deals:
            for past in _linked(self._deal(course(self.company, deal, self.now))):
                if self.until < self._days_ago(past.occurred_at) <= _YEAR:
                    yield past
        if self.customer.last is not None:
            yield self._last(min(deals, key=lambda deal: (not deal.is_open, deal.since)))

    def _deal(self, run: Course) -> Iterator[PastActivity]:
        for stage, steps in _STEPS.items():
            span = run.span(stage, self.now)
            if span is None:
                continue
            start, end = span
            last = start
            for situation, kind, direction, share in steps:
                chance = self._chance(run.deal, situation, stage)
                day = (start + (end - start) * min(share + chance.uniform(0, 0.12), 1)).date()
                # Nothing of a stage comes before the stage, no answer before its question.
                last = max(self._at(day, chance), last + timedelta(minutes=chance.randint(25, 90)))
                yield self._one(run.deal, situation, kind, direction, last, stage)
        if run.demo is not None:
            yield self._one(run.deal, "demo", "meeting", "none", run.demo - timedelta(minutes=50))
        if run.trial is not None:
            yield self._one(run.deal, "trial", "mail", "outbound", run.trial)
        yield from self._ending(run)

    def _ending(self, run: Course) -> Iterator[PastActivity]:
        """After the last stage: signature and care, or the farewell, or keeping in touch."""
        at, deal = run.changes[-1].at, run.deal
        if deal.stage == "won":
            yield self._one(deal, "signed", "mail", "inbound", at - timedelta(minutes=15))
            yield self._one(deal, "kickoff", "meeting", "none", self._later(at, 9, deal))
            for days in range(48, _YEAR, 52):
                yield self._one(
                    deal, "care_call", "call", "outbound", self._later(at, days, deal), f"{days}"
                )
        elif deal.stage == "lost":
            yield self._one(deal, "lost", "mail", "inbound", at - timedelta(minutes=15))
        else:
            for days in range(6, _YEAR, 9):
                chance = self._chance(deal, "touch", f"{days}")
                kind, direction = chance.choice([key for key in _LAST if key[0] != "meeting"])
                yield self._one(
                    deal,
                    _touch(deal, kind, direction),
                    kind,
                    direction,
                    self._later(at, days, deal),
                    f"{days}",
                )

    def _last(self, deal: Deal) -> PastActivity:
        last = self.customer.last
        if last is None:
            raise ValueError(self.customer.key)
        day = self.now.astimezone(self.company.zone) - timedelta(days=last.days)
        at = day.replace(hour=15, minute=12, second=0, microsecond=0)
        situation = _touch(deal, last.kind, last.direction)
        return self._one(deal, situation, last.kind, last.direction, at, "last", missed=False)

    def _later(self, at: datetime, days: int, deal: Deal) -> datetime:
        return self._at((at + timedelta(days=days)).date(), self._chance(deal, "later", f"{days}"))

    def _at(self, day: date, chance: Random) -> datetime:
        return at_work(day, chance, self.company, self.customer.region)

    def _chance(self, deal: Deal, *names: str) -> Random:
        return Random(" ".join((deal.key, *names)))

    def _days_ago(self, at: datetime) -> int:
        zone = self.company.zone
        return (self.now.astimezone(zone).date() - at.astimezone(zone).date()).days

    def _one(
        self,
        deal: Deal,
        situation: str,
        kind: Kind,
        direction: Direction,
        at: datetime,
        extra: str = "",
        *,
        missed: bool | None = None,
    ) -> PastActivity:
        key = f"{deal.key}/{situation}/{extra}"
        chance = self._chance(deal, situation, extra, "text")
        # An answer comes from whoever was asked, and fits the question: variants stand in pairs.
        pair = self._chance(deal, _root(situation), extra)
        contact = pair.choice(self.company.contacts_of(self.customer.key))
        variants = self.templates[situation]
        variant = variants[pair.randrange(_VARIANTS) % len(variants)]
        known = self._words(deal, contact)
        words = {name: text.format_map(known) for name, text in variant.items()}
        ended, answered, duration = None, None, None
        if kind == "call":
            if missed is None:
                there = at.astimezone(zone_of(self.company, contact.key))
                missed = chance.random() < _MISSED.get(there.hour, 0.4)
            answered, duration = not missed, 0.0 if missed else chance.uniform(70, 1400)
            ended = at + timedelta(seconds=duration)
        elif kind == "meeting":
            ended = at + timedelta(minutes=50 if situation == "demo" else chance.choice((60, 90)))
        return PastActivity(
            key=key,
            by=self.rep.key,
            customer=self.customer.key,
            contact=contact.key,
            deal=deal.key,
            situation=situation,
            kind=kind,
            direction=direction,
            occurred_at=at,
            ended_at=ended,
            subject=words.get("subject", ""),
            text="" if missed else words["text"],
            participants=self._participants(kind, direction, contact),
            thread=f"{digest(key)[:24]}@{self.company.own.domain}",
            answered=answered,
            duration_s=None if duration is None else round(duration, 1),
        )

    def _words(self, deal: Deal, contact: Contact) -> dict[str, str]:
        zh = self.customer.locale == "zh"
        product = self.company.product(deal.products[0])
        return {
            "call": contact.call,
            "rep": f"{self.rep.name[0]}经理" if zh else self.rep.name_en.split()[0],
            "alias": self.customer.aliases[0],
            "product": product.name if zh else product.name_en,
            "why": deal.why,
        }

    def _participants(
        self, kind: Kind, direction: Direction, contact: Contact
    ) -> tuple[Participant, ...]:
        roles: dict[Kind, tuple[ParticipantRole, ParticipantRole]] = {
            "mail": ("from", "to"),
            "call": ("caller", "callee"),
            "meeting": ("organizer", "attendee"),
            "note": ("author", "attendee"),
        }
        first, second = roles[kind]
        inbound = direction == "inbound"
        ours = Participant(
            role=second if inbound else first,
            name=self.rep.name if self.rep.locale.startswith("zh") else self.rep.name_en,
            email=self.rep.email,
            phone=self.rep.mobile if kind == "call" else None,
            side="us",
        )
        theirs = Participant(
            role=first if inbound else second,
            name=contact.name,
            email=None if kind == "call" else contact.emails[0],
            phone=contact.phones[0] if kind == "call" else None,
            side="customer",
        )
        return (theirs, ours) if inbound else (ours, theirs)


def _linked(story: Iterator[PastActivity]) -> Iterator[PastActivity]:
    """Answers take over the subject and the thread of what they answer, and come after it."""
    asked: dict[str, PastActivity] = {}
    for past in sorted(story, key=lambda one: (one.occurred_at, one.key)):
        question = asked.get(_ANSWERS.get(past.situation, ""))
        if question is not None and question.contact == past.contact:
            stem = question.subject.removeprefix("Re: ").removeprefix("回复: ")
            prefix = "Re: " if stem.isascii() else "回复: "
            told = replace(past, subject=prefix + stem, thread=question.thread, is_reply=True)
        else:
            told = past
        if told.kind == "mail":
            asked[told.situation] = told
        yield told


def _touch(deal: Deal, kind: Kind, direction: Direction) -> str:
    """What one talks about at the deal's present stage."""
    if not deal.is_open:
        return _AFTER[deal.stage]
    before_proposal = deal.stage in ("lead", "contacted", "qualified")
    key = (kind, direction)
    return _EARLY.get(key, _LAST[key]) if before_proposal else _LAST[key]


def _root(situation: str) -> str:
    """The mail a conversation began with."""
    while situation in _ANSWERS:
        situation = _ANSWERS[situation]
    return situation

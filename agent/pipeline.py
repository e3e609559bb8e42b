"""Capture → resolve → admit → mask → tag → classify → shorten → Activity.

The raw text of an item lives here and nowhere else: it comes in with the capture, and what goes
out has passed the rules that let it leave, cleaned and masked.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Protocol, TypedDict
from uuid import UUID
from zoneinfo import ZoneInfo

from agent.capture.base import Capture
from agent.clock import Clock
from agent.contract import tag as spoken
from agent.contract.activity import (
    Activity,
    Attachment,
    Decision,
    Direction,
    Kind,
    Match,
    Participant,
    Signals,
)
from agent.contract.policy import Exclusions, Policy
from agent.contract.tag import Commitment, Speaker, Tag, Turn
from agent.nlp.clean import clean
from agent.outbox.explaining import Explanation, Masked, Stranger
from agent.outbox.pages import UNKNOWN_CUSTOMER, Entry
from agent.rules import calendar_titles, contact, identity, machine, privacy
from agent.rules.exclusion import Verdict
from agent.rules.masking import mask
from agent.rules.matching.resolver import Resolver
from agent.rules.shortening import shortened
from agent.rules.sides import direction_of, met, on_side, outside, speaker_of
from agent.rules.writer import with_writer

MAX_SUBJECT = 2_000
MAX_TEXT = 500_000
MAX_PEOPLE = 500
MAX_ALSO = 20
MAX_TURNS = 5_000
REP_CHANNEL = "x-genjin-rep-channel"
"""How the source of recordings says which channel is ours: ``left`` or ``right``."""
_REPLY = re.compile(r"^\s*(?:re|aw|sv|回复|答复|回覆)\s*[:：]", re.IGNORECASE)


class Findings(Protocol):
    @property
    def tags(self) -> tuple[Tag, ...]: ...
    @property
    def commitments(self) -> tuple[Commitment, ...]: ...


class Tagger(Protocol):
    """``agent.nlp.tagger.Tagger``, or a stand-in of ``agent.testing``."""

    def tag(self, text: str, *, kind: Kind, speaker: Speaker, on: date) -> Findings: ...
    def tag_turns(self, turns: Sequence[Turn], *, on: date) -> Findings: ...


class _Booked(TypedDict):
    """What the ledger keeps of an item, whatever becomes of it."""

    external_id: str
    version: str
    identity: str
    folder: str
    activity_id: str
    thread: str | None
    occurred_at: datetime


LEAST_MATCH: Final = 0.52
"""What is less sure than this (a look-alike domain, a bare name) is only a guess whose mail it is,
and a guess never leaves the laptop. A mail to two known customers alike is surer than that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    """An item before it is judged."""

    capture: Capture
    id: UUID
    thread: str | None
    people: tuple[Participant, ...]
    """Ours are told from the others; whose the others are is not known yet."""
    text: str
    """Cleaned, not yet masked."""
    foot: str

    def booked(self) -> _Booked:
        capture = self.capture
        return {
            "external_id": capture.external_id,
            "version": capture.version,
            "identity": capture.identity,
            "folder": capture.folder,
            "activity_id": str(self.id),
            "thread": self.thread,
            "occurred_at": capture.occurred_at,
        }


@dataclass(frozen=True, slots=True)
class _Words:
    """What an item says, without the private numbers in it."""

    subject: str
    text: str
    attachments: tuple[Attachment, ...]
    masked: Masked

    @classmethod
    def of(cls, item: _Item) -> "_Words":
        subject, in_subject = mask(item.capture.subject[:MAX_SUBJECT])
        text, in_text = mask(item.text)
        named = [(file, *mask(file.name)) for file in item.capture.attachments]
        files = tuple(file.model_copy(update={"name": name}) for file, name, _ in named)
        in_names = sum(count for *_, count in named)
        return cls(
            subject, text, files, Masked(subject=in_subject, text=in_text, attachments=in_names)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """Holds the knowledge that decides; a change of directory or policy makes a new one."""

    resolver: Resolver
    tagger: Tagger
    policy: Policy
    exclude: Exclusions
    """Of this laptop's own configuration; the policy has its own."""
    customer_of_thread: Callable[[str, str], int | None]
    """Whose a conversation is by its items other than the one of that activity id."""
    clock: Clock

    def settle(self, capture: Capture) -> Entry:
        """What becomes of one item: an activity, or the rule that keeps it on the laptop."""
        item = self._looked_at(capture)
        match = self._match(item)
        if match is not None and match.confidence < LEAST_MATCH:
            match = None
        signals = self._signals(item)
        verdict = self._verdict(item, signals, matched=match is not None)
        if verdict is not None or match is None:
            return _kept_here(item, verdict or Verdict(UNKNOWN_CUSTOMER), signals)
        return self._told(item, match, signals)

    def _looked_at(self, capture: Capture) -> _Item:
        cleaned = clean(capture.text, capture.kind, is_html=capture.is_html)
        people = with_writer(capture.headers, capture.participants)[:MAX_PEOPLE]
        return _Item(
            capture=capture,
            id=identity.activity_id(capture.identity),
            thread=identity.thread_key(capture.references),
            people=tuple(on_side(one, privacy.side_of(one, self.policy)) for one in people),
            text=cleaned.text[:MAX_TEXT],
            foot=cleaned.foot,
        )

    def _match(self, item: _Item) -> Match | None:
        known = taught = self.resolver.taught_thread(item.thread)
        if known is None and item.thread:
            known = self.customer_of_thread(item.thread, str(item.id))
        return self.resolver.resolve(
            item.people,
            kind=item.capture.kind,
            subject=item.capture.subject,
            text=item.text,
            hints=item.capture.hints,
            thread_customer=known,
            thread_taught=taught is not None,
        )

    def _verdict(self, item: _Item, signals: Signals, *, matched: bool) -> Verdict | None:
        capture = item.capture
        return privacy.admit(
            item.people,
            sensitivity=capture.sensitivity,
            categories=capture.categories,
            machine=signals.machine,
            policy=self.policy,
            exclude=self.exclude,
            matched=matched,
            folder=capture.folder,
            subject=capture.subject,
            machine_evidence=signals.machine_evidence,
        )

    def _told(self, item: _Item, match: Match, signals: Signals) -> Entry:
        """The item as it leaves, and why, for whoever asks on this computer."""
        capture = item.capture
        also = self.resolver.also(item.people, match)[:MAX_ALSO]
        theirs = frozenset({match.customer_id, *(other.customer_id for other in also)})
        people = self._with_customer(item.people, theirs, named=match.why)
        direction = capture.direction or direction_of(capture.kind, people)
        if contact.customer_declined(people, capture.responses):
            signals = signals.model_copy(update={"declined": True, "personal": False})
        words = _Words.of(item)
        # What a machine wrote says nothing about what the customer wants.
        found = self.tagger.tag(
            words.text if signals.machine is None else "",
            kind=capture.kind,
            speaker=speaker_of(capture.kind, direction, people),
            on=self._day(capture),
        )
        activity = Activity(
            id=item.id,
            kind=capture.kind,
            source=capture.source,
            direction=direction,
            occurred_at=capture.occurred_at,
            ended_at=capture.ended_at,
            subject=words.subject,
            text=words.text,
            thread=item.thread,
            participants=people,
            signals=signals,
            match=match,
            also=also,
            contact=self._decision(capture, direction, signals, people),
            tags=found.tags,
            commitments=found.commitments,
            attachments=words.attachments,
            masked=words.masked.subject + words.masked.text + words.masked.attachments,
            transcript="waiting" if capture.media is not None else "none",
        )
        activity = shortened(activity, self.policy)
        told = Explanation(
            kind=capture.kind,
            match=match,
            also=tuple(other.customer_id for other in also),
            contact=activity.contact,
            masked=words.masked,
            body=activity.body,
            tags=len(activity.tags),
        )
        return Entry(
            **item.booked(),
            state="stored",
            activity=activity,
            told=told,
            people=outside(people),
            media=capture.media,
            rep_channel=capture.headers.get(REP_CHANNEL, ""),
        )

    def _decision(
        self,
        item: Capture | Activity,
        direction: Direction,
        signals: Signals,
        people: Sequence[Participant],
    ) -> Decision:
        return contact.decide(
            kind=item.kind,
            direction=direction,
            occurred_at=item.occurred_at,
            ended_at=item.ended_at,
            signals=signals,
            has_customer=contact.has_customer(item.kind, direction, people),
            policy=self.policy,
            now=self.clock.now(),
        )

    def with_words(self, activity: Activity, turns: Sequence[Turn], duration_s: float) -> Activity:
        """A call that has been listened to: turns and text masked, tagged, decided again."""
        heard: list[Turn] = []
        masked = activity.masked
        for turn in turns:
            text, count = mask(turn.text)
            raw_text, _ = mask(turn.raw_text)
            masked += count
            heard.append(turn.model_copy(update={"text": text, "raw_text": raw_text}))
        heard = _bounded(heard)
        text, _ = spoken.transcript(heard)
        found = self.tagger.tag_turns(heard, on=self._day(activity))
        signals = activity.signals
        if signals.duration_s is None:
            signals = signals.model_copy(update={"duration_s": duration_s})
        decision = self._decision(activity, activity.direction, signals, activity.participants)
        said = activity.model_copy(
            update={
                "turns": tuple(heard),
                "text": text,
                "tags": found.tags,
                "commitments": found.commitments,
                "masked": masked,
                "signals": signals,
                "contact": decision,
                "transcript": "done",
            }
        )
        return shortened(said, self.policy)

    def _signals(self, item: _Item) -> Signals:
        """What the source knew, and what headers and words tell."""
        capture = item.capture
        if capture.kind == "note":
            reports = contact.note_reports_contact(item.text)
            return capture.signals.model_copy(update={"reports_contact": reports})
        if capture.kind == "meeting":
            return _titled(capture)
        if capture.kind != "mail":
            return capture.signals
        sign, evidence = machine.machine_sign(
            capture.headers,
            subject=capture.subject,
            text=item.text,
            participants=item.people,
            foot=item.foot,
        )
        evidence, _ = mask(evidence)
        reply = capture.signals.is_reply or _REPLY.match(capture.subject) is not None
        return capture.signals.model_copy(
            update={
                "machine": sign or capture.signals.machine,
                "machine_evidence": evidence or capture.signals.machine_evidence,
                "is_reply": reply,
            }
        )

    def _with_customer(
        self, people: Sequence[Participant], theirs: frozenset[int], *, named: str
    ) -> tuple[Participant, ...]:
        """Set the customer's side, by address and number, and the names that only the directory
        knows. Where the conversation or a name told whose it is, whoever else takes part beside us
        is taken for the customer's."""
        by_key = [
            person.side != "us" and any(self.resolver.is_of(person, key) for key in theirs)
            for person in people
        ]
        trusting = named in ("thread", "name_in_title", "name_in_text") and not any(by_key)
        return tuple(
            person.model_copy(update={"side": "customer", "name": self.resolver.name_of(person)})
            if known or (trusting and person.side != "us")
            else person
            for person, known in zip(people, by_key, strict=True)
        )

    def _day(self, item: Capture | Activity) -> date:
        return item.occurred_at.astimezone(ZoneInfo(self.policy.timezone)).date()


def _titled(capture: Capture) -> Signals:
    """A meeting's signals, with what only its title tells."""
    absent = calendar_titles.tells_absence(capture.subject, capture.occurred_at, capture.ended_at)
    cancelled = capture.signals.cancelled or calendar_titles.tells_cancelled(capture.subject)
    return capture.signals.model_copy(
        update={
            "absence": absent,
            "cancelled": cancelled,
            "personal": capture.signals.personal and not cancelled,
        }
    )


def _bounded(turns: Sequence[Turn]) -> list[Turn]:
    """The turns from the start that an activity has room for."""
    room = MAX_TEXT
    kept: list[Turn] = []
    for turn in turns[:MAX_TURNS]:
        room -= len(turn.text) + 1
        if room < 0:
            break
        kept.append(turn)
    return kept


def _kept_here(item: _Item, verdict: Verdict, signals: Signals) -> Entry:
    is_unknown = verdict.rule == UNKNOWN_CUSTOMER
    return Entry(
        **item.booked(),
        state="excluded",
        code=verdict.rule,
        told=Explanation(kind=item.capture.kind, evidence=verdict.evidence),
        people=outside(item.people),
        stranger=_stranger(item, signals) if is_unknown else None,
    )


def _stranger(item: _Item, signals: Signals) -> Stranger | None:
    """With whom a person exchanged this mail; None for machines, and for a mailing to many."""
    if item.capture.kind != "mail" or signals.machine is not None:
        return None
    inbound, parties = met(item.people)
    return Stranger("in" if inbound else "out", parties) if parties else None

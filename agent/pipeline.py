"""Capture → resolve → admit → mask → tag → classify → shorten → Activity.

The raw text of an item lives here and nowhere else: it comes in with the capture, and what goes
out has passed the rules that let it leave, cleaned and masked.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol
from zoneinfo import ZoneInfo

from agent.capture.base import Capture
from agent.clock import Clock
from agent.contract import tag as spoken
from agent.contract.activity import (
    Activity,
    Attachment,
    Direction,
    Kind,
    Participant,
    Side,
    Signals,
)
from agent.contract.policy import Exclusions, Policy
from agent.contract.tag import Commitment, Speaker, Tag, Turn
from agent.directory.resolver import Resolver
from agent.nlp.clean import clean
from agent.outbox.explaining import Explanation, Masked, Stranger
from agent.outbox.pages import UNKNOWN_CUSTOMER, Entry
from agent.rules import calendar_titles, contact, identity, machine, privacy
from agent.rules.exclusion import Verdict
from agent.rules.masking import mask
from agent.rules.shortening import shortened
from agent.rules.writer import with_writer

MAX_SUBJECT = 2_000
MAX_TEXT = 500_000
MAX_PEOPLE = 500
MAX_ALSO = 20
MAX_TURNS = 5_000
MAX_MET = 10
"""A mail to more strangers than this is a mailing, not an exchange."""
REP_CHANNEL = "x-genjin-rep-channel"
"""How the source of recordings says which channel is ours: ``left`` or ``right``."""
_REPLY = re.compile(r"^\s*(?:re|aw|sv|回复|答复|回覆)\s*[:：]", re.IGNORECASE)
_RECEIVING = frozenset({"to", "cc", "bcc"})


class Findings(Protocol):
    @property
    def tags(self) -> tuple[Tag, ...]: ...
    @property
    def commitments(self) -> tuple[Commitment, ...]: ...


class Tagger(Protocol):
    """``agent.nlp.tagger.Tagger``, or a stand-in of ``agent.testing``."""

    def tag(self, text: str, *, kind: Kind, speaker: Speaker, on: date) -> Findings: ...
    def tag_turns(self, turns: Sequence[Turn], *, on: date) -> Findings: ...


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
        cleaned = clean(capture.text, capture.kind, is_html=capture.is_html)
        text = cleaned.text[:MAX_TEXT]
        thread = identity.thread_key(capture.references)
        own_id = str(identity.activity_id(capture.identity))
        people = tuple(
            _on_side(person, privacy.side_of(person, self.policy))
            for person in with_writer(capture.headers, capture.participants)[:MAX_PEOPLE]
        )

        match = self.resolver.resolve(
            people,
            kind=capture.kind,
            subject=capture.subject,
            text=text,
            hints=capture.hints,
            thread_customer=self.customer_of_thread(thread, own_id) if thread else None,
        )
        signals = self._signals(capture, people, text, cleaned.foot)
        verdict = privacy.admit(
            people,
            sensitivity=capture.sensitivity,
            categories=capture.categories,
            machine=signals.machine,
            policy=self.policy,
            exclude=self.exclude,
            matched=match is not None,
            folder=capture.folder,
            subject=capture.subject,
            machine_evidence=signals.machine_evidence,
        )
        if verdict is not None or match is None:
            verdict = verdict or Verdict(UNKNOWN_CUSTOMER)
            return _kept_here(capture, verdict, thread, people, signals)

        also = self.resolver.also(people, match)[:MAX_ALSO]
        theirs = frozenset({match.customer_id, *(other.customer_id for other in also)})
        people = self._with_customer(people, theirs, named=match.why)
        direction = capture.direction or direction_of(capture.kind, people)
        if contact.customer_declined(people, capture.responses):
            signals = signals.model_copy(update={"declined": True, "personal": False})

        subject, in_subject = mask(capture.subject[:MAX_SUBJECT])
        text, in_text = mask(text)
        attachments, in_names = _masked_names(capture.attachments)

        # What a machine wrote says nothing about what the customer wants.
        human = text if signals.machine is None else ""
        found = self.tagger.tag(
            human,
            kind=capture.kind,
            speaker=_speaker(capture.kind, direction, people),
            on=self._day(capture),
        )
        decision = contact.decide(
            kind=capture.kind,
            direction=direction,
            occurred_at=capture.occurred_at,
            ended_at=capture.ended_at,
            signals=signals,
            has_customer=contact.has_customer(capture.kind, direction, people),
            policy=self.policy,
            now=self.clock.now(),
        )
        activity = Activity(
            id=identity.activity_id(capture.identity),
            kind=capture.kind,
            source=capture.source,
            direction=direction,
            occurred_at=capture.occurred_at,
            ended_at=capture.ended_at,
            subject=subject,
            text=text,
            thread=thread,
            participants=people,
            signals=signals,
            match=match,
            also=also,
            contact=decision,
            tags=found.tags,
            commitments=found.commitments,
            attachments=attachments,
            masked=in_subject + in_text + in_names,
            transcript="waiting" if capture.media is not None else "none",
        )
        activity = shortened(activity, self.policy)
        return Entry(
            external_id=capture.external_id,
            version=capture.version,
            state="stored",
            identity=capture.identity,
            folder=capture.folder,
            activity_id=str(activity.id),
            thread=thread,
            occurred_at=capture.occurred_at,
            activity=activity,
            told=Explanation(
                kind=capture.kind,
                match=match,
                also=tuple(other.customer_id for other in also),
                contact=activity.contact,
                masked=Masked(subject=in_subject, text=in_text, attachments=in_names),
                body=activity.body,
                tags=len(activity.tags),
            ),
            people=_outside(people),
            media=capture.media,
            rep_channel=capture.headers.get(REP_CHANNEL, ""),
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
        decision = contact.decide(
            kind=activity.kind,
            direction=activity.direction,
            occurred_at=activity.occurred_at,
            ended_at=activity.ended_at,
            signals=signals,
            has_customer=contact.has_customer(
                activity.kind, activity.direction, activity.participants
            ),
            policy=self.policy,
            now=self.clock.now(),
        )
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

    def _signals(
        self, capture: Capture, people: Sequence[Participant], text: str, foot: str
    ) -> Signals:
        """What the source knew, and what headers and words tell."""
        if capture.kind == "note":
            reports = contact.note_reports_contact(text)
            return capture.signals.model_copy(update={"reports_contact": reports})
        if capture.kind == "meeting":
            return _titled(capture)
        if capture.kind != "mail":
            return capture.signals
        sign, evidence = machine.machine_sign(
            capture.headers, subject=capture.subject, text=text, participants=people, foot=foot
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


def _on_side(person: Participant, side: Side) -> Participant:
    return person if person.side == side else person.model_copy(update={"side": side})


def direction_of(kind: Kind, people: Sequence[Participant]) -> Direction:
    """Who spoke to whom, from the sides of the people."""
    if kind in ("meeting", "note"):
        return "none"
    opening = next((person for person in people if person.role in ("from", "caller")), None)
    if opening is None:
        return "none"
    if opening.side != "us":
        return "inbound"
    reached = [person for person in people if person.role in _RECEIVING | {"callee"}]
    if reached and all(person.side == "us" for person in reached):
        return "internal"
    return "outbound"


def _speaker(kind: Kind, direction: Direction, people: Sequence[Participant]) -> Speaker:
    if kind == "note":
        # The rep writes, and reports what the customer said.
        return "customer"
    if kind == "meeting":
        hosts = [person.side for person in people if person.role == "organizer"]
        return "rep" if "us" in hosts else "customer" if "customer" in hosts else "unknown"
    if direction == "outbound":
        return "rep"
    senders = [person.side for person in people if person.role in ("from", "caller")]
    return "customer" if direction == "inbound" and "customer" in senders else "unknown"


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


def _masked_names(files: Sequence[Attachment]) -> tuple[tuple[Attachment, ...], int]:
    total = 0
    named: list[Attachment] = []
    for file in files:
        name, count = mask(file.name)
        total += count
        named.append(file.model_copy(update={"name": name}))
    return tuple(named), total


def _kept_here(
    capture: Capture,
    verdict: Verdict,
    thread: str | None,
    people: Sequence[Participant],
    signals: Signals,
) -> Entry:
    is_unknown = verdict.rule == UNKNOWN_CUSTOMER
    return Entry(
        external_id=capture.external_id,
        version=capture.version,
        state="excluded",
        code=verdict.rule,
        identity=capture.identity,
        folder=capture.folder,
        activity_id=str(identity.activity_id(capture.identity)),
        thread=thread,
        occurred_at=capture.occurred_at,
        told=Explanation(kind=capture.kind, evidence=verdict.evidence),
        people=_outside(people),
        stranger=_stranger(capture.kind, people, signals) if is_unknown else None,
    )


def _outside(people: Sequence[Participant]) -> tuple[str, ...]:
    """Addresses of those who are not ours."""
    return tuple(
        dict.fromkeys(person.email for person in people if person.email and person.side != "us")
    )


def _stranger(kind: Kind, people: Sequence[Participant], signals: Signals) -> Stranger | None:
    """With whom a person exchanged this mail; None for machines, and for a mailing to many."""
    if kind != "mail" or signals.machine is not None:
        return None
    inbound = direction_of(kind, people) == "inbound"
    wanted = {"from"} if inbound else _RECEIVING - {"bcc"}
    met = _outside([person for person in people if person.role in wanted])
    if not met or len(met) > MAX_MET:
        return None
    parties = tuple(
        dict.fromkeys(
            address if identity.is_public_domain(domain) else domain
            for address in met
            if (domain := identity.domain_of(address))
        )
    )
    return Stranger("in" if inbound else "out", parties)

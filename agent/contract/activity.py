"""An activity: one mail, call, meeting or note of a known customer, as it leaves the laptop."""

from typing import Literal, get_args
from uuid import UUID

from pydantic import Field

from agent.contract.base import Count, RowId, Utc, Wire
from agent.contract.policy import Body
from agent.contract.tag import Commitment, Tag, Turn

Kind = Literal["mail", "call", "meeting", "note"]
KINDS: tuple[Kind, ...] = get_args(Kind)

Direction = Literal["inbound", "outbound", "internal", "none"]
"""Seen from the team: inbound means the customer spoke to us. Notes and meetings have none."""

ParticipantRole = Literal[
    "from", "to", "cc", "bcc", "organizer", "attendee", "caller", "callee", "author", "failed"
]
Side = Literal["us", "customer", "other"]


class Participant(Wire):
    role: ParticipantRole
    name: str = ""
    email: str | None = Field(default=None, max_length=320)
    """Normalised by ``agent.rules.identity.normalize_email``."""
    phone: str | None = Field(default=None, max_length=20)
    """E.164, or None."""
    side: Side = "other"


MachineSign = Literal[
    "auto_reply", "bounce", "bulk", "invitation", "calendar_response", "receipt", "draft"
]


class Signals(Wire):
    """The facts about an item that decide whether it counts as contact.

    Taken on the laptop from headers that never leave it, so that the server can decide again
    with the same function (``agent.rules.contact.decide``).
    """

    machine: MachineSign | None = None
    machine_evidence: str = ""
    """Which header or phrase proved it, e.g. ``auto-submitted: auto-replied``; of a human mail,
    what spoke for a machine and by what it was outweighed: ``list-unsubscribe < in-reply-to``."""
    is_reply: bool = False
    """The item answers an earlier one (In-Reply-To, References or a reply subject)."""
    answered: bool | None = None
    """Calls: somebody picked up. None when the source cannot tell."""
    voicemail: bool = False
    duration_s: float | None = None
    cancelled: bool = False
    declined: bool = False
    """Meetings: nobody of the customer's side accepted, or we declined."""
    personal: bool = False
    """Meetings: ``cancelled`` or ``declined`` is true of one calendar only: it is no longer in
    there, or its owner declined. Others may still meet."""
    absence: bool = False
    """Meetings: the entry tells others of somebody's leave or of a day; nobody meets."""
    reports_contact: bool | None = None
    """Notes: the text says that a conversation took place."""


Grade = Literal["two_way", "connected", "outbound", "none"]
"""Two-way human contact > connected call or held meeting > outbound human > none."""
GRADES: tuple[Grade, ...] = get_args(Grade)

Reason = Literal[
    "customer_replied",
    "customer_wrote",
    "we_wrote",
    "call_connected",
    "meeting_held",
    "note_reports_contact",
    "auto_reply",
    "bounce",
    "bulk",
    "invitation",
    "calendar_response",
    "receipt",
    "draft",
    "internal",
    "call_unanswered",
    "voicemail",
    "call_too_short",
    "meeting_future",
    "meeting_cancelled",
    "meeting_declined",
    "no_meeting",
    "note_without_contact",
    "in_future",
    "no_customer_participant",
]
REASONS: tuple[Reason, ...] = get_args(Reason)


class Decision(Wire):
    """Does it count as contact, how strongly, and why: shown beside every item."""

    counts: bool
    grade: Grade
    reason: Reason
    evidence: str = ""


MatchReason = Literal[
    "email",
    "domain",
    "phone",
    "name_in_title",
    "name_in_text",
    "thread",
    "taught",
    "manual",
    "import",
]


class Alternative(Wire):
    customer_id: RowId
    confidence: float
    why: MatchReason


class Match(Wire):
    """Which customer an item belongs to, how sure that is, and who else it could be."""

    customer_id: RowId
    contact_id: RowId | None = None
    confidence: float
    """0 to 1."""
    why: MatchReason
    alternatives: tuple[Alternative, ...] = ()


class Attachment(Wire):
    name: str
    size: int


class Activity(Wire):
    """``id`` is ``agent.rules.identity.activity_id`` of the source-independent identity, so that
    a resync, two sources or five reps make one activity. A higher ``revision`` of the same id
    replaces what the lower one said (a transcript arrived, a meeting moved)."""

    id: UUID
    revision: int = Field(default=1, ge=1, lt=2**31)
    kind: Kind
    source: str = Field(max_length=40)
    """The type of the source that saw it: ``mailfiles``, ``recordings``, ``notes`` …"""
    direction: Direction
    occurred_at: Utc
    ended_at: Utc | None = None
    subject: str = Field(default="", max_length=2_000)
    text: str = Field(default="", max_length=500_000)
    """Cleaned (no quoted history, no signature) and masked; what ``body`` says is left of it."""
    body: Body = "full"
    thread: str | None = Field(default=None, max_length=128)
    """Opaque key shared by the items of one conversation."""
    participants: tuple[Participant, ...] = Field(default=(), max_length=500)
    signals: Signals = Signals()
    match: Match
    also: tuple[Match, ...] = Field(default=(), max_length=20)
    """Further customers who took part themselves: the item stands on each one's timeline."""
    contact: Decision
    """What the agent proposes; the server decides with the same function."""
    tags: tuple[Tag, ...] = Field(default=(), max_length=500)
    commitments: tuple[Commitment, ...] = Field(default=(), max_length=200)
    turns: tuple[Turn, ...] = Field(default=(), max_length=5_000)
    attachments: tuple[Attachment, ...] = ()
    masked: Count = 0
    """How many private numbers were masked in ``text`` and ``subject``."""
    transcript: Literal["none", "waiting", "done", "failed"] = "none"

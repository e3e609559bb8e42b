"""What the API of customers takes and gives."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from agent.contract.activity import Decision, Kind, Match, Participant
from agent.contract.base import RowId, Utc
from agent.contract.policy import Body
from agent.contract.tag import Category, Speaker, Status
from server.kernel.paging import DEFAULT_LIMIT, MAX_LIMIT


class LastContacted(BaseModel):
    activity_id: UUID
    kind: str
    direction: str
    by: str
    grade: str
    reason: str


class RecentTag(BaseModel):
    id: int
    category: Category
    status: Status
    text: str
    speaker: Speaker
    at: Utc
    activity_id: UUID
    verdict: str | None = None


class CustomerOut(BaseModel):
    id: int
    name: str
    stage: str
    owner: str
    owner_id: int | None
    grade: str
    region: str
    industry: str
    size: str = ""
    source: str
    labels: list[str] = []
    """Words that people put on it; ``tags`` are what was found in texts."""
    custom: dict[str, str] = {}
    """The company's own fields, by their number."""
    created_at: Utc
    last_contacted_at: Utc | None
    last_contacted: LastContacted | None
    tags: list[RecentTag]
    open_reminders: list[dict[str, Any]]


class AlikeOut(BaseModel):
    customer_id: int
    name: str
    owner: str
    why: Literal["email", "phone", "domain", "name"]
    value: str


class CustomerDetail(CustomerOut):
    aliases: list[str]
    domains: list[str]
    phones: list[str]
    alike: list[AlikeOut] = []
    """Only in the answer to creating: customers there were that could be the same."""


class AlikeList(BaseModel):
    items: list[AlikeOut]


class CustomerList(BaseModel):
    items: list[CustomerOut]
    cursor: str | None


class CustomerQuery(BaseModel):
    q: str | None = Field(None, max_length=200)
    email: str | None = Field(None, max_length=320)
    domain: str | None = Field(None, max_length=255)
    phone: str | None = Field(None, max_length=40)
    owner: int | None = Field(None, ge=1, lt=2**63)
    stage: str | None = Field(None, max_length=20)
    label: str | None = Field(None, max_length=40)
    cursor: str | None = Field(None, max_length=600)
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)


class CustomerPath(BaseModel):
    customer_id: int = Field(ge=1, lt=2**63)


Key = Annotated[str, Field(max_length=320)]


class ContactBody(BaseModel):
    name: str = Field(max_length=120)
    title: str = Field("", max_length=120)
    emails: list[Key] = Field(default=[], max_length=20)
    phones: list[Key] = Field(default=[], max_length=20)
    wecom: list[Key] = Field(default=[], max_length=20)


Label = Annotated[str, Field(max_length=40)]


class NewCustomerBody(BaseModel):
    name: str = Field(max_length=200)
    aliases: list[Key] = Field(default=[], max_length=50)
    domains: list[Key] = Field(default=[], max_length=50)
    phones: list[Key] = Field(default=[], max_length=50)
    contacts: list[ContactBody] = Field(default=[], max_length=200)
    grade: str = Field("", max_length=10)
    region: str = Field("", max_length=60)
    industry: str = Field("", max_length=60)
    size: str = Field("", max_length=60)
    source: str = Field("", max_length=60)
    labels: list[Label] = Field(default=[], max_length=30)
    custom: dict[str, str] = Field(default={}, max_length=60)


class AdoptBody(BaseModel):
    """What a suggestion on a laptop knows of a customer to be."""

    name: str = Field(max_length=200)
    domains: list[Key] = Field(default=[], max_length=50)
    emails: list[Key] = Field(default=[], max_length=50)


class CustomerPatch(BaseModel):
    name: str | None = Field(None, max_length=200)
    grade: str | None = Field(None, max_length=10)
    region: str | None = Field(None, max_length=60)
    industry: str | None = Field(None, max_length=60)
    size: str | None = Field(None, max_length=60)
    source: str | None = Field(None, max_length=60)
    labels: list[Label] | None = Field(None, max_length=30)
    custom: dict[str, str] | None = Field(None, max_length=60)
    aliases: list[Key] | None = Field(None, max_length=50)
    domains: list[Key] | None = Field(None, max_length=50)
    phones: list[Key] | None = Field(None, max_length=50)
    owner_id: int | None = Field(None, ge=1, lt=2**63)


class TimelineQuery(BaseModel):
    cursor: str | None = Field(None, max_length=600)
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)


class TimelineItem(BaseModel):
    id: UUID
    kind: str
    source: str
    direction: str
    occurred_at: Utc
    ended_at: Utc | None
    subject: str
    text: str
    body: Body
    by: str
    contact: Decision
    participants: list[Participant]
    tags: list[dict[str, Any]]
    commitments: list[dict[str, Any]]
    turns: list[dict[str, Any]]
    transcript: str
    match: dict[str, Any]


class Timeline(BaseModel):
    items: list[TimelineItem]
    cursor: str | None


class ActivityPath(BaseModel):
    activity_id: UUID


class RelinkBody(BaseModel):
    customer_id: int = Field(ge=1, lt=2**63)
    from_customer_id: int | None = Field(None, ge=1, lt=2**63)
    whole_thread: bool = False


class Moved(BaseModel):
    moved: list[UUID]
    correction_id: int | None
    """By which it can be taken back."""


class MergeBody(BaseModel):
    into: int = Field(ge=1, lt=2**63)
    """The customer that stays."""


class SplitBody(BaseModel):
    name: str = Field(max_length=200)
    """Of the new customer."""
    contact_ids: list[RowId] = Field(default=[], max_length=200)
    deal_ids: list[RowId] = Field(default=[], max_length=200)
    domains: list[Key] = Field(default=[], max_length=50)


class CorrectionPath(BaseModel):
    correction_id: int = Field(ge=1, lt=2**63)


class CorrectionOut(BaseModel):
    id: int
    kind: Literal["move", "merge", "split"]
    at: Utc
    by: str
    from_id: int
    to_id: int
    activities: int
    undone_at: Utc | None


class CorrectionList(BaseModel):
    items: list[CorrectionOut]


class MatchBody(BaseModel):
    """What is known of an item; the sides of its participants told."""

    kind: Kind
    participants: list[Participant] = Field(default=[], max_length=500)
    subject: str = Field("", max_length=2_000)
    text: str = Field("", max_length=500_000)
    hints: list[Key] = Field(default=[], max_length=20)
    thread: str | None = Field(None, max_length=128)


class Matched(BaseModel):
    match: Match | None
    also: list[Match]


class TagPath(BaseModel):
    tag_id: int = Field(ge=1, lt=2**63)
    verdict: Literal["confirm", "reject"]


class Judged(BaseModel):
    id: int
    verdict: Literal["confirmed", "rejected"]


class DirectoryQuery(BaseModel):
    since: int = Field(0, ge=0, lt=2**63)

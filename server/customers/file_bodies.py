"""What the API of contacts, deals, own fields and absences takes and gives."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from agent.contract.base import RowId, Utc
from server.customers.bodies import ContactBody, Key
from server.customers.fields import FieldKind
from server.customers.stages import Stage


class ContactPath(BaseModel):
    contact_id: int = Field(ge=1, lt=2**63)


class PostOut(BaseModel):
    customer_id: int
    customer: str
    title: str
    since: Utc | None
    until: Utc | None


class ContactOut(BaseModel):
    id: int
    customer_id: int
    name: str
    title: str
    emails: list[str]
    phones: list[str]
    wecom: list[str]
    worked_at: list[PostOut] = []
    """Companies this person left, the latest first."""


class ContactList(BaseModel):
    items: list[ContactOut]


class NewContactBody(ContactBody):
    pass


class ContactPatch(BaseModel):
    name: str | None = Field(None, max_length=120)
    title: str | None = Field(None, max_length=120)
    emails: list[Key] | None = Field(None, max_length=20)
    phones: list[Key] | None = Field(None, max_length=20)
    wecom: list[Key] | None = Field(None, max_length=20)
    customer_id: RowId | None = None
    """The company this person works for from now on."""


class DealPath(BaseModel):
    deal_id: int = Field(ge=1, lt=2**63)


Amount = Annotated[Decimal, Field(max_digits=18, decimal_places=2, ge=0)]
Product = Annotated[str, Field(max_length=120)]


class DealBody(BaseModel):
    title: str = Field(max_length=200)
    stage: Stage = "lead"
    amount: Amount | None = None
    """A decimal; best sent as a text, which no number of a machine rounds."""
    currency: str = Field("CNY", min_length=3, max_length=3)
    """ISO 4217."""
    expected_close: date | None = None
    products: list[Product] = Field(default=[], max_length=50)
    lost_reason: str = Field("", max_length=60)


class DealPatch(BaseModel):
    """Only the fields that are there are changed; ``null`` empties an amount or a day."""

    title: str = Field("", max_length=200)
    stage: Stage = "lead"
    amount: Amount | None = None
    currency: str = Field("CNY", min_length=3, max_length=3)
    expected_close: date | None = None
    products: list[Product] = Field(default=[], max_length=50)
    lost_reason: str = Field("", max_length=60)


class StageOut(BaseModel):
    from_stage: str | None
    to_stage: str
    at: Utc
    by: str


class DealOut(DealBody):
    id: int
    customer_id: int
    created_at: Utc
    closed_at: Utc | None
    history: list[StageOut] = []


class DealList(BaseModel):
    items: list[DealOut]


class FieldBody(BaseModel):
    name: str = Field(max_length=60)
    kind: FieldKind
    choices: list[Annotated[str, Field(max_length=60)]] = Field(default=[], max_length=50)


class FieldOut(BaseModel):
    id: int
    name: str
    kind: FieldKind
    choices: list[str]


class FieldList(BaseModel):
    items: list[FieldOut]


class FieldPath(BaseModel):
    field_id: int = Field(ge=1, lt=2**63)


class AbsenceBody(BaseModel):
    person_id: RowId | None = None
    """Whose; oneself when it is missing."""
    first_day: date
    last_day: date
    stand_in_id: RowId | None = None
    note: str = Field("", max_length=200)


class AbsenceOut(BaseModel):
    id: int
    person_id: int
    person: str
    first_day: date
    last_day: date
    stand_in_id: int | None
    note: str


class AbsenceList(BaseModel):
    items: list[AbsenceOut]


class AbsenceQuery(BaseModel):
    since: date | None = None
    """Only those that end on this day or later; today when it is missing."""


class AbsencePath(BaseModel):
    absence_id: int = Field(ge=1, lt=2**63)


class Done(BaseModel):
    done: Literal[True] = True

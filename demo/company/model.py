"""The sample company as typed, frozen data. Keys are short names that the files refer by."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from agent.contract.activity import Direction, Kind

Locale = Literal["zh", "en"]
Role = Literal["rep", "manager", "reviewer", "decider", "admin"]
Stage = Literal["lead", "contacted", "qualified", "proposal", "negotiation", "won", "lost"]
STAGES: tuple[Stage, ...] = get_args(Stage)
OPEN_STAGES: tuple[Stage, ...] = STAGES[:5]
Client = Literal[
    "outlook_zh", "outlook_en", "foxmail", "netease", "qq", "gmail", "thunderbird", "own"
]
MachineKind = Literal[
    "auto_reply",
    "qq_holiday",
    "newsletter",
    "bounce",
    "invitation",
    "acceptance",
    "internal",
    "private",
    "unknown",
    "raw_8bit",
]


@dataclass(frozen=True, slots=True)
class Moment:
    """A wall-clock time some calendar days before "now"; negative days lie in the future."""

    days: int
    at: time

    def before(self, now: datetime, zone: ZoneInfo) -> datetime:
        day = now.astimezone(zone).date() - timedelta(days=self.days)
        return datetime.combine(day, self.at, zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """Our own side of the table."""

    name: str
    short: str
    name_en: str
    domain: str
    address: str
    address_en: str
    phone: str
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    key: str
    name: str
    name_en: str
    manager: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    key: str
    name: str
    name_en: str
    role: Role
    team: str | None
    title: str
    title_en: str
    email: str
    mobile: str
    """E.164."""
    ext: str
    """Extension on the telephone system."""
    locale: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    key: str
    name: str
    name_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LastContact:
    """The newest contact of a customer that only history, and no file, knows."""

    days: int
    kind: Kind
    direction: Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    key: str
    name: str
    aliases: tuple[str, ...]
    domain: str | None
    """None for a small firm that writes from public mail."""
    region: str
    industry: str
    grade: Literal["A", "B", "C"]
    source: str
    owner: str | None
    """None while it lies in the public pool."""
    phone: str
    created: int
    """Days before now."""
    locale: Locale
    last: LastContact | None = None
    disclaimer: str = ""
    """Appended to every mail they send."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    key: str
    customer: str
    name: str
    call: str
    """How one addresses them: 赵工, 王经理, Dana."""
    title: str
    emails: tuple[str, ...]
    phones: tuple[str, ...]
    client: Client
    """The mail program they write with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    key: str
    customer: str
    name: str
    stage: Stage
    opened: int
    """Days before now."""
    since: int
    """Days before now on which it entered its present stage."""
    amount: Decimal
    currency: Literal["CNY", "USD"]
    products: tuple[str, ...]
    close_in: int | None = None
    """Days from now to the expected close; None once it is closed."""
    reason: str | None = None
    why: str = ""
    demoed: bool = False
    trial_after: int | None = None
    """Hours from the demo to the open trial account; None without a trial."""

    @property
    def is_open(self) -> bool:
        return self.stage in OPEN_STAGES

    def expected_close(self, today: date) -> date | None:
        return None if self.close_in is None else today + timedelta(days=self.close_in)


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """An attachment: ``title`` is what stands in it."""

    name: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    sender: str
    """Key of a person or a contact."""
    to: tuple[str, ...]
    cc: tuple[str, ...]
    when: Moment
    text: str
    subject: str | None
    """None when it answers the mail before it."""
    form: Literal["eml", "msg"] = "eml"
    address: int = 0
    """Which of the sender's addresses it was written from."""
    inline: bool = False
    attach: tuple[File, ...] = ()
    charset: str | None = None
    cte: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    key: str
    customer: str
    mails: tuple[Mail, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineMail:
    """A mail that no contact stands behind, or that must stay on the laptop."""

    key: str
    kind: MachineKind
    when: Moment
    subject: str
    text: str = ""
    sender: str | None = None
    to: tuple[str, ...] = ()
    from_name: str = ""
    from_email: str = ""
    about: str = ""
    start: Moment | None = None
    minutes: int = 0
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    key: str
    audio: str
    contact: str
    by: str
    when: Moment
    answered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    key: str
    customer: str | None
    path: str
    when: Moment
    text: str
    reports: bool
    """A person reading it would say that a conversation took place."""
    private: bool = False
    encoding: str = "utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    own: Own
    teams: tuple[Team, ...]
    people: tuple[Person, ...]
    products: tuple[Product, ...]
    customers: tuple[Customer, ...]
    contacts: tuple[Contact, ...]
    deals: tuple[Deal, ...]
    threads: tuple[Thread, ...]
    machine: tuple[MachineMail, ...]
    calls: tuple[Call, ...]
    notes: tuple[Note, ...]

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.own.zone)

    @property
    def reps(self) -> tuple[Person, ...]:
        return tuple(person for person in self.people if person.role == "rep")

    def person(self, key: str) -> Person:
        return next(person for person in self.people if person.key == key)

    def customer(self, key: str) -> Customer:
        return next(customer for customer in self.customers if customer.key == key)

    def contact(self, key: str) -> Contact:
        return next(contact for contact in self.contacts if contact.key == key)

    def product(self, key: str) -> Product:
        return next(product for product in self.products if product.key == key)

    def contacts_of(self, customer: str) -> tuple[Contact, ...]:
        return tuple(contact for contact in self.contacts if contact.customer == customer)

    def deals_of(self, customer: str) -> tuple[Deal, ...]:
        return tuple(deal for deal in self.deals if deal.customer == customer)

    def is_staff(self, key: str) -> bool:
        return any(person.key == key for person in self.people)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the agent should have found out about one customer."""

    days_since_contact: int | None
    """Calendar days in the company's zone; None when nobody ever spoke with them."""
    expected_kind: Kind | None
    reminder: Literal["none", "owner", "manager"]
    """By the standard policy: 7 days to the owner, 14 days to the manager, open deals only."""
    open_deal: bool

"""Bring the sample company's master data and older history into an empty server database.

Only this may write behind the agent's back, and what it writes of activities is marked as imported.
"""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from agent.contract.policy import Policy
from demo.company import Company
from demo.deal_course import stage_changes
from demo.history import Ids, PastActivity, history, to_activity
from server.customers import service as customers
from server.customers.models import Customer, Deal, StageChange
from server.customers.recording import record_activities
from server.identity import service as identity
from server.identity.models import Person, Team
from server.kernel.db import UnitOfWork
from server.kernel.policy import change_policy

INDUSTRIES = {
    "manufacturing": "制造业",
    "education": "教育",
    "auto_parts": "汽车零部件",
    "saas": "软件服务",
    "trading": "贸易",
}


@dataclass(frozen=True, slots=True)
class SignIn:
    """One person of the sample company and how to act as them."""

    key: str
    person: str
    name: str
    """The sign-in name: an e-mail address."""
    role: str
    password: str
    token: str


def seed(uow: UnitOfWork, company: Company) -> list[SignIn]:
    """Everything the team's CRM already knew before the agent was installed."""
    now = uow.clock.now()
    people, sign_ins = _people(uow, company)
    change_policy(
        uow,
        Policy(
            own_domains=(company.own.domain,),
            timezone=company.own.zone,
            # The company announces at the start of a call that it is recorded.
            recording_basis="announced",
        ),
        by=None,
    )
    ids = _customers(uow, company, people, now)
    _history(uow, company, ids, people, now)
    return sign_ins


def _people(uow: UnitOfWork, company: Company) -> tuple[dict[str, Person], list[SignIn]]:
    teams = {team.key: Team(name=team.name) for team in company.teams}
    uow.session.add_all(teams.values())
    uow.session.flush()
    people: dict[str, Person] = {}
    sign_ins: list[SignIn] = []
    for person in company.people:
        password = f"genjin-{secrets.token_hex(3)}"
        row = identity.add_person(
            uow,
            name=person.name if person.locale.startswith("zh") else person.name_en,
            email=person.email,
            role=person.role,
            password=password,
            team_id=teams[person.team].id if person.team else None,
            locale=person.locale,
            timezone=company.own.zone,
        )
        people[person.key] = row
        token = identity.issue_token(uow, row.id, label="demo")
        sign_ins.append(SignIn(person.key, row.name, row.email, row.role, password, token))
    for team in company.teams:
        teams[team.key].manager_id = people[team.manager].id
    return people, sign_ins


def _customers(uow: UnitOfWork, company: Company, people: dict[str, Person], now: datetime) -> Ids:
    customer_ids: dict[str, int] = {}
    contact_ids: dict[str, int] = {}
    for customer in company.customers:
        created_at = now - timedelta(days=customer.created)
        row = customers.create_customer(
            uow,
            customers.NewCustomer(
                name=customer.name,
                aliases=customer.aliases,
                domains=[customer.domain] if customer.domain else [],
                phones=[customer.phone],
                grade=customer.grade,
                region=customer.region,
                industry=INDUSTRIES[customer.industry],
                source=customer.source,
                created_at=created_at,
                first_deal=False,
            ),
            owner_id=people[customer.owner].id if customer.owner else None,
        )
        customer_ids[customer.key] = row.id
        for contact in company.contacts_of(customer.key):
            contact_ids[contact.key] = customers.add_contact(
                uow,
                row,
                customers.NewContact(
                    name=contact.name,
                    title=contact.title,
                    emails=contact.emails,
                    phones=contact.phones,
                ),
            ).id
        _deals(uow, company, customer.key, row, now)
        if not company.deals_of(customer.key):
            customers.open_deal(
                uow, row, title=customer.name, owner_id=row.owner_id, created_at=created_at
            )
    return Ids(customers=customer_ids, contacts=contact_ids)


def _deals(uow: UnitOfWork, company: Company, key: str, customer: Customer, now: datetime) -> None:
    for deal in company.deals_of(key):
        changes = stage_changes(company, deal, now)
        row = Deal(
            customer_id=customer.id,
            owner_id=customer.owner_id,
            title=deal.name,
            stage=deal.stage,
            amount=deal.amount,
            currency=deal.currency,
            expected_close=deal.expected_close(now.astimezone(company.zone).date()),
            products=[company.product(product).name for product in deal.products],
            lost_reason=(deal.reason or "") if deal.stage == "lost" else "",
            created_at=now - timedelta(days=deal.opened),
            closed_at=None if deal.is_open else changes[-1].at,
        )
        uow.session.add(row)
        uow.session.flush()
        before: str | None = None
        for change in changes:
            uow.session.add(
                StageChange(
                    deal_id=row.id, from_stage=before, to_stage=change.to_stage, at=change.at
                )
            )
            before = change.to_stage
    customers.refresh_stage(uow, customer)


def _history(
    uow: UnitOfWork, company: Company, ids: Ids, people: dict[str, Person], now: datetime
) -> None:
    by_person: dict[str, list[PastActivity]] = {}
    for past in history(company, now.astimezone(UTC)):
        by_person.setdefault(past.by, []).append(past)
    for key, items in by_person.items():
        record_activities(
            uow,
            [to_activity(past, ids) for past in items],
            by_id=people[key].id,
        )

import re
from collections import Counter
from decimal import Decimal

import phonenumbers

from demo.company import Company, Deal
from demo.company.model import STAGES

PUBLIC = {"qq.com", "163.com"}


def test_the_staff_is_complete(company: Company) -> None:
    roles = Counter(person.role for person in company.people)
    assert roles == {"rep": 4, "manager": 1, "reviewer": 1, "decider": 1, "admin": 1}
    assert {rep.team for rep in company.reps} == {team.key for team in company.teams}
    assert len(company.teams) == 2


def test_customers_are_many_and_varied(company: Company) -> None:
    current = [
        customer
        for customer in company.customers
        if any(deal.is_open for deal in company.deals_of(customer.key))
    ]
    assert len(current) >= 18
    assert sum(customer.locale == "en" for customer in current) >= 4
    assert {"manufacturing", "education", "auto_parts", "saas", "trading"} == {
        customer.industry for customer in current
    }
    assert {customer.grade for customer in current} == {"A", "B", "C"}
    assert all(customer.aliases for customer in company.customers)
    assert all(1 <= len(company.contacts_of(c.key)) <= 4 for c in company.customers)
    assert any(customer.owner is None for customer in current)


def test_keys_names_and_identities_are_unique(company: Company) -> None:
    lists = [
        [person.key for person in company.people],
        [customer.key for customer in company.customers],
        [customer.name for customer in company.customers],
        [alias for customer in company.customers for alias in customer.aliases],
        [customer.domain for customer in company.customers if customer.domain],
        [contact.key for contact in company.contacts],
        [email for contact in company.contacts for email in contact.emails],
        [person.email for person in company.people],
        [phone for contact in company.contacts for phone in contact.phones]
        + [customer.phone for customer in company.customers]
        + [person.mobile for person in company.people],
        [deal.key for deal in company.deals],
        [thread.key for thread in company.threads],
    ]
    assert [Counter(names).most_common(1)[0][1] for names in lists] == [1] * len(lists)


def test_every_number_is_a_valid_one(company: Company) -> None:
    numbers = [phone for contact in company.contacts for phone in contact.phones]
    numbers += [customer.phone for customer in company.customers]
    numbers += [person.mobile for person in company.people]
    invalid = [n for n in numbers if not phonenumbers.is_valid_number(phonenumbers.parse(n))]
    assert invalid == []
    # Ranges that belong to nobody: 199 0000, 555(0), the drama ranges of Britain and Germany.
    fictional = re.compile(r"\+(861990000|\d+555|44207946|493023125)")
    assert [number for number in numbers if not fictional.match(number)] == []


def test_no_address_is_real(company: Company) -> None:
    addresses = [email for contact in company.contacts for email in contact.emails]
    addresses += [person.email for person in company.people]
    addresses += [mail.from_email for mail in company.machine if mail.from_email]
    for address in addresses:
        local, _, host = address.partition("@")
        assert host.endswith(".example") or (host in PUBLIC and "example" in local), address
    hosts = [customer.domain for customer in company.customers if customer.domain]
    assert all(host.endswith(".example") for host in hosts)
    assert any(address.partition("@")[2] in PUBLIC for address in addresses)


def test_deals_are_in_every_stage_with_exact_amounts(company: Company) -> None:
    assert {deal.stage for deal in company.deals} == set(STAGES)
    assert {deal.currency for deal in company.deals} == {"CNY", "USD"}
    for deal in company.deals:
        assert isinstance(deal.amount, Decimal)
        assert deal.amount > 0
        assert deal.opened >= deal.since >= 0
        assert (deal.close_in is not None) == deal.is_open
        assert (deal.reason is not None) == bool(deal.why) == (not deal.is_open)


def test_each_rep_closed_enough_in_the_past_year(company: Company) -> None:
    closed = [deal for deal in company.deals if not deal.is_open]
    assert len(closed) >= 40
    owners = Counter((company.customer(deal.customer).owner, deal.stage) for deal in closed)
    assert all(owners[rep.key, stage] >= 4 for rep in company.reps for stage in ("won", "lost"))


def test_an_early_trial_wins_more_often_but_not_always(company: Company) -> None:
    demoed = [deal for deal in company.deals if deal.demoed]
    early = [deal for deal in demoed if deal.trial_after is not None and deal.trial_after <= 24]
    other = [deal for deal in demoed if deal not in early]

    def rate(deals: list[Deal]) -> float:
        return sum(deal.stage == "won" for deal in deals) / len(deals)

    assert min(len(early), len(other)) >= 15
    assert 0.5 < rate(early) < 0.9
    assert 0.1 < rate(other) < rate(early)


def test_who_speaks_in_the_recordings_is_in_the_company(company: Company) -> None:
    called = {company.contact(call.contact).call for call in company.calls}
    assert {"赵工", "李老师", "王经理", "张总", "Dana"} < called
    assert {company.person(call.by).key for call in company.calls} == {"chen", "michael"}

"""expected.yaml is what the files and the history say, at whatever moment the demo starts."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from demo.company import Company, load_expected
from demo.history import history
from demo.sample_files import Laid

MOMENTS = [
    datetime(2026, 11, 23, 4, 0, tzinfo=UTC),
    datetime(2027, 1, 1, 16, 30, tzinfo=UTC),
    datetime(2027, 2, 28, 23, 59, tzinfo=UTC),
    datetime(2028, 7, 8, 0, 5, tzinfo=UTC),
]


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
def test_days_and_kind_are_those_of_the_newest_contact(
    company: Company, lay_at: Callable[[datetime], Laid], moment: datetime
) -> None:
    newest: dict[str, tuple[datetime, str]] = {}

    def seen(customer: str, at: datetime, kind: str) -> None:
        if customer not in newest or at > newest[customer][0]:
            newest[customer] = at, kind

    for file in lay_at(moment).files:
        if file.counts and file.customer is not None:
            seen(file.customer, file.when, file.kind)
    for past in history(company, moment):
        if past.answered is not False:
            seen(past.customer, past.occurred_at, past.kind)

    today = moment.astimezone(company.zone).date()
    found = {
        key: ((today - at.astimezone(company.zone).date()).days, kind)
        for key, (at, kind) in newest.items()
    }
    stated = {
        key: (one.days_since_contact, one.expected_kind) for key, one in load_expected().items()
    }
    nobody = {customer.key: (None, None) for customer in company.customers}
    assert nobody | found == stated


def test_reminders_follow_from_the_days(company: Company) -> None:
    expected = load_expected()
    assert set(expected) == {customer.key for customer in company.customers}
    for customer in company.customers:
        one = expected[customer.key]
        assert one.open_deal == any(deal.is_open for deal in company.deals_of(customer.key))
        days = one.days_since_contact
        if days is None or not one.open_deal or customer.owner is None:
            level = "none"
        else:
            # Never 7 or 14 themselves: there the hour of the start would decide.
            assert days not in (7, 14)
            level = "none" if days < 7 else "owner" if days < 14 else "manager"
        assert one.reminder == level, customer.key


def test_every_state_is_seen_at_the_rep_who_has_files(company: Company) -> None:
    expected = load_expected()
    mine = [customer.key for customer in company.customers if customer.owner == "chen"]
    assert {expected[key].reminder for key in mine} == {"none", "owner", "manager"}


@pytest.mark.parametrize("key", ["tianhe", "northgate", "ruisi", "hengtai", "mingde"])
def test_what_is_no_contact_does_not_calm_the_reminder(laid: Laid, key: str) -> None:
    mine = [file for file in laid.files if file.customer == key]
    newest = max(mine, key=lambda file: file.when)
    assert not newest.counts

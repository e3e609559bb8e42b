import re
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta

import pytest

from agent.contract.activity import Activity
from demo.company import Company
from demo.company.loading import read_templates
from demo.deal_course import course
from demo.history import Ids, PastActivity, history, stage_changes, to_activity


@pytest.fixture(scope="module")
def past(company: Company, now: datetime) -> list[PastActivity]:
    return list(history(company, now))


@pytest.fixture(scope="module")
def ids(company: Company) -> Ids:
    return Ids(
        customers={one.key: number for number, one in enumerate(company.customers, 1)},
        contacts={one.key: number for number, one in enumerate(company.contacts, 1)},
    )


def test_a_year_of_all_four_reps(company: Company, past: list[PastActivity], now: datetime) -> None:
    by = Counter(one.by for one in past)
    assert set(by) == {rep.key for rep in company.reps}
    assert min(by.values()) >= 150
    assert {one.kind for one in past} == {"mail", "call", "meeting"}
    months = Counter((now - one.occurred_at).days // 30 for one in past)
    assert all(months[month] >= 20 for month in range(1, 11))
    assert now - timedelta(days=366) <= past[0].occurred_at
    assert max(one.ended_at or one.occurred_at for one in past) <= now


def test_it_is_the_same_each_time_and_in_order(
    company: Company, past: list[PastActivity], now: datetime
) -> None:
    assert list(history(company, now)) == past
    assert [one.occurred_at for one in past] == sorted(one.occurred_at for one in past)
    assert len({one.key for one in past}) == len(past)


def test_people_mostly_work_in_the_week_and_by_day(
    company: Company, past: list[PastActivity]
) -> None:
    local = [one.occurred_at.astimezone(company.zone) for one in past]
    assert sum(at.weekday() < 5 for at in local) > 0.9 * len(local)
    assert any(at.weekday() >= 5 for at in local)
    assert sum(8 <= at.hour < 23 for at in local) > 0.98 * len(local)


def test_texts_are_in_the_customers_language_and_complete(
    company: Company, past: list[PastActivity]
) -> None:
    for one in past:
        said = one.subject + one.text
        assert "{" not in said
        assert bool(one.text) == (one.answered is not False), one.key
        assert bool(one.subject) == (one.kind != "call"), one.key
        english = company.customer(one.customer).locale == "en"
        chinese = re.search("[一-鿿]", said) is not None
        assert chinese == (not english and said != ""), one.key
    texts = Counter(one.text for one in past if one.text)
    assert len(texts) > len(past) / 3


def test_every_situation_exists_in_both_languages() -> None:
    texts = read_templates()
    assert set(texts["zh"]) == set(texts["en"])
    for language in texts.values():
        assert all(60 % len(variants) == 0 for variants in language.values())


def test_answers_stand_in_the_thread_of_their_question(past: list[PastActivity]) -> None:
    threads: dict[str, list[PastActivity]] = defaultdict(list)
    for one in past:
        threads[one.thread].append(one)
    answers = [one for one in past if one.is_reply]
    assert len(answers) > 100
    for one in answers:
        first = threads[one.thread][0]
        assert first.occurred_at < one.occurred_at
        assert one.subject.endswith(first.subject)
        assert one.contact == first.contact


def test_participants_face_each_other(past: list[PastActivity]) -> None:
    for one in past:
        assert [person.side for person in one.participants] in (
            ["us", "customer"],
            ["customer", "us"],
        )
        inbound = one.participants[0].side == "customer"
        assert inbound == (one.direction == "inbound")


def test_stage_changes_lead_from_lead_to_where_the_deal_is(company: Company, now: datetime) -> None:
    for deal in company.deals:
        changes = stage_changes(company, deal, now)
        assert changes[0].from_stage is None
        assert changes[0].to_stage == "lead"
        assert changes[-1].to_stage == deal.stage
        assert [c.to_stage for c in changes[:-1]] == [c.from_stage for c in changes[1:]]
        times = [change.at for change in changes]
        assert times == sorted(set(times))
        assert times[-1] <= now


def test_a_trial_account_is_as_late_as_the_deal_says(
    company: Company, past: list[PastActivity], now: datetime
) -> None:
    seen = {(one.deal, one.situation): one for one in past if one.situation in ("demo", "trial")}
    early = 0
    for deal in company.deals:
        run = course(company, deal, now)
        assert (run.demo is not None) == deal.demoed
        if (deal.key, "trial") in seen and (deal.key, "demo") in seen:
            demo, trial = seen[deal.key, "demo"], seen[deal.key, "trial"]
            assert demo.ended_at is not None
            hours = (trial.occurred_at - demo.ended_at) / timedelta(hours=1)
            assert hours == deal.trial_after
            assert trial.occurred_at < run.changes[-1].at
            early += hours <= 24
    assert early >= 12


def test_calls_are_missed_less_in_the_middle_of_the_morning(
    company: Company, past: list[PastActivity]
) -> None:
    calls = [one for one in past if one.kind == "call"]
    missed = sum(one.answered is False for one in calls)
    assert 0.05 < missed / len(calls) < 0.35
    assert all(one.answered == bool(one.duration_s) for one in calls)


def test_it_becomes_wire_activities(past: list[PastActivity], ids: Ids) -> None:
    wires = [to_activity(one, ids) for one in past]
    assert len({wire.id for wire in wires}) == len(past)
    for one, wire in zip(past, wires, strict=True):
        assert Activity.model_validate_json(wire.model_dump_json()) == wire
        assert wire.source == "import"
        assert wire.occurred_at == one.occurred_at.astimezone(UTC)
        assert wire.match.customer_id == ids.customers[one.customer]
        assert wire.match.contact_id == ids.contacts[one.contact]
        assert wire.contact.counts == (one.answered is not False)
    grades = {(wire.kind, wire.direction, wire.contact.grade) for wire in wires}
    assert ("mail", "inbound", "two_way") in grades
    assert ("mail", "outbound", "outbound") in grades


def test_an_unknown_customer_is_an_error(past: list[PastActivity]) -> None:
    with pytest.raises(KeyError):
        to_activity(past[0], Ids(customers={}, contacts={}))

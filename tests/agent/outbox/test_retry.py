from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from agent.outbox import retry

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@given(failures=st.integers(0, 10_000), key=st.text())
def test_waits_stay_between_half_the_base_and_the_cap(failures: int, key: str) -> None:
    decision = retry.decide(failures, key=key, now=NOW)
    assert retry.BASE_S / 2 <= decision.wait_s <= retry.CAP_S
    assert decision.at == NOW + timedelta(seconds=decision.wait_s)


def test_waits_double_until_the_cap() -> None:
    waits = [retry.decide(number, key="x", now=NOW).wait_s for number in range(1, 12)]
    for number, wait in enumerate(waits):
        doubled = min(retry.CAP_S, retry.BASE_S * 2**number)
        assert doubled / 2 <= wait <= doubled


def test_laptops_do_not_come_back_together() -> None:
    waits = {retry.decide(5, key=f"laptop-{n}", now=NOW).wait_s for n in range(100)}
    assert len(waits) == 100


def test_the_same_failure_gives_the_same_decision() -> None:
    assert retry.decide(3, key="x", now=NOW) == retry.decide(3, key="x", now=NOW)


@given(hint=st.floats(0, 1e6))
def test_never_earlier_than_the_server_asked_for(hint: float) -> None:
    decision = retry.decide(1, key="x", now=NOW, retry_after=hint)
    assert decision.wait_s >= min(hint, retry.LONGEST_HINT_S)
    assert decision.wait_s <= max(retry.CAP_S, retry.LONGEST_HINT_S)

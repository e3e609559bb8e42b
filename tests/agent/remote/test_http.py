from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from agent.contract.device import Heartbeat
from agent.errors import DeliveryError, DeliveryRefused, DeliveryRetryable, DeliveryUnauthorized
from agent.remote.http import HttpRemote
from agent.remote.outcome import parse_retry_after
from agent.testing import FrozenClock
from tests.agent import standin
from tests.agent.making import HUARUI, activity, server
from tests.agent.standin import TOKEN, StandIn

CLOCK = FrozenClock()
ONE = [activity("a").model_dump_json()]


@pytest.fixture
def there() -> Iterator[StandIn]:
    with StandIn(server()) as running:
        yield running


@pytest.fixture
def remote(there: StandIn) -> Iterator[HttpRemote]:
    made = HttpRemote(there.url, lambda: TOKEN, clock=CLOCK, timeout=httpx.Timeout(5.0))
    yield made
    made.close()


def outcome(remote: HttpRemote) -> DeliveryError:
    with pytest.raises(DeliveryError) as raised:
        remote.send(ONE)
    return raised.value


def test_everything_the_agent_asks_for(there: StandIn, remote: HttpRemote) -> None:
    (result,) = remote.send(ONE).results
    assert result.result == "accepted"
    assert remote.send(ONE).results[0].result == "duplicate"
    delta = remote.directory(0)
    assert HUARUI in delta.customers
    assert remote.directory(delta.revision).customers == ()
    fresh = remote.policy(None)
    assert fresh is not None
    assert fresh[0].own_domains == ("us.example",)
    assert remote.policy(fresh[1]) is None
    assert remote.heartbeat(Heartbeat(version="1")).directory_revision == delta.revision
    assert remote.reminders() == ()
    skew = remote.server_time()
    assert skew is not None
    assert abs(skew - datetime.now(UTC)) < timedelta(minutes=1)
    assert len(there.state.activities) == 1


def test_pairing_needs_no_token(there: StandIn) -> None:
    remote = HttpRemote(there.url, lambda: None, clock=CLOCK)
    assert remote.pair("GOOD-CODE", "laptop").token == TOKEN
    with pytest.raises(DeliveryUnauthorized):
        remote.pair("BAD", "laptop")
    with pytest.raises(DeliveryUnauthorized) as raised:
        remote.directory(0)
    assert raised.value.code == "not_paired"
    remote.close()


def test_a_wrong_token(there: StandIn) -> None:
    remote = HttpRemote(there.url, lambda: "wrong", clock=CLOCK)
    assert isinstance(outcome(remote), DeliveryUnauthorized)
    assert there.state.recorded == []
    remote.close()


@pytest.mark.parametrize("status", range(400, 600))
def test_every_status_asks_for_one_action(there: StandIn, remote: HttpRemote, status: int) -> None:
    there.next(standin.Status(status, retry_after="7"))
    error = outcome(remote)
    assert error.code == f"http_{status}"
    if status in (401, 403):
        assert isinstance(error, DeliveryUnauthorized)
    elif status in (408, 425, 429) or status >= 500:
        assert isinstance(error, DeliveryRetryable)
        assert error.retry_after == 7.0
    else:
        assert isinstance(error, DeliveryRefused)


@pytest.mark.parametrize("status", [201, 202, 204, 206, 301, 302, 304, 307, 308])
def test_no_server_of_ours_answers_so(there: StandIn, remote: HttpRemote, status: int) -> None:
    there.next(standin.Status(status))
    assert isinstance(outcome(remote), DeliveryRetryable)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html>Sign in to the hotel's network</html>",
        '{"results": [',
        "null",
        "[]",
        "{}",
        '{"results": null}',
        '{"results": [{"id": "no uuid", "result": "accepted"}]}',
        '{"results": [{"id": null, "result": "eaten"}]}',
        '{"results": []}',
        "\x00\xff",
    ],
)
def test_an_answer_that_makes_no_sense(there: StandIn, remote: HttpRemote, body: str) -> None:
    there.next(standin.Body(body))
    error = outcome(remote)
    assert isinstance(error, DeliveryRetryable)
    assert error.code in ("answer_malformed", "answer_wrong_count")


def test_an_answer_that_stops_in_the_middle(there: StandIn, remote: HttpRemote) -> None:
    there.next(standin.reset)
    error = outcome(remote)
    assert isinstance(error, DeliveryRetryable)
    assert error.code == "connection_broken"


def test_no_answer_in_time(there: StandIn) -> None:
    impatient = HttpRemote(
        there.url, lambda: TOKEN, clock=CLOCK, timeout=httpx.Timeout(0.2, connect=5.0)
    )
    there.next(standin.hang)
    error = outcome(impatient)
    assert isinstance(error, DeliveryRetryable)
    assert error.code == "server_timeout"
    impatient.close()


def test_nobody_listens() -> None:
    remote = HttpRemote(f"http://127.0.0.1:{standin.closed_port()}", lambda: TOKEN, clock=CLOCK)
    error = outcome(remote)
    assert isinstance(error, DeliveryRetryable)
    assert error.code == "server_unreachable"
    remote.close()


def test_an_error_never_carries_the_answers_text(there: StandIn, remote: HttpRemote) -> None:
    there.next(standin.Body('{"results": "绝密内容"}'))
    error = outcome(remote)
    assert error.__cause__ is None
    assert "绝密" not in repr(error)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("0", 0.0),
        ("120", 120.0),
        ("-5", None),
        ("Mon, 23 Nov 2026 02:01:00 GMT", 60.0),
        ("Mon, 23 Nov 2026 01:00:00 GMT", 0.0),
        ("99999999999999999999", None),
    ],
)
def test_retry_after(header: str | None, seconds: float | None) -> None:
    assert parse_retry_after(header, now=CLOCK.now()) == seconds

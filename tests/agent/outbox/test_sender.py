"""The outbox against a server that does everything a server can do wrong.

Proof by counting: whatever happens, in the end every item was recorded once, or stands in
quarantine with its reason, and nothing is missing.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from agent.errors import DeliveryUnauthorized
from agent.outbox.retry import CAP_S
from agent.outbox.schema import outbox
from agent.outbox.sender import Sender
from agent.outbox.store import Store
from agent.remote.http import HttpRemote
from agent.rules.identity import activity_id
from agent.testing import FrozenClock, MemoryServer
from tests.agent import standin
from tests.agent.making import activity, server
from tests.agent.outbox.test_store import page, stored
from tests.agent.standin import TOKEN, Mishap, StandIn


class Post:
    """A store with items to send, and a sender that time carries on."""

    def __init__(self, folder: Path, url: str, *, items: int, timeout: float = 5.0) -> None:
        self.clock = FrozenClock()
        self.store = Store.open(folder, clock=self.clock)
        self.token = TOKEN
        self.remote = HttpRemote(
            url, lambda: self.token, clock=self.clock, timeout=httpx.Timeout(timeout, connect=5.0)
        )
        self.sender = Sender(self.store.queue, self.remote, self.clock)
        self.store.put(page(*(stored(f"m{n}") for n in range(items))), now=self.clock.now())

    def flush_until_still(self, rounds: int = 60) -> list[str]:
        """Send, wait as long as the sender wants to, send again; the codes it met."""
        codes = []
        for _ in range(rounds):
            sent = self.sender.flush()
            if sent.code:
                codes.append(sent.code)
            if sent.wait_s is None:
                break
            self.clock.advance(seconds=sent.wait_s + 0.001)
        return codes

    def states(self) -> dict[str, int]:
        found: dict[str, int] = {}
        with self.store.database.read() as tx:
            for state in tx.execute(select(outbox.c.state)).scalars():
                found[state] = found.get(state, 0) + 1
        return found

    def close(self) -> None:
        self.remote.close()
        self.store.close()


@pytest.fixture
def there() -> Iterator[StandIn]:
    with StandIn(server()) as running:
        yield running


@pytest.fixture
def posts(tmp_path: Path, there: StandIn) -> Iterator[Callable[..., Post]]:
    made: list[Post] = []

    def post(items: int = 3, **fields: float) -> Post:
        made.append(Post(tmp_path / f"{len(made)}", there.url, items=items, **fields))
        return made[-1]

    yield post
    for one in made:
        one.close()


def keys(count: int) -> list[str]:
    return sorted(str(activity_id(f"mid:m{n}@mail")) for n in range(count))


def recorded(state: MemoryServer) -> list[str]:
    return sorted(str(key) for key in state.recorded)


@pytest.mark.parametrize("status", [s for s in range(400, 600) if s not in (401, 403)])
def test_after_any_status_everything_arrives_once_or_is_set_aside_with_its_reason(
    there: StandIn, posts: Callable[..., Post], status: int
) -> None:
    post = posts()
    there.next(standin.Status(status), standin.Status(status))
    codes = post.flush_until_still()
    retried = status in (408, 425, 429) or status >= 500
    if retried:
        assert codes == [f"http_{status}"] * 2
        assert recorded(there.state) == keys(3)
        assert post.states() == {"delivered": 3}
    else:
        # The whole, then the first half: a single item, which is to blame.
        assert post.states() == {"delivered": 2, "quarantined": 1}
        assert len(there.state.recorded) == 2
        with post.store.database.read() as tx:
            row = tx.execute(select(outbox).where(outbox.c.state == "quarantined")).one()
        assert row.last_error == f"http_{status}"
        assert row.payload is not None


MISHAPS: dict[str, Mishap] = {
    "reset": standin.reset,
    "committed, then reset": standin.commit_then_reset,
    "a result too few": standin.drop_first_result,
    "results of others": standin.swap_ids,
    "html": standin.Body("<html>welcome</html>", "text/html"),
    "cut json": standin.Body('{"results": ['),
    "wrong shape": standin.Body('{"ok": true}'),
    "empty": standin.Body(""),
}


@pytest.mark.parametrize("name", MISHAPS)
def test_after_any_mishap_everything_arrives_once(
    there: StandIn, posts: Callable[..., Post], name: str
) -> None:
    post = posts()
    there.next(MISHAPS[name], MISHAPS[name], MISHAPS[name])
    assert len(post.flush_until_still()) >= 1
    assert recorded(there.state) == keys(3)
    assert post.states() == {"delivered": 3}


@pytest.mark.parametrize("mishap", [standin.hang, standin.commit_then_hang])
def test_after_no_answer_everything_arrives_once(
    there: StandIn, posts: Callable[..., Post], mishap: Mishap
) -> None:
    post = posts(timeout=0.3)
    there.next(mishap)
    assert post.flush_until_still() == ["server_timeout"]
    assert recorded(there.state) == keys(3)
    assert post.states() == {"delivered": 3}


def test_a_server_that_is_away_for_days(tmp_path: Path) -> None:
    post = Post(tmp_path, f"http://127.0.0.1:{standin.closed_port()}", items=450)
    waited, began = [], post.clock.now()
    for _ in range(40):
        sent = post.sender.flush()
        assert (sent.state, sent.code) == ("waiting", "server_unreachable")
        assert sent.wait_s is not None
        waited.append(sent.wait_s)
        post.clock.advance(seconds=sent.wait_s + 0.001)
    assert max(waited) <= CAP_S
    assert (post.clock.now() - began).total_seconds() > 3600
    assert post.states() == {"pending": 450}
    post.remote.close()
    with StandIn(server()) as back:
        post.sender = Sender(
            post.store.queue, HttpRemote(back.url, lambda: TOKEN, clock=post.clock), post.clock
        )
        assert post.flush_until_still() == []
        assert recorded(back.state) == keys(450)
        # In full batches: a server that was away is no reason to suspect any item.
        assert back.state.requests == [200, 200, 50]
    post.close()


def test_a_refused_batch_is_halved_until_the_bad_item_stands_alone(
    there: StandIn, posts: Callable[..., Post]
) -> None:
    post = posts(items=64)
    bad = {activity_id("mid:m5@mail"), activity_id("mid:m40@mail")}
    there.state.poison = bad
    post.flush_until_still()
    assert post.states() == {"delivered": 62, "quarantined": 2}
    assert sorted(recorded(there.state) + [str(key) for key in bad]) == keys(64)
    assert len(there.state.requests) <= 1 + 4 * 6


def test_too_large_a_batch_is_halved_until_it_fits(
    there: StandIn, posts: Callable[..., Post]
) -> None:
    def at_most_ten(_server: StandIn, request: standin.Request) -> standin.Response | None:
        if len(request.get_json()["activities"]) > 10:
            return standin.error(413)
        return None

    post = posts(items=64)
    there.always = at_most_ten
    post.flush_until_still()
    assert post.states() == {"delivered": 64}
    assert recorded(there.state) == keys(64)


def test_an_item_that_upsets_the_server_holds_up_no_other(
    there: StandIn, posts: Callable[..., Post]
) -> None:
    bad = str(activity_id("mid:m1@mail"))

    def upset(_server: StandIn, request: standin.Request) -> standin.Response | None:
        sent = [item["id"] for item in request.get_json()["activities"]]
        return standin.error(500) if bad in sent else None

    post = posts(items=20)
    there.always = upset
    post.flush_until_still(rounds=30)
    assert post.states() == {"delivered": 19, "pending": 1}
    there.always = None
    post.flush_until_still()
    assert recorded(there.state) == keys(20)


def test_refusals_of_single_items_do_not_touch_the_others(
    there: StandIn, posts: Callable[..., Post]
) -> None:
    post = posts()
    stranger = activity("s", customer_id=99)
    post.store.put(page(stored("s", stranger), cursor="c2"), now=post.clock.now())
    post.flush_until_still()
    assert post.states() == {"delivered": 3, "quarantined": 1}
    assert post.store.ledger.counts("mail").quarantined == 1


def test_an_unaccepted_token_keeps_everything_and_stops_sending(
    there: StandIn, posts: Callable[..., Post]
) -> None:
    post = posts()
    post.token = "expired"
    for _ in range(3):
        sent = post.sender.flush()
        assert (sent.state, sent.wait_s) == ("auth", CAP_S)
    assert post.states() == {"pending": 3}
    assert there.seen == ["POST /api/v1/activities"] * 3
    post.token = TOKEN
    assert post.flush_until_still() == []
    assert recorded(there.state) == keys(3)


def test_retry_after_is_honoured(there: StandIn, posts: Callable[..., Post]) -> None:
    post = posts()
    there.next(standin.Status(429, retry_after="90"))
    sent = post.sender.flush()
    assert sent.wait_s is not None
    assert sent.wait_s >= 90
    post.clock.advance(seconds=89)
    assert post.sender.flush().state == "waiting"
    assert len(there.seen) == 1
    post.clock.advance(seconds=sent.wait_s)
    assert post.sender.flush().state == "ok"
    assert recorded(there.state) == keys(3)


def test_leases_of_a_sender_that_died_are_taken_up_again(
    there: StandIn, posts: Callable[..., Post]
) -> None:
    post = posts()
    assert len(post.store.queue.lease(9, now=post.clock.now())) == 3
    assert post.sender.flush().state == "ok"
    assert recorded(there.state) == keys(3)


def test_a_store_that_fails_while_booking_an_answer_sends_again_and_counts_once(
    there: StandIn, posts: Callable[..., Post]
) -> None:
    class Full(Exception):
        pass

    def fails_once(step: str) -> None:
        if step == "answered" and not failed:
            failed.append(step)
            raise Full

    failed: list[str] = []
    post = posts()
    sender = Sender(post.store.queue, post.remote, post.clock, at=fails_once)
    with pytest.raises(Full):
        sender.flush()
    assert post.states() == {"leased": 3}
    assert sender.flush().state == "ok"
    assert recorded(there.state) == keys(3)
    assert post.states() == {"delivered": 3}


def test_memory_server_and_http_agree_on_a_refused_token(tmp_path: Path) -> None:
    post = Post(tmp_path, "http://127.0.0.1:1", items=1)
    double = MemoryServer()
    double.down = DeliveryUnauthorized("http_401")
    assert Sender(post.store.queue, double, post.clock).flush().state == "auth"
    post.close()


def test_a_server_that_is_back_gets_at_once_what_waited_for_it(
    there: StandIn, posts: Callable[..., Post]
) -> None:
    post = posts(3)
    there.always = standin.Status(503)
    for _ in range(12):
        post.clock.advance(seconds=post.sender.flush().wait_s or 0.0)
    assert (post.sender.flush().wait_s or 0.0) > CAP_S / 4
    there.always = None
    assert post.sender.flush().state == "waiting"
    post.sender.resume()
    assert post.sender.flush().state == "ok"
    assert post.states() == {"delivered": 3}


def test_one_delivery_after_an_outage_brings_the_others_along(
    there: StandIn, posts: Callable[..., Post]
) -> None:
    post = posts(2)
    there.always = standin.Status(503)
    post.clock.advance(seconds=post.sender.flush().wait_s or 0.0)
    assert post.sender.flush().code == "http_503"
    there.always = None
    post.store.put(page(stored("fresh")), now=post.clock.now())
    assert post.sender.flush().state == "ok"
    assert post.states() == {"delivered": 3}


def test_what_the_server_asked_to_send_later_waits_though_it_is_back(
    there: StandIn, posts: Callable[..., Post]
) -> None:
    post = posts(1)
    there.next(standin.Status(429, retry_after="200"))
    post.sender.flush()
    post.sender.resume()
    assert post.sender.flush().wait_s == 200
    assert post.states() == {"pending": 1}

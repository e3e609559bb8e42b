"""Many laptops, pages and jobs at once: nobody is turned away, and every figure is exact."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

from sqlalchemy import func, select

from server.customers.models import Activity, ActivityCapture, ActivityCustomer, Customer
from server.customers.recording import settle_future
from server.followups.models import Reminder
from server.followups.service import sweep
from server.identity import service as identity


def at_once(*work: Callable[[], None]) -> None:
    """Run all of it at the same time; whatever one raises is raised here."""
    faults: list[BaseException] = []
    start = threading.Barrier(len(work))

    def run(one: Callable[[], None]) -> None:
        start.wait()
        try:
            one()
        except BaseException as fault:  # noqa: BLE001 - raised below
            faults.append(fault)

    threads = [threading.Thread(target=run, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert not any(thread.is_alive() for thread in threads)
    if faults:
        raise faults[0]


def number_of(world, table):
    with world.kernel.db.reading() as session:
        return session.scalar(select(func.count()).select_from(table))


def test_laptops_pages_and_jobs_at_once(world):
    batches, size, senders = 4, 10, ("chen", "chen", "lin", "boss")
    customer = {"chen": "huarui", "lin": "lingnan", "boss": "chilian"}
    mails = {
        (place, batch): [
            world.mail(customer[who], days_ago=1 + place * 0.1 + number * 0.001)
            for number in range(size)
        ]
        for place, who in enumerate(senders)
        for batch in range(batches)
    }
    with world.kernel.db.unit_of_work() as uow:
        code = identity.new_pairing_code(uow, world.principal("chen"))
    reply = world.call(None, "POST", "/devices/pair", json={"code": code, "kind": "agent"})
    world.tokens["device"] = reply.get_json()["token"]
    results: Counter[str] = Counter()

    def send(place: int, who: str) -> Callable[[], None]:
        def run() -> None:
            for batch in range(batches):
                # twice, as after a lost answer
                for _ in range(2):
                    for item in world.send(who, *mails[place, batch]):
                        results[item["result"]] += 1

        return run

    def beat() -> None:
        for number in range(20):
            body = {"version": f"{number}"}
            response = world.call("device", "POST", "/devices/heartbeat", json=body)
            assert response.status_code == 200

    def work() -> None:
        for _ in range(10):
            with world.kernel.db.unit_of_work() as uow:
                sweep(uow)
            with world.kernel.db.unit_of_work() as uow:
                settle_future(uow)

    def look() -> None:
        for _ in range(15):
            world.get("boss", "/customers")
            world.get("chen", f"/customers/{world.customers['huarui']}/timeline")

    at_once(*(send(place, who) for place, who in enumerate(senders)), beat, work, look)
    total = len(senders) * batches * size
    assert results == {"accepted": total, "duplicate": total}
    assert number_of(world, Activity) == number_of(world, ActivityCapture) == total
    for place, who in enumerate(senders):
        if place != 1:  # the second sender of chen's wrote older mails to the same customer
            newest = max(datetime.fromisoformat(m["occurred_at"]) for m in mails[place, 0])
            assert world.last_contacted(customer[who]) == newest


def test_five_laptops_send_the_same_mail_at_once(world):
    keys = [uuid4() for _ in range(12)]
    outcomes: list[str] = []

    def send(who: str, customer: str, order: int) -> Callable[[], None]:
        def run() -> None:
            batch = [world.mail(customer, key=key) for key in keys[::order]]
            outcomes.extend(item["result"] for item in world.send(who, *batch))

        return run

    at_once(
        send("chen", "huarui", 1),
        send("xu", "huarui", -1),
        send("boss", "huarui", 1),
        send("boss", "huarui", -1),
        send("lin", "lingnan", 1),
    )
    assert number_of(world, Activity) == len(keys)
    assert number_of(world, ActivityCustomer) == 2 * len(keys)
    assert number_of(world, ActivityCapture) == 4 * len(keys)
    assert Counter(outcomes)["accepted"] == 2 * len(keys), "once for each customer"


def test_what_two_record_at_once_both_moves_last_contacted(world):
    """The newer of two mails wins, whichever transaction ends first."""
    for round_ in range(8):
        older = world.mail("huarui", days_ago=0.9 - round_ * 0.1)
        newer = world.mail("huarui", days_ago=0.85 - round_ * 0.1)
        at_once(
            lambda mail=older: world.send("chen", mail), lambda mail=newer: world.send("xu", mail)
        )
        assert world.last_contacted("huarui") == datetime.fromisoformat(newer["occurred_at"])


def test_two_sweeps_at_once_claim_everything_once(world):
    world.clock.advance(days=20)
    opened: list[int] = []

    def run() -> None:
        with world.kernel.db.unit_of_work() as uow:
            opened.append(sweep(uow))

    at_once(*[run] * 4)
    assert sum(opened) == number_of(world, Reminder) == 6


def test_one_of_two_who_complete_the_same_reminder_tells_the_contact(world):
    world.clock.advance(days=12)
    with world.kernel.db.unit_of_work() as uow:
        sweep(uow)
    target = world.get("xu", "/reminders?state=open")["items"][0]["id"]
    statuses: list[int] = []

    def tell(who: str) -> Callable[[], None]:
        def run() -> None:
            path = f"/reminders/{target}/complete"
            answer = world.call(who, "POST", path, json={"note": "和客户通了电话"})
            statuses.append(answer.status_code)

        return run

    at_once(*(tell(who) for who in ("xu", "boss", "xu", "boss")))
    assert sorted(statuses) == [200, 409, 409, 409]
    assert number_of(world, Activity) == 1


def test_counters_miss_no_step(world):
    seen: list[int] = []

    def run() -> None:
        for _ in range(10):
            with world.kernel.db.unit_of_work() as uow:
                seen.append(uow.bump("fresh"))

    at_once(*[run] * 6)
    assert sorted(seen) == list(range(1, 61))


def test_customers_made_at_once_each_have_their_revision(world):
    def make(number: int) -> Callable[[], None]:
        def run() -> None:
            body = {"name": f"新客户{number}", "domains": [f"n{number}.example"]}
            assert world.call("chen", "POST", "/customers", json=body).status_code == 201

        return run

    at_once(*(make(number) for number in range(6)))
    with world.kernel.db.reading() as session:
        revisions = list(session.scalars(select(Customer.revision)))
    assert len(set(revisions)) == len(revisions)

"""The date of last contact: the newest that counts, never in the future, right after a correction."""

from datetime import timedelta
from uuid import UUID

from server.customers.corrections import relink
from server.customers.recording import settle_future


def test_the_newest_counting_item_wins(world):
    world.send(
        "chen",
        world.mail("huarui", days_ago=5),
        world.mail("huarui", days_ago=3, direction="outbound"),
        world.mail("huarui", days_ago=1, signals={"machine": "auto_reply"}),
    )
    card = world.get("chen", f"/customers/{world.customers['huarui']}")
    assert world.last_contacted("huarui") == world.clock.now() - timedelta(days=3)
    assert card["last_contacted"]["reason"] == "we_wrote"
    assert card["last_contacted"]["by"] == "陈晨"


def test_what_lies_in_the_future_counts_when_it_has_happened(world):
    start = world.clock.now() + timedelta(days=2)
    meeting = world.mail(
        "huarui",
        kind="meeting",
        direction="none",
        occurred_at=start.isoformat(),
        ended_at=(start + timedelta(hours=1)).isoformat(),
    )
    world.send("chen", meeting)
    assert world.last_contacted("huarui") is None
    for ahead, expected in ((timedelta(days=2, minutes=30), None), (timedelta(hours=1), start)):
        world.clock.moment += ahead
        with world.kernel.db.unit_of_work() as uow:
            settle_future(uow)
        assert world.last_contacted("huarui") == expected


def test_moving_a_conversation_recomputes_both_and_outlives_a_resync(world):
    first = world.mail("huarui", days_ago=4, thread="t1")
    second = world.mail("huarui", days_ago=2, thread="t1")
    other = world.mail("huarui", days_ago=6, thread="t2")
    world.send("chen", first, second, other)
    response = world.call(
        "chen",
        "POST",
        f"/activities/{first['id']}/relink",
        json={"customer_id": world.customers["chilian"], "whole_thread": True},
    )
    assert sorted(response.get_json()["moved"]) == sorted([first["id"], second["id"]])
    assert world.last_contacted("huarui") == world.clock.now() - timedelta(days=6)
    assert world.last_contacted("chilian") == world.clock.now() - timedelta(days=2)
    world.send("chen", {**second, "revision": 2})
    assert world.last_contacted("huarui") == world.clock.now() - timedelta(days=6)
    assert world.last_contacted("chilian") == world.clock.now() - timedelta(days=2)


def test_moving_needs_both_customers_to_be_visible(world):
    mail = world.mail("huarui")
    world.send("chen", mail)
    for who, target in (("chen", "lingnan"), ("lin", "lingnan"), ("lin", "huarui")):
        response = world.call(
            who,
            "POST",
            f"/activities/{mail['id']}/relink",
            json={"customer_id": world.customers[target]},
        )
        assert response.status_code == 404
    assert world.last_contacted("huarui") is not None


def test_moving_there_and_back_ends_where_it_began(world):
    mail = world.mail("huarui")
    world.send("chen", mail)
    for target in ("chilian", "huarui"):
        with world.kernel.db.unit_of_work() as uow:
            moved = relink(uow, world.principal("chen"), UUID(mail["id"]), world.customers[target])
            assert moved.activities == [UUID(mail["id"])]
    assert world.last_contacted("chilian") is None
    assert world.last_contacted("huarui") == world.clock.now() - timedelta(days=1)

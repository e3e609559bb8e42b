"""Whose timeline an item stands on, when laptops change their mind and people put it right."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from server.customers.corrections import relink
from server.customers.models import ActivityCustomer
from server.customers.service import Customer, hand_over


def places(world, key):
    """The customers an item stands with, by their names in the test company."""
    names = {value: name for name, value in world.customers.items()}
    with world.kernel.db.reading() as session:
        found = session.scalars(
            select(ActivityCustomer.customer_id).where(ActivityCustomer.activity_id == UUID(key))
        )
        return sorted(names[customer] for customer in found)


def test_a_laptop_that_changes_its_mind_takes_the_item_along(world):
    mail = world.mail("huarui", days_ago=1)
    world.send("chen", mail)
    better = {**world.mail("chilian", days_ago=1), "id": mail["id"], "revision": 2}
    assert world.send("chen", better)[0]["result"] == "accepted"
    assert places(world, mail["id"]) == ["chilian"]
    assert world.last_contacted("huarui") is None
    assert world.last_contacted("chilian") is not None


def test_an_older_revision_that_arrives_late_brings_no_customer_back(world):
    first = world.mail("huarui")
    second = {**world.mail("chilian"), "id": first["id"], "revision": 2}
    world.send("chen", second)
    assert world.send("chen", first)[0]["result"] == "duplicate"
    assert places(world, first["id"]) == ["chilian"]


def test_what_another_person_captured_stays_theirs(world):
    key = uuid4()
    world.send("chen", world.mail("huarui", key=key))
    world.send("lin", world.mail("lingnan", key=key))
    world.send("chen", {**world.mail("chilian", key=key), "revision": 2})
    assert places(world, str(key)) == ["chilian", "lingnan"]
    world.send("lin", {**world.mail("lingnan", key=key), "revision": 7})
    assert places(world, str(key)) == ["chilian", "lingnan"]


def test_a_link_that_two_people_made_outlives_the_change_of_one(world):
    key = uuid4()
    world.send("chen", world.mail("huarui", key=key))
    world.send("xu", world.mail("huarui", key=key))
    world.send("chen", {**world.mail("chilian", key=key), "revision": 2})
    assert places(world, str(key)) == ["chilian", "huarui"]


def test_what_a_person_moved_stays_whoever_sends_it_again(world):
    mail = world.mail("huarui")
    world.send("chen", mail)
    with world.kernel.db.unit_of_work() as uow:
        relink(uow, world.principal("chen"), UUID(mail["id"]), world.customers["chilian"])
    for revision in (2, 3):
        world.send("chen", {**mail, "revision": revision})
    assert world.send("xu", mail)[0]["result"] == "duplicate"
    assert places(world, mail["id"]) == ["chilian"]


def test_a_move_takes_nothing_from_the_customer_of_a_colleague(world):
    """One mail to two companies: chen corrects his, then lin's laptop sends hers."""
    key = uuid4()
    world.send("chen", world.mail("huarui", key=key))
    with world.kernel.db.unit_of_work() as uow:
        relink(uow, world.principal("chen"), key, world.customers["chilian"])
    assert world.send("lin", world.mail("lingnan", key=key))[0]["result"] == "accepted"
    assert places(world, str(key)) == ["chilian", "lingnan"]
    assert world.last_contacted("lingnan") is not None


def test_moved_twice_it_returns_to_neither(world):
    mail = world.mail("huarui")
    world.send("chen", mail)
    with world.kernel.db.unit_of_work() as uow:
        boss = world.principal("boss")
        relink(uow, boss, UUID(mail["id"]), world.customers["chilian"])
        relink(uow, boss, UUID(mail["id"]), world.customers["lingnan"])
    world.send("xu", mail)
    assert places(world, mail["id"]) == ["lingnan"]


def test_an_item_of_two_customers_moves_from_the_other_one(world):
    also = [{"customer_id": world.customers["chilian"], "confidence": 0.5, "why": "domain"}]
    mail = world.mail("huarui", also=also)
    world.send("chen", mail)
    path = f"/activities/{mail['id']}/relink"
    body = {"customer_id": world.customers["huarui"]}
    moved = world.call("chen", "POST", path, json=body).get_json()["moved"]
    assert moved == [mail["id"]]
    assert places(world, mail["id"]) == ["huarui"]
    assert world.last_contacted("chilian") is None
    assert world.call("chen", "POST", path, json=body).get_json()["moved"] == []


def test_moving_what_somebody_moved_meanwhile_says_so(world):
    mail = world.mail("huarui")
    world.send("chen", mail)
    path = f"/activities/{mail['id']}/relink"
    body = {
        "customer_id": world.customers["chilian"],
        "from_customer_id": world.customers["huarui"],
    }
    assert world.call("chen", "POST", path, json=body).status_code == 200
    again = world.call("xu", "POST", path, json=body)
    assert again.get_json()["error"]["code"] == "activity_not_found"


def test_a_contact_that_is_gone_or_of_others_is_left_out(world):
    theirs = world.get("lin", "/directory")["customers"][0]["contacts"][0]["id"]
    for contact in (theirs, 4711):
        mail = world.mail("huarui")
        mail["match"]["contact_id"] = contact
        assert world.send("chen", mail)[0]["result"] == "accepted"
    items = world.get("chen", f"/customers/{world.customers['huarui']}/timeline")["items"]
    assert [item["match"]["contact_id"] for item in items] == [None, None]


def test_a_rematch_after_a_hand_over_leaves_the_history_with_the_new_owner(world):
    mail = world.mail("huarui")
    world.send("chen", mail)
    with world.kernel.db.unit_of_work() as uow:
        customer = uow.session.get_one(Customer, world.customers["huarui"])
        hand_over(uow, customer, world.people["lin"], None)
    assert world.send("chen", {**mail, "revision": 2})[0]["code"] == "not_your_customer"
    assert places(world, mail["id"]) == ["huarui"]


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1)])
def test_one_batch_with_one_id_in_several_revisions(world, order):
    mail = world.mail("huarui")
    items = [{**mail, "revision": number, "text": f"{number}"} for number in order]
    results = [item["result"] for item in world.send("chen", *items)]
    assert results == ["accepted" if number == 3 else "duplicate" for number in order]
    [item] = world.get("chen", f"/customers/{world.customers['huarui']}/timeline")["items"]
    assert item["text"] == "3"


def test_what_people_said_of_a_tag_outlives_a_better_transcript(world):
    tag = {"category": "budget", "status": "asserted", "start": 0, "end": 6, "text": "今年预算紧张"}
    tag |= {"speaker": "customer", "score": 0.9}
    call = world.mail("huarui", kind="call", text="今年预算紧张", tags=[tag])
    world.send("chen", call)
    path = f"/customers/{world.customers['huarui']}/timeline"
    [held] = world.get("chen", path)["items"][0]["tags"]
    world.call("chen", "POST", f"/tags/{held['id']}/reject")
    moved = {**tag, "start": 2, "end": 8}
    other = {**tag, "category": "timeline", "text": "今年", "end": 2}
    world.send("chen", {**call, "revision": 2, "text": "嗯，今年预算紧张", "tags": [moved, other]})
    tags = world.get("chen", path)["items"][0]["tags"]
    assert [(t["category"], t["verdict"]) for t in tags] == [
        ("budget", "rejected"),
        ("timeline", None),
    ]


def test_contacts_at_the_same_moment_have_one_newest_and_it_stands_on_top(world):
    at = (world.clock.now() - timedelta(days=1)).isoformat()
    mails = [world.mail("huarui", occurred_at=at) for _ in range(5)]
    world.send("chen", *mails)
    card = world.get("chen", f"/customers/{world.customers['huarui']}")
    items = world.get("chen", f"/customers/{world.customers['huarui']}/timeline")["items"]
    assert card["last_contacted"]["activity_id"] == items[0]["id"]


def test_a_huge_batch_is_written_in_pieces(world):
    from agent.contract.activity import Activity  # noqa: PLC0415
    from server.customers.recording import CHUNK, record_activities  # noqa: PLC0415

    mails = [world.mail("huarui") for _ in range(CHUNK + 30)]
    with world.kernel.db.unit_of_work() as uow:
        parsed = [Activity.model_validate(mail) for mail in mails]
        news = record_activities(uow, parsed, by_id=world.people["chen"].id)
        assert news == [True] * len(mails)
    with world.kernel.db.unit_of_work() as uow:
        again = record_activities(uow, parsed, by_id=world.people["chen"].id)
        assert again == [False] * len(mails)


def test_an_honest_copy_of_a_colleagues_mail_can_change_its_mind_too(world):
    """lin may not rewrite chen's mail; where her own copy of it belongs is hers to say."""
    with world.kernel.db.unit_of_work() as uow:
        customer = uow.session.get_one(Customer, world.customers["chilian"])
        hand_over(uow, customer, world.people["lin"], None)
    key = uuid4()
    world.send("chen", world.mail("huarui", key=key))
    world.send("lin", world.mail("lingnan", key=key))
    assert places(world, str(key)) == ["huarui", "lingnan"]
    rematched = {**world.mail("chilian", key=key), "revision": 2}
    assert world.send("lin", rematched)[0]["result"] == "accepted"
    assert places(world, str(key)) == ["chilian", "huarui"]

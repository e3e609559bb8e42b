"""Reminders: opened once per anchor, closed by contact only, re-armed when a contact was not theirs."""

from datetime import timedelta
from uuid import UUID

import pytest

from server.customers.corrections import relink
from server.customers.service import Customer, hand_over
from server.followups.service import sweep


def swept(world):
    with world.kernel.db.unit_of_work() as uow:
        return sweep(uow)


def reminders(world, who="chen", state="open"):
    return world.get(who, f"/reminders?state={state}")["items"]


def about(items):
    return [(item["customer"][:2], item["level"], item["days_without_contact"]) for item in items]


def test_seven_days_reach_the_owner_and_fourteen_the_manager(world):
    world.send("chen", world.mail("huarui", days_ago=0))
    for days, owner, manager in ((6.99, 0, 0), (0.01, 1, 0), (6.99, 1, 0), (0.02, 1, 1)):
        world.clock.advance(days=days)
        swept(world)
        mine = [item for item in reminders(world) if item["customer"].startswith("苏州")]
        theirs = [item for item in reminders(world, "xu") if item["customer"].startswith("苏州")]
        assert (len(mine), len(theirs)) == (owner, manager)


def test_a_second_sweep_opens_nothing(world):
    world.clock.advance(days=20)
    assert swept(world) == 6, "three customers, owner and manager level"
    assert swept(world) == 0
    world.clock.advance(days=40)
    assert swept(world) == 0, "the same anchor is claimed already"


def test_a_customer_never_contacted_is_counted_from_its_creation(world):
    world.clock.advance(days=4.1)
    swept(world)
    assert about(reminders(world)) == [("苏州", "owner", 7), ("宁波", "owner", 7)]


def test_a_recorded_contact_closes_and_the_next_silence_opens_again(world):
    world.clock.advance(days=10)
    swept(world)
    mail = world.mail("huarui", days_ago=0)
    world.send("chen", mail)
    assert about(reminders(world)) == [("宁波", "owner", 13)]
    done = reminders(world, state="done")
    assert [item["customer"][:2] for item in done] == ["苏州"]
    world.clock.advance(days=8)
    swept(world)
    assert [c for c, _, _ in about(reminders(world))] == ["宁波", "苏州"]


def test_machine_mail_closes_nothing(world):
    world.clock.advance(days=10)
    swept(world)
    world.send("chen", world.mail("huarui", days_ago=0, signals={"machine": "auto_reply"}))
    assert len(reminders(world)) == 2


def test_a_contact_that_was_not_theirs_rearms_the_reminder(world):
    world.clock.advance(days=10)
    swept(world)
    mail = world.mail("huarui", days_ago=0)
    world.send("chen", mail)
    with world.kernel.db.unit_of_work() as uow:
        relink(uow, world.principal("chen"), UUID(mail["id"]), world.customers["chilian"])
    assert about(reminders(world)) == [("苏州", "owner", 13)]


def test_completing_needs_contact(world):
    world.clock.advance(days=10)
    swept(world)
    target = reminders(world)[0]["id"]
    for note in ("", "下周再说", "计划明天拜访", "打了电话没人接，未接"):
        response = world.call("chen", "POST", f"/reminders/{target}/complete", json={"note": note})
        assert response.status_code == 422, note
        assert response.get_json()["error"]["code"] == "contact_required"
    told = {"note": "和赵工通了电话，他确认下周走合同"}
    response = world.call("chen", "POST", f"/reminders/{target}/complete", json=told)
    assert response.get_json()["state"] == "done"
    assert world.last_contacted("huarui") == world.clock.now()
    again = world.call("chen", "POST", f"/reminders/{target}/complete", json=told)
    assert again.status_code == 409


def test_dismissing_needs_a_reason(world):
    world.clock.advance(days=10)
    swept(world)
    target = reminders(world)[0]["id"]
    refused = world.call("chen", "POST", f"/reminders/{target}/dismiss", json={"reason": " "})
    assert refused.get_json()["error"]["code"] == "reason_required"
    done = world.call("chen", "POST", f"/reminders/{target}/dismiss", json={"reason": "客户停产"})
    assert done.get_json()["state"] == "dismissed"
    world.clock.advance(days=0.5)
    assert swept(world) == 0


def test_a_snoozed_reminder_wakes(world):
    world.clock.advance(days=10)
    swept(world)
    target = reminders(world)[0]["id"]
    until = world.clock.now() + timedelta(days=2)
    path = f"/reminders/{target}/snooze"
    assert world.call("chen", "POST", path, json={"until": until.isoformat()}).status_code == 200
    assert len(reminders(world)) == 1
    world.clock.advance(days=2)
    swept(world)
    assert len(reminders(world)) == 2
    far = (world.clock.now() + timedelta(days=31)).isoformat()
    assert world.call("chen", "POST", path, json={"until": far}).status_code == 422


@pytest.mark.parametrize("action", ["complete", "snooze", "dismiss"])
def test_nobody_touches_the_reminders_of_others(world, action):
    world.clock.advance(days=10)
    swept(world)
    target = reminders(world)[0]["id"]
    body = {"note": "通了电话", "reason": "停产", "until": world.clock.now().isoformat()}
    for who in ("lin", "gu"):
        response = world.call(who, "POST", f"/reminders/{target}/{action}", json=body)
        assert response.status_code == 404


def test_reminders_go_along_with_the_customer(world):
    world.clock.advance(days=10)
    swept(world)
    with world.kernel.db.unit_of_work() as uow:
        customer = uow.session.get_one(Customer, world.customers["huarui"])
        hand_over(uow, customer, world.people["lin"], None)
    assert ("苏州", "owner", 13) in about(reminders(world, "lin"))
    assert all(name != "苏州" for name, _, _ in about(reminders(world)))


def test_closed_customers_are_left_in_peace(world):
    with world.kernel.db.unit_of_work() as uow:
        uow.session.get_one(Customer, world.customers["huarui"]).stage = "won"
    world.clock.advance(days=30)
    swept(world)
    assert all(name != "苏州" for name, _, _ in about(reminders(world)))


def test_the_list_is_paged_without_gaps(world):
    world.clock.advance(days=10)
    swept(world)
    first = world.get("chen", "/reminders?state=open&limit=1")
    second = world.get("chen", f"/reminders?state=open&limit=1&cursor={first['cursor']}")
    assert [i["customer"][:2] for i in first["items"] + second["items"]] == ["苏州", "宁波"]
    assert second["cursor"] is None
    bad = world.call("chen", "GET", "/reminders?cursor=nonsense")
    assert bad.status_code == 422


def test_who_leads_sees_the_owners_reminders_on_the_card_and_an_admin_in_the_list(world):
    world.clock.advance(days=5)
    swept(world)
    card = world.get("xu", f"/customers/{world.customers['huarui']}")
    assert [item["level"] for item in card["open_reminders"]] == ["owner"]
    assert reminders(world, "xu") == [], "nothing asks anything of the manager yet"
    assert [name for name, _, _ in about(reminders(world, "boss"))] == ["苏州", "宁波", "岭南"]

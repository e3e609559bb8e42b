"""Reminders when the ground moves: corrections, hand-over, closed deals, policy, clocks."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from server.customers.corrections import relink
from server.customers.recording import recompute_last_contact
from server.customers.service import Customer, Deal, hand_over, refresh_stage
from server.followups.models import Reminder
from server.followups.service import sweep
from server.kernel.events import OwnerChanged
from server.kernel.policy import change_policy, current_policy


def swept(world):
    with world.kernel.db.unit_of_work() as uow:
        return sweep(uow)


def of(world, customer="huarui"):
    """(level, state, reason, owner) of a customer's reminders, the oldest first."""
    names = {person.id: key for key, person in world.people.items()}
    with world.kernel.db.reading() as session:
        rows = session.scalars(
            select(Reminder)
            .where(Reminder.customer_id == world.customers[customer])
            .order_by(Reminder.anchor, Reminder.level.desc())
        )
        return [(r.level, r.state, r.close_reason, names[r.owner_id]) for r in rows]


def moved(world, mail, to="chilian"):
    with world.kernel.db.unit_of_work() as uow:
        relink(uow, world.principal("boss"), UUID(mail["id"]), world.customers[to])


def set_stage(world, stage, customer="huarui"):
    with world.kernel.db.unit_of_work() as uow:
        row = uow.session.get_one(Customer, world.customers[customer])
        deal = uow.session.scalars(select(Deal).where(Deal.customer_id == row.id)).one()
        deal.stage, deal.closed_at = stage, uow.clock.now()
        refresh_stage(uow, row)


def test_a_withdrawn_contact_leaves_one_reminder_not_two(world):
    """Opened eight days after a mail that then turns out to be another company's."""
    mail = world.mail("huarui", days_ago=0)
    world.send("chen", mail)
    world.clock.advance(days=8)
    swept(world)
    moved(world, mail)
    swept(world)
    assert [(level, state) for level, state, _, _ in of(world) if level == "owner"] == [
        ("owner", "open"),
        ("owner", "done"),
    ]
    assert of(world)[-1] == ("owner", "done", "contact_withdrawn", "chen")
    # and when it was theirs after all, the claim of that contact is the one that waits
    moved(world, mail, to="huarui")
    waiting = [row for row in of(world) if row[1] == "open"]
    assert waiting == [("owner", "open", "", "chen")]


def test_what_opens_again_is_its_present_owners(world):
    world.clock.advance(days=10)
    swept(world)
    mail = world.mail("huarui", days_ago=0)
    world.send("chen", mail)
    with world.kernel.db.unit_of_work() as uow:
        row = uow.session.get_one(Customer, world.customers["huarui"])
        hand_over(uow, row, world.people["lin"], None)
    moved(world, mail, to="lingnan")
    assert of(world) == [("owner", "open", "", "lin")]
    mine = world.get("lin", "/reminders?state=open")["items"]
    assert [item["customer"][:2] for item in mine] == ["苏州"]


def test_a_dismissed_silence_stays_dismissed_when_a_contact_is_withdrawn(world):
    world.clock.advance(days=10)
    swept(world)
    first = world.get("chen", "/reminders?state=open")["items"][0]["id"]
    world.call("chen", "POST", f"/reminders/{first}/dismiss", json={"reason": "客户停产"})
    mail = world.mail("huarui", days_ago=0)
    world.send("chen", mail)
    moved(world, mail)
    swept(world)
    assert of(world) == [("owner", "dismissed", "客户停产", "chen")]


def test_contact_ends_a_snooze_and_its_withdrawal_wakes_it(world):
    world.clock.advance(days=10)
    swept(world)
    first = world.get("chen", "/reminders?state=open")["items"][0]["id"]
    until = (world.clock.now() + timedelta(days=5)).isoformat()
    world.call("chen", "POST", f"/reminders/{first}/snooze", json={"until": until})
    mail = world.mail("huarui", days_ago=0)
    world.send("chen", mail)
    assert of(world) == [("owner", "done", "contact", "chen")]
    moved(world, mail)
    [item] = [i for i in world.get("chen", "/reminders?state=open")["items"] if i["id"] == first]
    assert item["snoozed_until"] is None


def test_a_dismissed_snooze_rests_no_longer(world):
    world.clock.advance(days=10)
    swept(world)
    first = world.get("chen", "/reminders?state=open")["items"][0]["id"]
    until = (world.clock.now() + timedelta(days=5)).isoformat()
    world.call("chen", "POST", f"/reminders/{first}/snooze", json={"until": until})
    done = world.call("chen", "POST", f"/reminders/{first}/dismiss", json={"reason": "停产"})
    assert done.get_json()["snoozed_until"] is None


def test_reminders_of_a_closed_deal_close_and_open_again_with_it(world):
    world.clock.advance(days=12)
    swept(world)
    set_stage(world, "lost")
    swept(world)
    assert of(world) == [
        ("owner", "done", "deal_closed", "chen"),
        ("manager", "done", "deal_closed", "chen"),
    ]
    set_stage(world, "negotiation")
    swept(world)
    assert {state for _, state, _, _ in of(world)} == {"open"}


def test_a_contact_withdrawn_after_the_deal_closed_reminds_nobody(world):
    world.clock.advance(days=10)
    swept(world)
    mail = world.mail("huarui", days_ago=0)
    world.send("chen", mail)
    set_stage(world, "won")
    moved(world, mail)
    swept(world)
    assert {state for _, state, _, _ in of(world)} == {"done"}


def test_a_customer_without_an_owner_has_nobody_to_remind(world):
    world.clock.advance(days=12)
    swept(world)
    with world.kernel.db.unit_of_work() as uow:
        customer = uow.session.get_one(Customer, world.customers["huarui"])
        customer.owner_id = None
        uow.record(OwnerChanged((customer.id,)))
    assert {row[1:3] for row in of(world)} == {("done", "no_owner")}
    with world.kernel.db.unit_of_work() as uow:
        customer = uow.session.get_one(Customer, world.customers["huarui"])
        hand_over(uow, customer, world.people["lin"], None)
    assert {row[1:] for row in of(world)} == {("open", "", "lin")}


def test_an_escalated_one_goes_to_the_new_team(world):
    world.clock.advance(days=12)
    swept(world)
    with world.kernel.db.unit_of_work() as uow:
        customer = uow.session.get_one(Customer, world.customers["huarui"])
        hand_over(uow, customer, world.people["lin"], None)
    assert [row[3] for row in of(world)] == ["lin", "lin"]
    theirs = world.get("xu", "/reminders?state=open")["items"]
    assert all(item["customer_id"] != world.customers["huarui"] for item in theirs)


def test_a_manager_who_tells_of_a_contact_had_it(world):
    world.clock.advance(days=12)
    swept(world)
    [item] = [
        item
        for item in world.get("xu", "/reminders?state=open")["items"]
        if item["customer_id"] == world.customers["huarui"]
    ]
    told = world.call(
        "xu", "POST", f"/reminders/{item['id']}/complete", json={"note": "和赵工通了电话"}
    )
    assert told.get_json()["state"] == "done"
    assert {row[1:3] for row in of(world)} == {("done", "contact")}
    card = world.get("chen", f"/customers/{world.customers['huarui']}")
    assert card["last_contacted"]["by"] == "许文静"


def test_another_threshold_takes_hold_with_the_next_sweep(world):
    world.clock.advance(days=1)
    assert swept(world) == 0
    with world.kernel.db.unit_of_work() as uow:
        stricter = current_policy(uow.session).model_copy(update={"remind_after_days": 3})
        change_policy(uow, stricter, None)
    assert swept(world) == 3
    with world.kernel.db.unit_of_work() as uow:
        milder = current_policy(uow.session).model_copy(update={"remind_after_days": 30})
        change_policy(uow, milder, None)
    assert swept(world) == 0
    [item] = world.get("lin", "/reminders?state=open")["items"]
    assert item["due_at"] <= world.clock.now().isoformat(), "what was due when it opened stays"


def test_a_clock_set_back_opens_and_closes_nothing(world):
    world.send("chen", world.mail("huarui", days_ago=0))
    world.clock.advance(days=8)
    swept(world)
    before = of(world)
    world.clock.advance(days=-3)
    assert swept(world) == 0
    assert of(world) == before
    with world.kernel.db.unit_of_work() as uow:
        recompute_last_contact(uow, [world.customers["huarui"]])
    assert of(world) == before


def test_a_sweep_that_changes_nothing_wakes_no_page(world):
    world.clock.advance(days=10)

    def feed():
        from server.kernel.db import counter_value  # noqa: PLC0415

        with world.kernel.db.reading() as session:
            return counter_value(session, "feed")

    swept(world)
    before = feed()
    swept(world)
    assert feed() == before

"""Erasing what one's own devices delivered, and nothing of anybody else's."""

import json
from uuid import UUID, uuid4, uuid5

import pytest
from sqlalchemy import func, select

from server.customers.models import (
    Activity,
    ActivityCapture,
    ActivityCommitment,
    ActivityCustomer,
    ActivityParticipant,
    ActivityTag,
)
from server.followups.models import Reminder
from server.followups.service import sweep
from server.identity import service as identity
from server.identity.models import AuditEntry

ZHAO = "zhao@huarui.example"
TAG = {
    "category": "budget", "status": "asserted", "start": 0, "end": 2, "text": "今年",
    "speaker": "customer", "score": 1,
}  # fmt: skip
PROMISE = {"start": 0, "end": 2, "text": "今年", "due": "2026-12-01", "owner": "rep"}
PARTS = (
    Activity,
    ActivityCapture,
    ActivityCommitment,
    ActivityCustomer,
    ActivityParticipant,
    ActivityTag,
)


@pytest.fixture
def devices(world):
    """Everybody has paired a laptop: ``chen@`` and so on are the tokens of those."""
    for who in ("chen", "lin", "xu", "gu", "boss"):
        with world.kernel.db.unit_of_work() as uow:
            code = identity.new_pairing_code(uow, world.principal(who))
        body = {"code": code, "kind": "agent", "name": f"{who}-laptop"}
        reply = world.call(None, "POST", "/devices/pair", json=body)
        world.tokens[f"{who}@"] = reply.get_json()["token"]
    return world


def forget(world, who, **wanted):
    response = world.call(who, "POST", "/forget", json={"id": str(uuid4()), **wanted})
    assert response.status_code == 200, response.get_data(as_text=True)
    return response.get_json()


def counts(world):
    with world.kernel.db.reading() as session:
        return {
            part.__tablename__: session.scalar(select(func.count()).select_from(part))
            for part in PARTS
        }


def test_it_is_gone_with_all_its_parts_and_last_contact_moves_back(devices):
    old = devices.mail(
        "huarui",
        days_ago=5,
        participants=[{"role": "from", "email": "wu@huarui.example", "side": "customer"}],
    )
    new = devices.mail("huarui", days_ago=1, tags=[TAG], commitments=[PROMISE])
    devices.send("chen@", old, new)
    assert forget(devices, "chen@", emails=[ZHAO.upper()]) == {"erased": 1, "kept": 0}
    assert devices.last_contacted("huarui").isoformat() == old["occurred_at"]
    assert counts(devices)["activity"] == 1
    assert counts(devices)["activity_tag"] == counts(devices)["activity_commitment"] == 0
    assert forget(devices, "chen@", domains=["huarui.example"]) == {"erased": 1, "kept": 0}
    assert devices.last_contacted("huarui") is None
    assert set(counts(devices).values()) == {0}


def test_asking_again_changes_nothing_more(devices):
    devices.send("chen@", devices.mail("huarui"))
    assert forget(devices, "chen@", emails=[ZHAO]) == {"erased": 1, "kept": 0}
    assert forget(devices, "chen@", emails=[ZHAO]) == {"erased": 0, "kept": 0}


def test_reminders_follow_the_contact_that_is_gone(devices):
    devices.send("chen@", devices.mail("huarui", days_ago=1))
    devices.clock.advance(days=5)
    with devices.kernel.db.unit_of_work() as uow:
        sweep(uow)
    before = _open_reminders(devices)
    forget(devices, "chen@", emails=[ZHAO])
    assert devices.last_contacted("huarui") is None
    with devices.kernel.db.unit_of_work() as uow:
        sweep(uow)
    # Created eight days ago and, as far as anybody knows now, never contacted.
    assert _open_reminders(devices) == before + 1


def _open_reminders(world):
    with world.kernel.db.reading() as session:
        return session.scalar(
            select(func.count())
            .select_from(Reminder)
            .where(Reminder.customer_id == world.customers["huarui"], Reminder.state == "open")
        )


@pytest.mark.parametrize("who", ["lin@", "xu@", "boss@"])
def test_nobody_erases_what_others_delivered(devices, who):
    mail = devices.mail("huarui", tags=[TAG])
    devices.send("chen@", mail)
    before = counts(devices)
    for wanted in (
        {"emails": [ZHAO]},
        {"domains": ["huarui.example"]},
        {"activities": [mail["id"]]},
    ):
        assert forget(devices, who, **wanted) == {"erased": 0, "kept": 0}
    assert counts(devices) == before


def test_only_a_paired_device_may_ask(devices):
    devices.send("chen@", devices.mail("huarui"))
    body = {"id": str(uuid4()), "emails": [ZHAO]}
    response = devices.call("chen", "POST", "/forget", json=body)
    assert (response.status_code, response.get_json()["error"]["code"]) == (403, "devices_only")
    assert devices.call("gu@", "POST", "/forget", json=body).status_code == 403
    assert counts(devices)["activity"] == 1


@pytest.mark.parametrize(
    "wanted",
    [
        {"emails": ["no address"]},
        {"domains": ["no domain!"]},
        {"activities": ["x"]},
        {"emails": "a@b.example"},
        {"emails": ["a" * 400]},
    ],
)
def test_nonsense_is_refused(devices, wanted):
    devices.send("chen@", devices.mail("huarui"))
    response = devices.call("chen@", "POST", "/forget", json={"id": str(uuid4()), **wanted})
    assert response.status_code == 422, response.get_data(as_text=True)
    assert counts(devices)["activity"] == 1


def test_nothing_named_is_nothing_erased(devices):
    devices.send("chen@", devices.mail("huarui"))
    assert forget(devices, "chen@") == {"erased": 0, "kept": 0}
    assert forget(devices, "chen@", domains=["%", "_"][:0]) == {"erased": 0, "kept": 0}


def test_a_domain_takes_what_lies_below_it_and_not_what_ends_alike(devices):
    def from_(address):
        return devices.mail(
            "huarui", participants=[{"role": "from", "email": address, "side": "customer"}]
        )

    below, alike = from_("x@mail.huarui.example"), from_("x@nothuarui.example")
    devices.send("chen@", below, alike)
    assert forget(devices, "chen@", domains=["huarui.example"]) == {"erased": 1, "kept": 0}
    assert counts(devices)["activity"] == 1


def test_ones_own_side_is_nobody_to_forget(devices):
    devices.send("chen@", devices.mail("huarui"))
    assert forget(devices, "chen@", emails=["chen@yuanshan.example"]) == {"erased": 0, "kept": 0}


def shared(devices):
    """One mail to two reps, each for a customer of his own."""
    mail = devices.mail("huarui", key=UUID(int=7))
    twin = {**mail, "match": {**mail["match"], "customer_id": devices.customers["lingnan"]}}
    devices.send("chen@", mail)
    devices.send("lin@", twin)
    return mail


def test_a_colleagues_copy_stays_the_colleagues(devices):
    shared(devices)
    assert forget(devices, "chen@", emails=[ZHAO]) == {"erased": 0, "kept": 1}
    assert devices.get("chen", f"/customers/{devices.customers['huarui']}/timeline")["items"] == []
    assert devices.last_contacted("huarui") is None
    (left,) = devices.get("lin", f"/customers/{devices.customers['lingnan']}/timeline")["items"]
    assert left["by"] == "林晓雨"
    assert devices.last_contacted("lingnan") is not None
    assert forget(devices, "lin@", emails=[ZHAO]) == {"erased": 1, "kept": 0}
    assert set(counts(devices).values()) == {0}


def test_ones_own_copy_of_a_differing_mail_goes_by_its_id_too(devices):
    mail = devices.mail("huarui", key=UUID(int=8))
    other = {
        **mail,
        "text": "别的正文",
        "match": {**mail["match"], "customer_id": devices.customers["lingnan"]},
    }
    devices.send("chen@", mail)
    devices.send("lin@", other)
    copy = uuid5(UUID(int=8), f"copy of {devices.people['lin'].id}")
    with devices.kernel.db.reading() as session:
        assert session.get(Activity, copy) is not None
    assert forget(devices, "lin@", activities=[mail["id"]]) == {"erased": 1, "kept": 0}
    with devices.kernel.db.reading() as session:
        assert session.get(Activity, copy) is None
        assert session.get(Activity, UUID(int=8)) is not None


def test_an_item_a_person_moved_goes_all_the_same(devices):
    mail = devices.mail("huarui")
    devices.send("chen@", mail)
    to = {"customer_id": devices.customers["chilian"]}
    assert (
        devices.call("chen", "POST", f"/activities/{mail['id']}/relink", json=to).status_code == 200
    )
    assert forget(devices, "chen@", emails=[ZHAO]) == {"erased": 1, "kept": 0}
    assert devices.last_contacted("chilian") is None
    assert set(counts(devices).values()) == {0}


def test_it_comes_back_when_it_is_sent_anew(devices):
    mail = devices.mail("huarui")
    devices.send("chen@", mail)
    forget(devices, "chen@", activities=[mail["id"]])
    assert devices.send("chen@", mail)[0]["result"] == "accepted"


def test_the_audit_log_says_how_much_and_not_whom(devices):
    devices.send("chen@", devices.mail("huarui"))
    forget(devices, "chen@", emails=[ZHAO])
    with devices.kernel.db.reading() as session:
        entry = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "activity.forget")
        ).one()
    assert json.loads(entry.after) == {"erased": 1, "kept": 0}
    assert "zhao" not in f"{entry.subject}{entry.before}{entry.after}{entry.why}"
    assert entry.person_id == devices.people["chen"].id


def test_more_than_one_statement_takes(devices):
    for start in range(0, 450, 150):
        devices.send(
            "chen@", *(devices.mail("huarui", key=UUID(int=1_000 + start + n)) for n in range(150))
        )
    assert forget(devices, "chen@", emails=[ZHAO]) == {"erased": 450, "kept": 0}
    assert set(counts(devices).values()) == {0}

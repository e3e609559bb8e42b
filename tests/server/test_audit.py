"""Every change a person makes is written down: who, when, what."""

import re

from sqlalchemy import func, select

from server.followups.service import sweep
from server.identity import service as identity
from server.identity.models import AuditEntry


def filled(rule):
    return re.sub(r"<[^>]+>", "1", rule)


CHANGES = {
    ("POST", "/customers"): ({"name": "新客户"}, "customer.create"),
    ("POST", "/customers/adopt"): (
        {"name": "新域名", "domains": ["neu.example"]},
        "customer.create",
    ),
    ("PATCH", "/customers/<int:customer_id>"): ({"grade": "A"}, "customer.change"),
    ("POST", "/activities/<uuid:activity_id>/relink"): ({"customer_id": 2}, "activity.relink"),
    ("POST", "/tags/<int:tag_id>/<verdict>"): ({}, "tag.confirmed"),
    ("POST", "/reminders/<int:reminder_id>/snooze"): (
        {"until": "2026-12-10T00:00:00Z"},
        "reminder.snooze",
    ),
    ("POST", "/reminders/<int:reminder_id>/dismiss"): ({"reason": "停产了"}, "reminder.dismiss"),
    ("POST", "/reminders/<int:reminder_id>/complete"): ({"note": "通了电话"}, "reminder.complete"),
    ("POST", "/devices/pair"): ({}, "device.pair"),
}
NO_CHANGES = {("POST", "/activities"), ("POST", "/devices/heartbeat"), ("POST", "/forget")}
"""What devices report or ask. ``tests/server/ingest/test_forget.py`` reads what the last one leaves."""


def test_every_change_a_person_makes_is_written_down(world):
    writing = {
        (method, rule.rule.removeprefix("/api/v1"))
        for rule in world.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/v1/")
    }
    assert writing == CHANGES.keys() | NO_CHANGES
    tag = {"category": "budget", "status": "asserted", "start": 0, "end": 2, "text": "今年"}
    mail = world.mail("huarui", days_ago=2, tags=[{**tag, "speaker": "customer", "score": 1}])
    world.send("chen", mail)
    world.clock.advance(days=10)
    with world.kernel.db.unit_of_work() as uow:
        sweep(uow)
        code = identity.new_pairing_code(uow, world.principal("chen"))
    [item] = world.get("chen", f"/customers/{world.customers['huarui']}/timeline")["items"]
    for (method, rule), (body, action) in CHANGES.items():
        path = filled(
            rule.replace("<int:customer_id>", str(world.customers["huarui"]))
            .replace("<uuid:activity_id>", mail["id"])
            .replace("<int:tag_id>", str(item["tags"][0]["id"]))
            .replace("<verdict>", "confirm")
        )
        sent = {"code": code, "kind": "agent"} if rule == "/devices/pair" else body
        if "reminder" in rule:
            held = world.get("chen", "/reminders")["items"]
            waiting = [r["id"] for r in held if r["state"] in ("open", "snoozed")]
            path = path.replace("/reminders/1/", f"/reminders/{waiting[0]}/")
        assert world.call("chen", method, path, json=sent).status_code in (200, 201), rule
        with world.kernel.db.reading() as session:
            by = session.scalar(
                select(func.count())
                .select_from(AuditEntry)
                .where(AuditEntry.action == action, AuditEntry.person_id == world.people["chen"].id)
            )
        assert by, action


def test_revoking_a_device_and_choosing_a_language_are_written_down(world):
    client = world.signed_in("chen")
    with world.kernel.db.unit_of_work() as uow:
        code = identity.new_pairing_code(uow, world.principal("chen"))
    world.call(None, "POST", "/devices/pair", json={"code": code, "kind": "agent"})
    token = world.csrf(client, "/devices")
    client.post("/devices/1/revoke", data={"csrf_token": token})
    client.post("/language", data={"csrf_token": token, "language": "en"})
    with world.kernel.db.reading() as session:
        actions = set(session.scalars(select(AuditEntry.action)))
    assert {"device.pair", "device.revoke", "person.language"} <= actions

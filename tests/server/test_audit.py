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
NO_CHANGES = {
    ("POST", "/activities"),
    ("POST", "/devices/heartbeat"),
    ("POST", "/forget"),
    ("POST", "/match"),
    ("POST", "/customers/alike"),
    ("POST", "/tagger/vocabulary/preview"),
}
"""What devices report, and what only asks. ``tests/server/ingest/test_forget.py`` reads what
``/forget`` leaves."""

FILE = {
    ("POST", "/customers/<int:customer_id>/contacts"): "contact.create",
    ("PATCH", "/contacts/<int:contact_id>"): "contact.change",
    ("DELETE", "/contacts/<int:contact_id>"): "contact.remove",
    ("POST", "/customers/<int:customer_id>/deals"): "deal.create",
    ("PATCH", "/deals/<int:deal_id>"): "deal.change",
    ("POST", "/fields"): "field.add",
    ("DELETE", "/fields/<int:field_id>"): "field.retire",
    ("POST", "/absences"): "absence.add",
    ("DELETE", "/absences/<int:absence_id>"): "absence.remove",
    ("PUT", "/activities/<uuid:activity_id>/recording"): "recording.keep",
    ("POST", "/customers/<int:customer_id>/merge"): "customer.merge",
    ("POST", "/corrections/<int:correction_id>/undo"): "merge.undo",
    ("POST", "/customers/<int:customer_id>/split"): "customer.split",
}
"""What changes the customer file; see ``test_changes_of_the_customer_file_are_written_down``."""
TEACHING = {
    ("POST", "/activities/<uuid:activity_id>/tags"),
    ("POST", "/tagger/labels/<int:label_id>/undo"),
    ("POST", "/tagger/suggestions/<int:suggestion_id>/<answer>"),
    ("POST", "/tagger/train"),
    ("POST", "/tagger/retagging"),
    ("POST", "/tagger/retagging/<int:retagging_id>/undo"),
    ("PUT", "/tagger/vocabulary"),
}
"""What teaches the tagger; ``tests/server/tagging`` reads what these leave."""


def written(world, action):
    with world.kernel.db.reading() as session:
        return session.scalar(
            select(func.count()).select_from(AuditEntry).where(AuditEntry.action == action)
        )


def test_changes_of_the_customer_file_are_written_down(world):
    """Each call in its turn, by the administrator, and what the log then says."""

    def call(method, path, body=None, **kwargs):
        answer = world.call("boss", method, path, **({"json": body} if body else {}), **kwargs)
        assert answer.status_code in (200, 201, 204), (method, path, answer.get_data(as_text=True))
        return answer.get_json(silent=True) or {}

    huarui = world.customers["huarui"]
    contact = call("POST", f"/customers/{huarui}/contacts", {"name": "周敏"})["id"]
    call("PATCH", f"/contacts/{contact}", {"title": "采购经理"})
    deal = call("POST", f"/customers/{huarui}/deals", {"title": "二期"})["id"]
    call("PATCH", f"/deals/{deal}", {"title": "二期扩容", "stage": "qualified"})
    call("DELETE", f"/contacts/{contact}")
    field = call("POST", "/fields", {"name": "车间数", "kind": "number"})["id"]
    call("DELETE", f"/fields/{field}")
    days = {"first_day": "2026-12-01", "last_day": "2026-12-03"}
    call("DELETE", f"/absences/{call('POST', '/absences', days)['id']}")
    twin = call("POST", "/customers", {"name": "华锐二号"})["id"]
    merged = call("POST", f"/customers/{twin}/merge", {"into": huarui})["id"]
    call("POST", f"/corrections/{merged}/undo")
    for action in set(FILE.values()) - {"recording.keep", "customer.split"}:
        assert written(world, action), action


def test_every_change_a_person_makes_is_written_down(world):
    writing = {
        (method, rule.rule.removeprefix("/api/v1"))
        for rule in world.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/v1/")
    }
    assert writing == CHANGES.keys() | FILE.keys() | TEACHING | NO_CHANGES
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

"""Every API route, for every role, on one's own, the team's and others' objects."""

from uuid import UUID

import pytest

from server.followups.service import sweep

OWN_TEAM_OTHER = {
    # who: (customer of chen, customer of lin)
    "chen": (True, False),
    "lin": (False, True),
    "xu": (True, False),
    "gu": (False, False),
    "boss": (True, True),
}

OBJECT_ROUTES = {
    ("GET", "/customers/<int:customer_id>"): {},
    ("PATCH", "/customers/<int:customer_id>"): {"grade": "A"},
    ("GET", "/customers/<int:customer_id>/timeline"): {},
    ("GET", "/customers/<int:customer_id>/contacts"): {},
    ("POST", "/customers/<int:customer_id>/contacts"): {"name": "x"},
    ("GET", "/customers/<int:customer_id>/deals"): {},
    ("POST", "/customers/<int:customer_id>/deals"): {"title": "x"},
    ("GET", "/contacts/<int:contact_id>"): {},
    ("PATCH", "/contacts/<int:contact_id>"): {"title": "x"},
    ("GET", "/deals/<int:deal_id>"): {},
    ("PATCH", "/deals/<int:deal_id>"): {"stage": "contacted"},
    ("GET", "/customers/<int:customer_id>/corrections"): {},
    ("DELETE", "/contacts/<int:contact_id>"): {},
    ("POST", "/activities/<uuid:activity_id>/relink"): {"customer_id": None},
    ("POST", "/tags/<int:tag_id>/<verdict>"): {},
    ("POST", "/reminders/<int:reminder_id>/complete"): {"note": "通了电话"},
    ("POST", "/reminders/<int:reminder_id>/snooze"): {"until": None},
    ("POST", "/reminders/<int:reminder_id>/dismiss"): {"reason": "停产了"},
}
LIST_ROUTES = {
    ("GET", "/customers"),
    ("GET", "/directory"),
    ("GET", "/reminders"),
    ("GET", "/policy"),
    ("POST", "/customers"),
    ("POST", "/customers/alike"),
    ("POST", "/match"),
    # What these do to whose customers: tests/server/customers/test_merging.py.
    ("POST", "/customers/<int:customer_id>/merge"),
    ("POST", "/customers/<int:customer_id>/split"),
    ("POST", "/corrections/<int:correction_id>/undo"),
    ("GET", "/search"),
    # tests/server/customers/test_timeline.py
    ("PUT", "/activities/<uuid:activity_id>/recording"),
    ("GET", "/activities/<uuid:activity_id>/recording"),
    ("GET", "/fields"),
    ("POST", "/fields"),
    ("DELETE", "/fields/<int:field_id>"),
    ("GET", "/absences"),
    ("POST", "/absences"),
    ("DELETE", "/absences/<int:absence_id>"),
    ("POST", "/customers/adopt"),
    ("POST", "/forget"),
    ("POST", "/activities"),
    ("POST", "/devices/heartbeat"),
}


def test_without_a_token_every_door_is_closed(world):
    for method, rule in OBJECT_ROUTES.keys() | LIST_ROUTES:
        path = filled(rule, 1, UUID(int=1), 1, 1)
        response = world.call(None, method, path, json={})
        assert response.status_code == 401, (method, path)
        assert response.get_json()["error"]["code"] == "unauthorized"


def filled(rule, customer, activity, tag, reminder):
    for name, value in {
        "<int:customer_id>": customer,
        # The first company's customers were made with one person and one deal each.
        "<int:contact_id>": customer,
        "<int:deal_id>": customer,
        "<int:field_id>": 1,
        "<int:correction_id>": 1,
        "<int:absence_id>": 1,
        "<uuid:activity_id>": activity,
        "<int:tag_id>": tag,
        "<verdict>": "confirm",
        "<int:reminder_id>": reminder,
    }.items():
        rule = rule.replace(name, str(value))
    return rule


@pytest.mark.parametrize("who", OWN_TEAM_OTHER)
def test_objects_show_only_to_those_who_may_see_them(world, who):
    tag = {"category": "budget", "status": "asserted", "start": 0, "end": 2, "text": "今年"}
    tag |= {"speaker": "customer", "score": 1}
    mails = {
        "chen": world.mail("huarui", tags=[tag], days_ago=15),
        "lin": world.mail("lingnan", tags=[tag], days_ago=15),
    }
    for rep, mail in mails.items():
        world.send(rep, mail)
    with world.kernel.db.unit_of_work() as uow:
        sweep(uow)
    for rep, customer, may in zip(
        ("chen", "lin"), ("huarui", "lingnan"), OWN_TEAM_OTHER[who], strict=True
    ):
        here = world.customers[customer]
        timeline = world.get("boss", f"/customers/{here}/timeline")["items"]
        tag_id = timeline[0]["tags"][0]["id"]
        level = "owner" if who == rep else "manager"
        lead = who if may and who != "boss" else "boss"
        open_now = [
            item["id"]
            for item in world.get(lead, "/reminders?state=open")["items"]
            if item["customer_id"] == here and item["level"] == level
        ]
        for (method, rule), body in OBJECT_ROUTES.items():
            if "/reminders/" in rule and not open_now:
                open_now = [1]
            sent = dict(body)
            if "customer_id" in sent:
                sent["customer_id"] = here
            if "until" in sent:
                sent["until"] = "2026-11-25T00:00:00Z"
            path = filled(rule, here, mails[rep]["id"], tag_id, open_now[0] if open_now else 1)
            response = world.call(who, method, path, json=sent if method != "GET" else None)
            if may:
                assert response.status_code in (200, 201, 409), (who, method, path, response.data)
            else:
                assert response.status_code == 404, (who, method, path, response.data)


def test_lists_hold_only_what_may_be_seen(world):
    for who, (chens, lins) in OWN_TEAM_OTHER.items():
        found = {item["id"] for item in world.get(who, "/customers")["items"]}
        assert (world.customers["huarui"] in found) is chens
        assert (world.customers["lingnan"] in found) is lins


def test_only_a_manager_changes_the_owner(world):
    path = f"/customers/{world.customers['huarui']}"
    body = {"owner_id": world.people["chen"].id}
    assert world.call("chen", "PATCH", path, json=body).status_code == 200, "no change"
    away = {"owner_id": world.people["lin"].id}
    assert world.call("chen", "PATCH", path, json=away).status_code == 403
    assert world.call("xu", "PATCH", path, json=away).status_code == 422, "not xu's team"
    assert world.call("boss", "PATCH", path, json=away).status_code == 200
    assert world.call("chen", "GET", path).status_code == 404

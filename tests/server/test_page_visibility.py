"""Every page route, for every role, on one's own, the team's and others' objects."""

import re

import pytest

from server.followups.service import sweep
from server.identity import service as identity

MAY = {
    # who: (customer of chen, customer of lin)
    "chen": (True, False),
    "lin": (False, True),
    "xu": (True, False),
    "gu": (False, False),
    "boss": (True, True),
}
OBJECT_PAGES = {
    ("GET", "/customers/<int:customer_id>"): {},
    ("GET", "/customers/<int:customer_id>/others"): {},
    ("GET", "/customers/<int:customer_id>/edit"): {},
    ("GET", "/customers/<int:customer_id>/activities/<uuid:activity_id>/thread"): {},
    ("GET", "/customers/<int:customer_id>/split"): {},
    ("POST", "/customers/<int:customer_id>/edit"): {"name": "x"},
    ("GET", "/customers/<int:customer_id>/contacts/new"): {},
    ("POST", "/customers/<int:customer_id>/contacts/new"): {"name": "x"},
    ("GET", "/customers/<int:customer_id>/deals/new"): {},
    ("POST", "/customers/<int:customer_id>/deals/new"): {
        "title": "x",
        "stage": "lead",
        "currency": "CNY",
    },
    ("GET", "/contacts/<int:contact_id>"): {},
    ("POST", "/contacts/<int:contact_id>"): {"name": "x"},
    ("GET", "/deals/<int:deal_id>"): {},
    ("POST", "/deals/<int:deal_id>"): {"title": "x", "stage": "lead", "currency": "CNY"},
    ("POST", "/contacts/<int:contact_id>/remove"): {},
    ("POST", "/customers/<int:customer_id>/activities/<uuid:activity_id>/move"): {"to": "@"},
    ("POST", "/customers/<int:customer_id>/tags/<int:tag_id>/<verdict>"): {},
    ("POST", "/reminders/<int:reminder_id>/snooze"): {"days": "1"},
    ("POST", "/reminders/<int:reminder_id>/dismiss"): {"reason": "停产了"},
    ("POST", "/reminders/<int:reminder_id>/complete"): {"note": "通了电话"},
}
OWN_PAGES = {
    ("GET", "/"),
    ("GET", "/customers"),
    # What these do to whose customers: tests/server/customers/test_merging.py.
    ("POST", "/customers/<int:customer_id>/split"),
    ("POST", "/customers/<int:customer_id>/merge"),
    ("POST", "/corrections/<int:correction_id>/undo"),
    ("GET", "/search"),
    # tests/server/customers/test_timeline.py
    ("GET", "/customers/<int:customer_id>/activities/<uuid:activity_id>/sound"),
    ("GET", "/customers/new"),
    ("POST", "/customers/new"),
    ("GET", "/customers/fields"),
    ("POST", "/customers/fields"),
    ("POST", "/customers/fields/<int:field_id>/retire"),
    ("GET", "/absences"),
    ("POST", "/absences"),
    ("POST", "/absences/<int:absence_id>/remove"),
    ("GET", "/devices"),
    ("GET", "/completeness"),
    ("POST", "/devices/code"),
    ("POST", "/devices/<int:device_id>/revoke"),
}


def without_csrf(world, who):
    world.app.config["WTF_CSRF_ENABLED"] = False
    return world.signed_in(who)


def filled(rule, **values):
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(values.get(found.group(1), 1)), rule)


def test_strangers_are_led_to_the_sign_in(world):
    world.app.config["WTF_CSRF_ENABLED"] = False
    for method, rule in OBJECT_PAGES.keys() | OWN_PAGES:
        path = filled(rule, activity_id="00000000-0000-0000-0000-000000000001")
        response = world.client().open(path, method=method)
        if method == "GET":
            assert response.status_code == 302, path
            assert response.headers["Location"].startswith("/sign-in?next="), path
        else:
            assert response.status_code == 401, path


@pytest.mark.parametrize("who", MAY)
def test_objects_show_only_to_those_who_may_see_them(world, who):
    tag = {"category": "budget", "status": "asserted", "start": 0, "end": 2, "text": "今年"}
    tag |= {"speaker": "customer", "score": 1}
    client = without_csrf(world, who)
    mails = {
        rep: world.mail(customer, days_ago=15, tags=[tag])
        for rep, customer in (("chen", "huarui"), ("lin", "lingnan"))
    }
    for rep, mail in mails.items():
        world.send(rep, mail)
    with world.kernel.db.unit_of_work() as uow:
        sweep(uow)
    for rep, customer, may in zip(("chen", "lin"), ("huarui", "lingnan"), MAY[who], strict=True):
        here = world.customers[customer]
        timeline = world.get("boss", f"/customers/{here}/timeline")["items"]
        level = "owner" if who == rep else "manager"
        [reminder] = [
            item["id"]
            for item in world.get(rep if level == "owner" else "boss", "/reminders")["items"]
            if item["customer_id"] == here and item["level"] == level
        ]
        for (method, rule), form in OBJECT_PAGES.items():
            path = filled(
                rule,
                customer_id=here,
                # The first company's customers were made with one person and one deal each.
                contact_id=here,
                deal_id=here,
                activity_id=mails[rep]["id"],
                tag_id=timeline[0]["tags"][0]["id"],
                verdict="confirmed",
                reminder_id=reminder,
            )
            data = {name: text.replace("@", str(here)) for name, text in form.items()}
            response = client.open(path, method=method, data=data)
            wanted = (200, 303, 409) if may else (404,)
            assert response.status_code in wanted, (who, path, response.status_code)


def test_lists_and_choices_hold_only_what_may_be_seen(world):
    for who, (chens, lins) in MAY.items():
        client = without_csrf(world, who)
        for path in ("/customers", "/"):
            page = client.get(path).get_data(as_text=True)
            assert ("华锐" in page) is (chens and path == "/customers"), (who, path)
            assert ("岭南" in page) is (lins and path == "/customers"), (who, path)
    found = without_csrf(world, "chen").get(
        f"/customers/{world.customers['huarui']}/others", query_string={"q": "岭南"}
    )
    assert "岭南" not in found.get_data(as_text=True).replace('value="岭南"', "")
    found = without_csrf(world, "chen").get("/customers", query_string={"owner": 3, "q": "岭南"})
    assert "岭南中学" not in found.get_data(as_text=True)


def test_moving_to_a_customer_of_others_is_refused(world):
    mail = world.mail("huarui")
    world.send("chen", mail)
    path = f"/customers/{world.customers['huarui']}/activities/{mail['id']}/move"
    response = without_csrf(world, "chen").post(path, data={"to": world.customers["lingnan"]})
    assert response.status_code == 404
    assert world.get("lin", f"/customers/{world.customers['lingnan']}/timeline")["items"] == []


def test_others_that_an_item_could_belong_to_are_named_only_to_who_sees_them(world):
    other = {"customer_id": world.customers["lingnan"], "confidence": 0.4, "why": "domain"}
    mail = world.mail("huarui")
    mail["match"]["alternatives"] = [other]
    world.send("chen", mail)
    path = f"/customers/{world.customers['huarui']}"
    assert "岭南中学" not in without_csrf(world, "chen").get(path).get_data(as_text=True)
    assert "岭南中学" in without_csrf(world, "boss").get(path).get_data(as_text=True)


def test_devices_are_ones_own(world):
    with world.kernel.db.unit_of_work() as uow:
        code = identity.new_pairing_code(uow, world.principal("chen"))
    body = {"code": code, "kind": "agent", "name": "chens-laptop"}
    world.tokens["device"] = world.call(None, "POST", "/devices/pair", json=body).get_json()[
        "token"
    ]
    for who in ("lin", "xu", "gu"):
        client = without_csrf(world, who)
        assert "chens-laptop" not in client.get("/devices").get_data(as_text=True)
        assert client.post("/devices/1/revoke").status_code == 404
    assert world.get("device", "/directory")
    assert without_csrf(world, "chen").post("/devices/1/revoke").status_code == 303
    assert world.call("device", "GET", "/directory").status_code == 401

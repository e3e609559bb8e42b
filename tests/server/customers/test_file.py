"""Customers, contacts and deals as people write them down: pages and API, two at once, duplicates."""

from decimal import Decimal

import pytest

from server.customers.models import Deal


def etag(world, who, path):
    return world.call(who, "GET", path).headers["ETag"]


def path_of(world, customer="huarui"):
    return f"/customers/{world.customers[customer]}"


def browser(world, who="chen"):
    world.app.config["WTF_CSRF_ENABLED"] = False
    return world.signed_in(who)


def test_every_field_of_a_customer_can_be_changed_and_read(world):
    field = world.call(
        "boss", "POST", "/fields", json={"name": "产线数", "kind": "number"}
    ).get_json()
    body = {
        "grade": "A",
        "size": "200 人",
        "industry": "装备",
        "labels": ["重点", "展会", "重点"],
        "custom": {str(field["id"]): "12"},
        "domains": ["huarui.example", "@hr-group.example"],
    }
    assert world.call("chen", "PATCH", path_of(world), json=body).status_code == 200
    card = world.get("chen", path_of(world))
    assert (card["grade"], card["size"], card["industry"]) == ("A", "200 人", "装备")
    assert card["labels"] == ["展会", "重点"]
    assert card["custom"] == {str(field["id"]): "12"}
    assert card["domains"] == ["huarui.example", "hr-group.example"]
    assert [c["id"] for c in world.get("chen", "/customers?label=展会")["items"]] == [card["id"]]
    world.call("chen", "PATCH", path_of(world), json={"labels": [], "custom": {}})
    assert world.get("chen", path_of(world))["labels"] == []
    assert world.get("chen", path_of(world))["custom"] == {str(field["id"]): "12"}, "not named"


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"name": " "}, "name", "required"),
        ({"domains": ["qq.com"]}, "domains", "public_domain"),
        ({"domains": ["no domain"]}, "domains", "bad_domain"),
        ({"phones": ["12"]}, "phones", "bad_phone"),
        ({"custom": {"99": "x"}}, "custom.99", "unknown_field"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_changed(world, body, field, code):
    before = world.get("chen", path_of(world))
    response = world.call("chen", "PATCH", path_of(world), json={**body, "grade": "Z"})
    assert response.status_code == 422
    assert response.get_json()["error"]["fields"] == {field: code}
    assert world.get("chen", path_of(world)) == before


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [("number", "1.5", "many"), ("date", "2026-12-01", "soon"), ("choice", "月结", "现金")],
)
def test_own_fields_hold_what_they_are_for(world, kind, good, bad):
    body = {"name": "付款", "kind": kind, "choices": ["月结", "季结"] if kind == "choice" else []}
    assert world.call("chen", "POST", "/fields", json=body).status_code == 403
    key = str(world.call("boss", "POST", "/fields", json=body).get_json()["id"])
    assert world.call("boss", "POST", "/fields", json=body).status_code == 422, "of that name"
    for value, status in ((good, 200), (bad, 422), ("", 200)):
        answer = world.call("chen", "PATCH", path_of(world), json={"custom": {key: value}})
        assert answer.status_code == status, value
    assert world.call("boss", "DELETE", f"/fields/{key}").status_code == 200
    answer = world.call("chen", "PATCH", path_of(world), json={"custom": {key: good}})
    assert answer.status_code == 422


def test_the_second_of_two_who_change_one_customer_is_told(world):
    seen = etag(world, "chen", path_of(world))
    for who, grade, status in (("chen", "A", 200), ("xu", "B", 412)):
        headers = {"Authorization": f"Bearer {world.tokens[who]}", "If-Match": seen}
        answer = world.client().patch(
            f"/api/v1{path_of(world)}", json={"grade": grade}, headers=headers
        )
        assert answer.status_code == status
    assert answer.get_json()["error"]["code"] == "stale"
    assert world.get("chen", path_of(world))["grade"] == "A"
    assert etag(world, "chen", path_of(world)) != seen
    page = browser(world).post(
        f"{path_of(world)}/edit", data={"name": "别的", "version": seen.strip('"')}
    )
    assert page.status_code == 412
    text = page.get_data(as_text=True)
    assert 'value="别的"' in text, "what was typed is still there"
    assert etag(world, "chen", path_of(world)).strip('"') in text, "the next try may win"


def test_an_incoming_mail_makes_no_form_stale(world):
    seen = etag(world, "chen", path_of(world))
    world.send("chen", world.mail("huarui"))
    assert etag(world, "chen", path_of(world)) == seen


def test_a_page_makes_a_customer_with_its_first_person(world):
    client = browser(world)
    data = {
        "name": "无锡远达精工有限公司",
        "domains": "yuanda.example, yd.example",
        "tags": "重点\n展会",
        "contact_name": "钱芳",
        "contact_emails": "qian@yuanda.example",
        "contact_wecom": "QianFang",
    }
    answer = client.post("/customers/new", data=data)
    assert answer.status_code == 303
    made = int(answer.headers["Location"].rpartition("/")[2])
    card = world.get("chen", f"/customers/{made}")
    assert (card["owner"], card["stage"]) == ("陈晨", "lead")
    assert card["domains"] == ["yuanda.example", "yd.example"]
    [person] = world.get("chen", f"/customers/{made}/contacts")["items"]
    assert (person["name"], person["wecom"]) == ("钱芳", ["QianFang"])
    page = client.get(f"/customers/{made}").get_data(as_text=True)
    assert "QianFang" in page
    assert "展会" in page


def test_a_reviewer_makes_no_customer(world):
    assert browser(world, "gu").get("/customers/new").status_code == 403


def test_a_faulty_form_comes_back_as_it_was_typed(world):
    data = {"name": "甲", "domains": "163.com", "contact_name": "钱", "contact_emails": "nobody"}
    answer = browser(world).post("/customers/new", data=data)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'value="甲"' in page
    assert "公共邮箱的域名" in page
    assert page.count('class="form-error" id=') == 2
    assert len(world.get("chen", "/customers")["items"]) == 2


@pytest.mark.parametrize(
    ("new", "why"),
    [
        ({"name": "别的", "domains": ["huarui.example"]}, "domain"),
        ({"name": "别的", "contacts": [{"name": "x", "emails": ["zhao@huarui.example"]}]}, "email"),
        ({"name": "别的", "phones": ["138 0013 8000"]}, "phone"),
        ({"name": "苏州华锐智能装备"}, "name"),
        ({"name": "华锐"}, "name"),
        ({"name": "苏州華鋭"}, None),
        ({"name": "岭南中学"}, None),
        ({"name": "别的", "contacts": [{"name": "x", "emails": ["zhao@qq.com"]}]}, None),
    ],
)
def test_duplicates_are_warned_about(world, new, why):
    """Those one may see: 岭南中学 is lin's."""
    found = world.call("chen", "POST", "/customers/alike", json=new).get_json()["items"]
    assert [one["why"] for one in found if one["customer_id"] == world.customers["huarui"]] == (
        [why] if why else []
    )
    made = world.call("chen", "POST", "/customers", json=new)
    assert made.status_code == 201, "a warning, no refusal"
    assert made.get_json()["alike"] == found


def test_the_page_asks_before_it_makes_a_second_one(world):
    client = browser(world)
    data = {"name": "苏州华锐智能装备股份有限公司"}
    answer = client.post("/customers/new", data=data)
    assert answer.status_code == 200
    assert "可能已经有这个客户" in answer.get_data(as_text=True)
    assert len(world.get("chen", "/customers")["items"]) == 2
    assert client.post("/customers/new", data={**data, "anyway": "1"}).status_code == 303
    assert len(world.get("chen", "/customers")["items"]) == 3


def test_a_contact_has_several_addresses_and_numbers(world):
    body = {
        "name": "孙丽",
        "emails": ["Sun@huarui.example", "sunli@qq.com"],
        "phones": ["139 0013 9000", "0512-66801234"],
        "wecom": ["SunLi"],
    }
    made = world.call("chen", "POST", f"{path_of(world)}/contacts", json=body).get_json()
    assert made["emails"] == ["sun@huarui.example", "sunli@qq.com"]
    assert made["phones"] == ["+8613900139000", "+8651266801234"]
    world.call("chen", "PATCH", f"/contacts/{made['id']}", json={"emails": ["sunli@qq.com"]})
    for email, found in (("sunli@qq.com", 1), ("sun@huarui.example", 0)):
        assert len(world.get("chen", f"/customers?email={email}")["items"]) == found, email
    bad = world.call("chen", "PATCH", f"/contacts/{made['id']}", json={"phones": ["7"]})
    assert bad.get_json()["error"]["fields"] == {"phones": "bad_phone"}
    assert world.call("chen", "DELETE", f"/contacts/{made['id']}").status_code == 200
    assert world.call("chen", "GET", f"/contacts/{made['id']}").status_code == 404


def test_a_person_moves_companies_and_the_history_stays(world):
    body = {"name": "孙丽", "title": "采购", "emails": ["sun@huarui.example", "sunli@qq.com"]}
    body["phones"] = ["13900139000"]
    person = world.call("chen", "POST", f"{path_of(world)}/contacts", json=body).get_json()
    mail = world.mail("huarui")
    mail["match"]["contact_id"] = person["id"]
    world.send("chen", mail)
    change = {"customer_id": world.customers["chilian"], "title": "总监"}
    moved = world.call("chen", "PATCH", f"/contacts/{person['id']}", json=change).get_json()
    assert moved["customer_id"] == world.customers["chilian"]
    assert (moved["emails"], moved["phones"]) == (["sunli@qq.com"], ["+8613900139000"])
    assert [(p["customer_id"], p["title"]) for p in moved["worked_at"]] == [
        (world.customers["huarui"], "采购")
    ]
    assert world.get("chen", "/customers?email=sun@huarui.example")["items"] == []
    [found] = world.get("chen", "/customers?email=sunli@qq.com")["items"]
    assert found["id"] == world.customers["chilian"]
    items = world.get("chen", f"{path_of(world)}/timeline")["items"]
    assert [item["id"] for item in items] == [mail["id"]], "what was said there stays there"
    names = {
        c["id"]: [p["name"] for p in c["contacts"]]
        for c in world.get("chen", "/directory")["customers"]
    }
    assert "孙丽" in names[world.customers["chilian"]]
    assert "孙丽" not in names[world.customers["huarui"]]
    page = browser(world).get(path_of(world)).get_data(as_text=True)
    assert "已离开" in page


def test_nobody_moves_a_person_to_a_customer_of_others(world):
    person = world.get("chen", f"{path_of(world)}/contacts")["items"][0]["id"]
    away = {"customer_id": world.customers["lingnan"]}
    assert world.call("chen", "PATCH", f"/contacts/{person}", json=away).status_code == 404
    assert world.get("chen", f"/contacts/{person}")["customer_id"] == world.customers["huarui"]


def test_a_deal_keeps_every_cent_and_the_history_of_its_stages(world):
    body = {"title": "二期", "amount": "9999999999999.99", "currency": "USD"}
    body |= {"expected_close": "2026-12-31", "products": ["伺服", "伺服", "视觉"]}
    made = world.call("chen", "POST", f"{path_of(world)}/deals", json=body).get_json()
    assert made["amount"] == "9999999999999.99"
    assert made["products"] == ["伺服", "视觉"]
    small = {"amount": "860000.10"}
    assert world.call("chen", "PATCH", f"/deals/{made['id']}", json=small).status_code == 200
    with world.kernel.db.reading() as session:
        assert session.get_one(Deal, made["id"]).amount == Decimal("860000.10")
    for stage in ("negotiation", "won"):
        world.call("chen", "PATCH", f"/deals/{made['id']}", json={"stage": stage})
    deal = world.get("chen", f"/deals/{made['id']}")
    assert [(s["from_stage"], s["to_stage"], s["by"]) for s in deal["history"]] == [
        (None, "lead", "陈晨"),
        ("lead", "negotiation", "陈晨"),
        ("negotiation", "won", "陈晨"),
    ]
    assert deal["closed_at"] is not None
    assert deal["amount"] == "860000.10"
    assert world.get("chen", path_of(world))["stage"] == "lead", "another deal is still open"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": " "}, "title"),
        ({"stage": "lost"}, "lost_reason"),
        ({"currency": "XYZ"}, "currency"),
    ],
)
def test_a_deal_that_makes_no_sense_is_refused(world, change, field):
    [deal] = world.get("chen", f"{path_of(world)}/deals")["items"]
    answer = world.call("chen", "PATCH", f"/deals/{deal['id']}", json=change)
    assert list(answer.get_json()["error"]["fields"]) == [field]


@pytest.mark.parametrize("amount", ["-1", "NaN", "Infinity", "1e13", "0.001", "text", [], 1e400])
def test_no_amount_breaks_anything(world, amount):
    body = {"title": "x", "amount": amount}
    text = '{"title": "x", "amount": 1e400}' if amount == 1e400 else None
    headers = {"Authorization": f"Bearer {world.tokens['chen']}"}
    path = f"/api/v1{path_of(world)}/deals"
    client = world.client()
    if text:
        answer = client.post(path, data=text, headers=headers, content_type="application/json")
    else:
        answer = client.post(path, json=body, headers=headers)
    assert answer.status_code in (400, 422), answer.data
    form = {"title": "x", "stage": "lead", "currency": "CNY", "amount": str(amount)}
    assert browser(world).post(f"{path_of(world)}/deals/new", data=form).status_code == 422


def test_a_deal_is_made_and_changed_on_its_page(world):
    client = browser(world)
    form = {"title": "三期", "stage": "proposal", "currency": "CNY", "amount": "1,200,000.50"}
    assert client.post(f"{path_of(world)}/deals/new", data=form).status_code == 303
    deal = world.get("chen", f"{path_of(world)}/deals")["items"][0]
    assert (deal["amount"], deal["stage"]) == ("1200000.50", "proposal")
    page = client.get(f"/deals/{deal['id']}").get_data(as_text=True)
    assert 'value="1200000.50"' in page
    assert world.get("chen", path_of(world))["stage"] == "proposal"


def test_absences_of_oneself_and_of_the_team(world):
    days = {"first_day": "2026-11-23", "last_day": "2026-11-30"}
    chen, lin = world.people["chen"].id, world.people["lin"].id
    made = world.call("chen", "POST", "/absences", json={**days, "stand_in_id": lin})
    assert made.status_code == 201
    for who, body, status in (
        ("chen", {"person_id": lin}, 403),
        ("xu", {"person_id": chen}, 201),
        ("xu", {"person_id": lin}, 422),
        ("boss", {"person_id": lin}, 201),
        ("chen", {"last_day": "2026-11-01"}, 422),
        ("chen", {"stand_in_id": chen}, 422),
    ):
        assert world.call(who, "POST", "/absences", json={**days, **body}).status_code == status
    assert len(world.get("lin", "/absences")["items"]) == 1
    assert len(world.get("xu", "/absences")["items"]) == 2
    page = browser(world).get(path_of(world)).get_data(as_text=True)
    assert "陈晨 休假到 2026年11月30日" in page
    assert "由 林晓雨 代理" in page
    other = world.call("lin", "DELETE", f"/absences/{made.get_json()['id']}")
    assert other.status_code == 404
    own = world.call("chen", "DELETE", f"/absences/{made.get_json()['id']}")
    assert own.status_code == 200

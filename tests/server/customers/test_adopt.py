"""A suggestion of a laptop becomes a customer."""

import pytest


def adopt(world, who, **body):
    return world.call(who, "POST", "/customers/adopt", json=body)


def found(world, who, **query):
    words = "&".join(f"{key}={value}" for key, value in query.items())
    return [item["id"] for item in world.get(who, f"/customers?{words}")["items"]]


def test_a_new_customer_of_the_reps_own(world):
    made = adopt(world, "chen", name="Nova", domains=["nova.example"])
    assert made.status_code == 200
    card = made.get_json()
    assert (card["name"], card["owner"], card["stage"]) == ("Nova", "陈晨", "lead")
    assert found(world, "chen", domain="nova.example") == [card["id"]]
    assert found(world, "lin", domain="nova.example") == []


def test_asking_again_makes_no_second_one(world):
    first = adopt(world, "chen", name="Nova", domains=["nova.example"]).get_json()
    again = adopt(world, "chen", name="Other name", domains=["NOVA.example"]).get_json()
    assert first["id"] == again["id"]
    assert again["name"] == "Nova"


def test_an_address_becomes_a_contact(world):
    card = adopt(world, "chen", name="王磊", emails=["WangLei@163.com"]).get_json()
    assert found(world, "chen", email="wanglei@163.com") == [card["id"]]
    again = adopt(world, "chen", name="王磊", emails=["wanglei@163.com"]).get_json()
    assert again["id"] == card["id"]
    directory = world.get("chen", "/directory")["customers"]
    (mine,) = [customer for customer in directory if customer["id"] == card["id"]]
    assert [contact["emails"] for contact in mine["contacts"]] == [["wanglei@163.com"]]


@pytest.mark.parametrize("name", ["苏州华锐智能装备有限公司", "苏州华锐智能装备"])
def test_a_customer_of_that_name_gains_the_keys(world, name):
    revision = world.get("chen", "/directory")["revision"]
    card = adopt(world, "chen", name=name, domains=["huarui-group.example"]).get_json()
    assert card["id"] == world.customers["huarui"]
    assert found(world, "chen", domain="huarui-group.example") == [card["id"]]
    changed = world.get("chen", f"/directory?since={revision}")["customers"]
    assert [customer["id"] for customer in changed] == [card["id"]]
    assert "huarui-group.example" in changed[0]["domains"]


def test_others_customers_are_neither_found_nor_changed(world):
    before = world.get("lin", f"/customers/{world.customers['lingnan']}")
    card = adopt(world, "chen", name="岭南中学", domains=["lingnan.example"]).get_json()
    assert card["id"] != world.customers["lingnan"]
    assert world.get("lin", f"/customers/{world.customers['lingnan']}") == before


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"name": "", "domains": ["nova.example"]}, {"name"}),
        ({"name": "QQ", "domains": ["qq.com"]}, {"domains"}),
        ({"name": "x", "domains": ["no domain"]}, {"domains"}),
        ({"name": "x", "emails": ["nobody"]}, {"contacts.emails"}),
        ({"name": "x"}, {"domains"}),
    ],
)
def test_every_fault_is_named(world, body, fields):
    response = adopt(world, "chen", **body)
    assert response.status_code == 422
    assert set(response.get_json()["error"]["fields"]) == fields


def test_reviewers_have_no_customers(world):
    assert adopt(world, "gu", name="Nova", domains=["nova.example"]).status_code == 403

"""Moves, merges and splits: all history goes along, last contact follows, and all can be undone."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from server.customers.models import (
    ActivityCustomer,
    Contact,
    Customer,
    Deal,
    IdentityKey,
    Lesson,
    SearchEntry,
)
from server.customers.recording import recompute_last_contact

TABLES = (ActivityCustomer, Contact, Deal, IdentityKey, Lesson)


def file_of(world):
    """Everything that stands with a customer, to be compared before and after."""
    with world.kernel.db.reading() as session:
        found = {}
        for table in TABLES:
            columns = [c for c in table.__mapper__.columns if c.key != "alternatives"]
            found[table.__name__] = sorted(
                tuple(map(str, row)) for row in session.execute(select(*columns))
            )
        found["customers"] = sorted(
            (c.id, c.name, c.owner_id, c.team_id, c.stage, c.last_contacted_at, c.merged_into_id)
            for c in session.scalars(select(Customer))
        )
        found["search"] = sorted(
            session.scalars(
                select(SearchEntry.customer_id).where(SearchEntry.activity_id.is_(None))
            )
        )
    return found


def timeline(world, customer, who="boss"):
    items = world.get(who, f"/customers/{world.customers[customer]}/timeline")["items"]
    return {item["id"] for item in items}


def move(world, who, mail, to, **more):
    body = {"customer_id": world.customers[to], **more}
    answer = world.call(who, "POST", f"/activities/{mail['id']}/relink", json=body)
    assert answer.status_code == 200, answer.data
    return answer.get_json()


def undo(world, who, number):
    return world.call(who, "POST", f"/corrections/{number}/undo")


def stranger(world, customer, email="new@group.example", **more):
    people = [
        {"role": "from", "email": email, "side": "customer"},
        {"role": "to", "email": "chen@yuanshan.example", "side": "us"},
    ]
    return world.mail(customer, participants=people, **more)


def taught(world, customer, who="chen"):
    for one in world.get(who, "/directory")["customers"]:
        if one["id"] == world.customers[customer]:
            return one["taught"]
    return None


def test_a_move_of_a_thread_is_taken_back_whole(world):
    mails = [stranger(world, "huarui", thread="t-1", days_ago=n) for n in (1, 2, 3)]
    world.send("chen", *mails, world.mail("chilian", days_ago=9))
    before = file_of(world)
    done = move(world, "chen", mails[2], "chilian", whole_thread=True)
    assert len(done["moved"]) == 3
    assert timeline(world, "huarui") == set()
    assert world.last_contacted("huarui") is None
    assert taught(world, "chilian") == ["new@group.example", "thread:t-1"]
    assert undo(world, "chen", done["correction_id"]).status_code == 200
    assert file_of(world) == before
    assert taught(world, "chilian") == []
    again = undo(world, "chen", done["correction_id"])
    assert (again.status_code, again.get_json()["error"]["code"]) == (409, "already_undone")


def test_what_moved_on_since_stays(world):
    mail = stranger(world, "huarui")
    world.send("chen", mail)
    first = move(world, "boss", mail, "chilian")
    move(world, "boss", mail, "lingnan")
    answer = undo(world, "boss", first["correction_id"])
    assert answer.get_json()["error"]["code"] == "moved_on"
    assert timeline(world, "lingnan") == {mail["id"]}


def test_a_copy_that_stood_there_already_comes_back_as_it_was(world):
    also = [{"customer_id": world.customers["chilian"], "confidence": 0.5, "why": "domain"}]
    mail = world.mail("huarui", also=also)
    world.send("chen", mail)
    before = file_of(world)
    done = move(world, "chen", mail, "chilian")
    undo(world, "chen", done["correction_id"])
    assert file_of(world) == before


def test_nobody_takes_back_what_is_not_theirs_to_see(world):
    mail = stranger(world, "huarui")
    world.send("chen", mail)
    done = move(world, "chen", mail, "chilian")
    for who in ("lin", "gu"):
        assert undo(world, who, done["correction_id"]).status_code == 404
    assert undo(world, "xu", done["correction_id"]).status_code == 200


@pytest.mark.parametrize(
    ("email", "learnt"),
    [
        ("new@huarui.example", ["new@huarui.example"]),  # a subsidiary's person, one domain
        ("lisi@qq.com", ["lisi@qq.com"]),
        ("zhao@huarui.example", []),  # known: writes about both
        ("somebody@lingnan.example", []),  # a third customer's
    ],
)
def test_a_move_teaches_only_what_it_says(world, email, learnt):
    mail = stranger(world, "huarui", email)
    world.send("chen", mail)
    move(world, "chen", mail, "chilian")
    assert taught(world, "chilian") == learnt


def test_the_resolver_does_what_it_was_taught(world):
    mail = stranger(world, "huarui", "new@huarui.example")
    world.send("chen", mail)
    body = {"kind": "mail", "participants": [mail["participants"][0]]}
    first = world.call("chen", "POST", "/match", json=body).get_json()["match"]
    assert (first["customer_id"], first["why"]) == (world.customers["huarui"], "domain")
    done = move(world, "chen", mail, "chilian")
    second = world.call("chen", "POST", "/match", json=body).get_json()["match"]
    assert (second["customer_id"], second["why"]) == (world.customers["chilian"], "taught")
    assert first["customer_id"] != second["customer_id"]
    undo(world, "chen", done["correction_id"])
    third = world.call("chen", "POST", "/match", json=body).get_json()["match"]
    assert third == first
    assert world.call("lin", "POST", "/match", json=body).get_json()["match"] is None


def test_a_later_move_of_the_same_address_is_the_one_that_holds(world):
    mails = [stranger(world, "huarui", "x@qq.com") for _ in range(2)]
    world.send("chen", *mails)
    move(world, "chen", mails[0], "chilian")
    assert taught(world, "chilian") == ["x@qq.com"]
    back = {"customer_id": world.customers["huarui"]}
    world.call("chen", "POST", f"/activities/{mails[0]['id']}/relink", json=back)
    assert taught(world, "chilian") == []
    assert taught(world, "huarui") == ["x@qq.com"]


def merged(world, who="chen", source="huarui", into="chilian"):
    path = f"/customers/{world.customers[source]}/merge"
    return world.call(who, "POST", path, json={"into": world.customers[into]})


def test_a_merge_keeps_all_history_and_can_be_undone(world):
    key = uuid4()
    both = world.mail("huarui", key=key, days_ago=0.5)
    both["also"] = [{"customer_id": world.customers["chilian"], "confidence": 1, "why": "email"}]
    mails = [world.mail("huarui", days_ago=1), world.mail("chilian", days_ago=2), both]
    world.send("chen", *mails)
    world.call("chen", "PATCH", f"/customers/{world.customers['huarui']}", json={"labels": ["A"]})
    before = file_of(world)
    answer = merged(world)
    assert answer.status_code == 200, answer.data
    assert timeline(world, "chilian") == {mail["id"] for mail in mails}
    assert world.call("boss", "GET", f"/customers/{world.customers['huarui']}").status_code == 404
    card = world.get("chen", f"/customers/{world.customers['chilian']}")
    assert "苏州华锐智能装备有限公司" in card["aliases"]
    assert card["labels"] == ["A"]
    assert {"huarui.example", "chilian.example"} == set(card["domains"])
    assert len(world.get("chen", f"/customers/{card['id']}/contacts")["items"]) == 2
    assert len(world.get("chen", f"/customers/{card['id']}/deals")["items"]) == 2
    assert [c["id"] for c in world.get("chen", "/customers?q=华锐")["items"]] == [card["id"]]
    assert undo(world, "chen", answer.get_json()["id"]).status_code == 200
    assert file_of(world) == before


def test_laptops_forget_a_merged_customer_and_their_items_follow_it(world):
    since = world.get("chen", "/directory")["revision"]
    old = world.mail("huarui")
    world.send("chen", old)
    merged(world)
    for who in ("chen", "xu", "boss"):
        delta = world.get(who, f"/directory?since={since}")
        assert world.customers["huarui"] in delta["removed"], who
        assert world.customers["chilian"] in {c["id"] for c in delta["customers"]}
    late = world.mail("huarui")
    assert world.send("chen", late)[0]["result"] == "accepted"
    assert timeline(world, "chilian") == {old["id"], late["id"]}
    better = {**world.mail("chilian"), "id": old["id"], "revision": 2}
    world.send("chen", better)
    with world.kernel.db.reading() as session:
        links = session.scalars(
            select(ActivityCustomer.customer_id).where(
                ActivityCustomer.activity_id == UUID(old["id"])
            )
        ).all()
    assert links == [world.customers["chilian"]]


def test_what_came_after_a_merge_stays_when_it_is_undone(world):
    answer = merged(world)
    late = world.mail("chilian")
    world.send("chen", late)
    undo(world, "chen", answer.get_json()["id"])
    assert timeline(world, "chilian") == {late["id"]}
    assert timeline(world, "huarui") == set()


def test_a_page_of_a_merged_customer_leads_to_the_other(world):
    merged(world)
    answer = world.signed_in("chen").get(f"/customers/{world.customers['huarui']}")
    assert answer.status_code == 301
    assert answer.headers["Location"].endswith(f"/customers/{world.customers['chilian']}")


@pytest.mark.parametrize(
    ("who", "source", "into", "status"),
    [
        ("chen", "huarui", "huarui", 422),
        ("chen", "huarui", "lingnan", 404),
        ("lin", "huarui", "lingnan", 404),
        ("xu", "huarui", "chilian", 200),
        ("gu", "huarui", "chilian", 404),
    ],
)
def test_who_may_merge(world, who, source, into, status):
    assert merged(world, who, source, into).status_code == status


def test_a_chain_of_merges_is_undone_from_its_end(world):
    first = merged(world, "boss", "huarui", "chilian").get_json()["id"]
    second = merged(world, "boss", "chilian", "lingnan").get_json()["id"]
    late = world.mail("huarui")
    assert world.send("lin", late)[0]["result"] == "accepted", "through both"
    assert timeline(world, "lingnan") == {late["id"]}
    assert undo(world, "boss", first).status_code == 404, "its customer is hidden"
    assert undo(world, "boss", second).status_code == 200
    assert undo(world, "boss", first).status_code == 200


def split(world, who="chen", **body):
    path = f"/customers/{world.customers['huarui']}/split"
    return world.call(who, "POST", path, json={"name": "华锐机器人", **body})


def test_a_split_takes_people_and_what_they_said(world):
    path = f"/customers/{world.customers['huarui']}/contacts"
    body = {"name": "孙丽", "emails": ["sun@robot.example"]}
    person = world.call("chen", "POST", path, json=body).get_json()
    theirs = stranger(world, "huarui", "sun@robot.example", days_ago=1)
    mine = world.mail("huarui", days_ago=2)
    world.send("chen", theirs, mine)
    before = file_of(world)
    answer = split(world, contact_ids=[person["id"]]).get_json()
    world.customers["robots"] = answer["to_id"]
    assert timeline(world, "robots", "chen") == {theirs["id"]}
    assert timeline(world, "huarui") == {mine["id"]}
    assert world.get("chen", f"/contacts/{person['id']}")["customer_id"] == answer["to_id"]
    assert world.last_contacted("robots") > world.last_contacted("huarui")
    assert undo(world, "chen", answer["id"]).status_code == 200
    after = file_of(world)
    assert after["ActivityCustomer"] == before["ActivityCustomer"]
    assert after["Contact"] == before["Contact"]
    assert world.call("chen", "GET", f"/customers/{answer['to_id']}").status_code == 404


@pytest.mark.parametrize(
    "body",
    [{}, {"contact_ids": [3]}, {"deal_ids": [3]}, {"domains": ["lingnan.example"]}],
)
def test_a_split_takes_only_what_is_there(world, body):
    assert split(world, **body).status_code == 422
    assert len(world.get("chen", "/customers")["items"]) == 2


def test_pages_split_merge_and_undo(world):
    world.app.config["WTF_CSRF_ENABLED"] = False
    client = world.signed_in("chen")
    here = f"/customers/{world.customers['huarui']}"
    assert client.get(f"{here}/split").status_code == 200
    assert client.post(f"{here}/split", data={"name": "新"}).status_code == 422
    answer = client.post(f"{here}/split", data={"name": "新", "domains": "huarui.example"})
    assert answer.status_code == 303
    made = answer.headers["Location"]
    assert client.post(f"{made}/merge", data={}).status_code == 422
    back = {"customer_id": world.customers["huarui"]}
    assert client.post(f"{made}/merge", data=back).status_code == 303
    page = client.get(here).get_data(as_text=True)
    assert "并入了新" in page
    number = world.get("chen", f"{here}/corrections")["items"][0]["id"]
    assert client.post(f"/corrections/{number}/undo").status_code == 303
    assert client.get(made).status_code == 200


def test_last_contact_is_the_same_when_computed_anew(world):
    """Whatever was moved, merged and split: nothing drifted."""
    mails = [stranger(world, "huarui", f"p{n}@qq.com", days_ago=n + 1) for n in range(6)]
    world.send("chen", *mails)
    move(world, "chen", mails[0], "chilian")
    answer = merged(world)
    undo(world, "chen", answer.get_json()["id"])
    before = file_of(world)["customers"]
    with world.kernel.db.unit_of_work() as uow:
        recompute_last_contact(uow, world.customers.values())
    assert file_of(world)["customers"] == before

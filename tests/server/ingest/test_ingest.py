"""The write door: every item judged alone, nothing twice, order of no matter."""

import itertools
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from server.customers.models import Activity, ActivityCapture, ActivityCustomer, ActivityTag


def counted(world, table):
    with world.kernel.db.reading() as session:
        return session.scalar(select(func.count()).select_from(table))


def test_a_mail_moves_last_contacted_and_a_repeat_changes_nothing(world):
    mail = world.mail("huarui", days_ago=2)
    assert [r["result"] for r in world.send("chen", mail)] == ["accepted"]
    assert world.last_contacted("huarui") == world.clock.now() - timedelta(days=2)
    assert [r["result"] for r in world.send("chen", mail, mail)] == ["duplicate", "duplicate"]
    assert counted(world, Activity) == 1


def test_one_bad_item_refuses_itself_only(world):
    good = world.mail("huarui")
    bad = {**world.mail("huarui"), "kind": "telegram"}
    naive = {**world.mail("huarui"), "occurred_at": "2026-11-20T10:00:00"}
    results = world.send("chen", bad, good, naive, {"id": 7}, {})
    assert [r["result"] for r in results] == ["refused", "accepted", *["refused"] * 3]
    assert {r["code"] for r in results if r["result"] == "refused"} == {"invalid"}
    assert results[0]["id"] == bad["id"]
    assert results[3]["id"] is None


@pytest.mark.parametrize(
    ("customer", "code"), [("lingnan", "not_your_customer"), (None, "unknown_customer")]
)
def test_nobody_writes_to_a_customer_of_others(world, customer, code):
    item = world.mail("huarui")
    item["match"]["customer_id"] = world.customers[customer] if customer else 4711
    assert world.send("chen", item)[0] | {"message": ""} == {
        "id": item["id"],
        "result": "refused",
        "code": code,
        "message": "",
    }
    assert counted(world, Activity) == 0


def test_reviewers_have_no_write_door(world):
    response = world.call("gu", "POST", "/activities", json={"activities": []})
    assert response.status_code == 403
    assert response.get_json()["error"]["code"] == "forbidden"


def test_the_server_decides_again_whatever_the_agent_proposed(world):
    boast = world.mail("huarui", signals={"machine": "auto_reply", "machine_evidence": "subject"})
    world.send("chen", boast)
    [item] = world.get("chen", f"/customers/{world.customers['huarui']}/timeline")["items"]
    assert item["contact"] == {
        "counts": False,
        "grade": "none",
        "reason": "auto_reply",
        "evidence": "subject",
    }
    assert world.last_contacted("huarui") is None


def test_a_higher_revision_replaces_and_a_lower_one_does_not(world):
    tag = {
        "category": "budget",
        "status": "asserted",
        "start": 0,
        "end": 6,
        "text": "今年预算紧张",
        "speaker": "customer",
        "score": 0.9,
    }
    call = world.mail("huarui", kind="call", transcript="waiting", text="")
    later = {**call, "revision": 2, "transcript": "done", "text": "今年预算紧张", "tags": [tag]}
    for first, second in ((call, later), (later, call)):
        key = str(uuid4())
        world.send("chen", {**first, "id": key})
        world.send("chen", {**second, "id": key})
        items = world.get("chen", f"/customers/{world.customers['huarui']}/timeline")["items"]
        [item] = [item for item in items if item["id"] == key]
        assert (item["transcript"], item["text"]) == ("done", "今年预算紧张")
        assert [t["category"] for t in item["tags"]] == ["budget"]
    assert counted(world, ActivityTag) == 2


def test_one_mail_seen_by_two_people_is_one_activity_on_both_timelines(world):
    key = uuid4()
    world.send("chen", world.mail("huarui", key=key))
    assert world.send("lin", world.mail("lingnan", key=key))[0]["result"] == "accepted"
    assert (counted(world, Activity), counted(world, ActivityCapture)) == (1, 2)
    assert world.last_contacted("huarui") == world.last_contacted("lingnan") is not None


def test_a_mail_to_two_of_my_customers_counts_for_both(world):
    also = [
        {"customer_id": world.customers["chilian"], "confidence": 1, "why": "email"},
        {"customer_id": world.customers["lingnan"], "confidence": 1, "why": "email"},
    ]
    world.send("chen", world.mail("huarui", also=also))
    assert world.last_contacted("chilian") is not None
    assert world.last_contacted("lingnan") is None, "another rep's customer is left out"


def test_any_order_of_the_same_items_gives_the_same_store(world):
    items = [world.mail("huarui", days_ago=days) for days in (9, 1, 5)]
    items.append({**items[1], "revision": 2, "text": "改"})
    seen = set()
    for order in itertools.permutations(items):
        fresh = {item["id"]: str(uuid4()) for item in items}
        before = world.last_contacted("chilian")
        for item in order:
            world.send(
                "chen",
                {
                    **item,
                    "id": fresh[item["id"]],
                    "match": {**item["match"], "customer_id": world.customers["chilian"]},
                },
            )
        listed = world.get("chen", f"/customers/{world.customers['chilian']}/timeline?limit=200")
        mine = [item for item in listed["items"] if item["id"] in fresh.values()]
        seen.add((world.last_contacted("chilian"), *(item["text"] for item in mine)))
        assert before in (None, world.last_contacted("chilian"))
    assert len(seen) == 1


def test_an_oversized_batch_is_refused_as_a_whole(world):
    response = world.call("chen", "POST", "/activities", json={"activities": [{}] * 201})
    assert response.status_code == 422
    assert "activities" in response.get_json()["error"]["fields"]


def test_links_repeat_what_the_activity_says(world):
    mail = world.mail("huarui")
    world.send("chen", mail)
    world.send("chen", {**mail, "revision": 2, "signals": {"machine": "bounce"}})
    with world.kernel.db.reading() as session:
        [(link, activity)] = session.execute(
            select(ActivityCustomer, Activity).join(
                Activity, Activity.id == ActivityCustomer.activity_id
            )
        ).all()
        assert (link.counts, link.occurred_at) == (activity.counts, activity.occurred_at)
        assert link.counts is False
    assert world.last_contacted("huarui") is None


def theirs(world, rep, customer):
    """What this rep reads on that customer's timeline."""
    items = world.get(rep, f"/customers/{world.customers[customer]}/timeline")["items"]
    return [(item["subject"], item["text"], item["by"]) for item in items]


@pytest.mark.parametrize("revision", [1, 99])
def test_nobody_reads_or_overwrites_the_items_of_others_by_their_id(world, revision):
    key = uuid4()
    secret = world.mail("huarui", key=key, subject="底价", text="最低八折", days_ago=3)
    world.send("chen", secret)
    forged = world.mail("lingnan", key=key, subject="x", text="伪造", days_ago=0, revision=revision)
    assert world.send("lin", forged)[0]["result"] == "accepted"
    assert theirs(world, "chen", "huarui") == [("底价", "最低八折", "陈晨")]
    assert theirs(world, "lin", "lingnan") == [("x", "伪造", "林晓雨")]
    assert world.last_contacted("huarui") == world.clock.now() - timedelta(days=3)
    assert world.send("lin", forged)[0]["result"] == "duplicate"
    later = {**forged, "revision": revision + 1, "text": "改"}
    assert world.send("lin", later)[0]["result"] == "accepted"
    assert theirs(world, "lin", "lingnan") == [("x", "改", "林晓雨")]
    assert theirs(world, "chen", "huarui") == [("底价", "最低八折", "陈晨")]


def test_whoever_holds_an_honest_copy_still_cannot_rewrite_it(world):
    key = uuid4()
    world.send("chen", world.mail("huarui", key=key))
    honest = world.mail("lingnan", key=key)
    assert world.send("lin", honest)[0]["result"] == "accepted"
    assert counted(world, Activity) == 1
    world.send("lin", {**honest, "revision": 7, "text": "伪造"})
    assert theirs(world, "chen", "huarui") == [("方案", "今年预算紧张。", "陈晨")]
    world.send("chen", {**world.mail("huarui", key=key), "revision": 2, "text": "更正"})
    assert theirs(world, "chen", "huarui") == [("方案", "更正", "陈晨")]

"""The timeline as its page shows it: folded conversations, what happened beside, pages, search."""

import re
from uuid import UUID

import pytest
from sqlalchemy import event

from server.customers.forgetting import erase_activities
from server.customers.views.timeline import Wanted, rest_of_thread
from server.followups.service import sweep

CALL = b"RIFF$\x00\x00\x00WAVEfmt " + bytes(range(200))


def page(world, who="chen", customer="huarui", **query):
    client = world.signed_in(who)
    answer = client.get(f"/customers/{world.customers[customer]}", query_string=query)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def shown(text):
    return re.findall(r'<article class="item[^>]* id="i-([0-9a-f-]+)"', text)


def happened(text):
    return re.findall(r'id="h-(\w+)-\d+"', text)


def older(text):
    found = re.search(r'<a class="more-rows" href="[^"]*before=([^"&]+)', text)
    return found and found.group(1)


def all_pages(world, **query):
    """Ids of everything, page after page, in order."""
    text = page(world, **query)
    ids = re.findall(r'<article class="(?:item|happening)[^>]* id="([ih]-[\w-]+)"', text)
    while before := older(text):
        client = world.signed_in("chen")
        text = client.get(
            f"/customers/{world.customers['huarui']}",
            query_string={**query, "before": before},
            headers={"HX-Request": "true"},
        ).get_data(as_text=True)
        ids += re.findall(r'<article class="(?:item|happening)[^>]* id="([ih]-[\w-]+)"', text)
    return ids


def test_a_conversation_is_one_entry_that_opens(world):
    mails = [world.mail("huarui", thread="t", days_ago=n, subject=f"第{n}封") for n in range(1, 6)]
    other = world.mail("huarui", days_ago=2.5)
    world.send("chen", *mails, other)
    text = page(world)
    assert shown(text) == [mails[0]["id"], other["id"]]
    assert "展开此前 4 封" in text
    path = f"/customers/{world.customers['huarui']}/activities/{mails[0]['id']}/thread"
    rest = world.signed_in("chen").get(path).get_data(as_text=True)
    assert shown(rest) == [mail["id"] for mail in mails[1:]]
    assert shown(page(world, kind="mail")) == [mails[0]["id"], other["id"]]
    assert len(shown(page(world, counted="yes"))) == 6, "a filter looks at single items"
    assert len(shown(page(world, thread="t"))) == 5


def test_a_thread_of_two_customers_folds_for_each_by_itself(world):
    world.send("chen", world.mail("huarui", thread="t"), world.mail("chilian", thread="t"))
    assert "展开此前" not in page(world)
    assert len(shown(page(world))) == 1


def test_a_moved_conversation_folds_where_it_went(world):
    mails = [world.mail("huarui", thread="t", days_ago=n) for n in (1, 2)]
    world.send("chen", *mails)
    body = {"customer_id": world.customers["chilian"], "whole_thread": True}
    world.call("chen", "POST", f"/activities/{mails[0]['id']}/relink", json=body)
    assert "展开此前 1 封" in page(world, customer="chilian")


def test_stages_and_reminders_stand_where_they_happened(world):
    old = world.mail("huarui", days_ago=40)
    world.send("chen", old)
    with world.kernel.db.unit_of_work() as uow:
        sweep(uow)
    [deal] = world.get("chen", f"/customers/{world.customers['huarui']}/deals")["items"]
    world.clock.advance(hours=1)
    world.call("chen", "PATCH", f"/deals/{deal['id']}", json={"stage": "proposal"})
    text = page(world)
    assert happened(text) == ["stage", "reminder", "reminder", "stage"]
    assert "潜在客户 → 方案沟通" in text
    assert "升级给主管" in text
    assert shown(text) == [old["id"]]
    assert happened(page(world, kind="stage")) == ["stage", "stage"]
    assert happened(page(world, kind="reminder")) == ["reminder", "reminder"]
    assert happened(page(world, kind="mail")) == []


@pytest.mark.parametrize("size", [24, 25, 26, 70])
def test_every_page_follows_the_one_before(world, size):
    """Much at one moment, of all sources: nothing twice, nothing missing."""
    at = world.clock.now()
    mails = [world.mail("huarui", occurred_at=at.isoformat()) for _ in range(size)]
    world.send("chen", *mails)
    path = f"/customers/{world.customers['huarui']}/deals"
    for number in range(30):
        world.call("chen", "POST", path, json={"title": f"{number}"})
    ids = all_pages(world)
    assert len(ids) == len(set(ids)) == size + 30 + 1
    assert {f"i-{mail['id']}" for mail in mails} <= set(ids)


def test_a_live_page_shows_all_it_showed_and_what_is_new(world):
    world.send("chen", *(world.mail("huarui", days_ago=n + 1) for n in range(30)))
    client = world.signed_in("chen")
    path = f"/customers/{world.customers['huarui']}"
    text = client.get(path).get_data(as_text=True)
    floor = re.search(r'data-floor="([^"]+)"', text).group(1)
    fresh = world.mail("huarui", days_ago=0.5)
    world.send("chen", fresh)
    again = client.get(path, query_string={"floor": floor}, headers={"HX-Request": "true"})
    ids = shown(again.get_data(as_text=True))
    assert ids == [fresh["id"], *shown(text)]


@pytest.mark.parametrize(
    "cursor", ["xx", "WzEsMl0", "WyIyMDI2LTExLTIzVDAyOjAwOjAwKzAwOjAwIiwwLCJ4Il0"]
)
def test_a_bent_cursor_is_refused_in_words(world, cursor):
    for name in ("before", "floor"):
        client = world.signed_in("chen")
        answer = client.get(f"/customers/{world.customers['huarui']}", query_string={name: cursor})
        assert answer.status_code == 422


def test_the_search_marks_what_was_looked_for_beside_the_evidence(world):
    tag = {"category": "budget", "status": "asserted", "start": 2, "end": 6, "text": "预算紧张"}
    tag |= {"speaker": "customer", "score": 1}
    mail = world.mail("huarui", text="今年预算紧张，年内不买。", tags=[tag])
    world.send("chen", mail, world.mail("huarui", text="别的事"))
    text = page(world, q="算紧")
    assert shown(text) == [mail["id"]]
    assert '<mark class="hit"><mark class="ev cat-budget' in text
    plain = re.sub(r"<[^>]+>", "", re.search(r'<div class="text.*?</div>', text, re.DOTALL).group())
    assert plain.strip() == "今年预算紧张，年内不买。"


def test_a_link_leads_to_an_item_far_down(world):
    mails = [world.mail("huarui", thread="t", days_ago=n + 1) for n in range(60)]
    world.send("chen", *mails)
    text = page(world, at=mails[45]["id"])
    assert shown(text)[0] == mails[45]["id"]
    assert "回到最新" in text


def test_ten_thousand_are_read_with_few_statements(world):
    from agent.contract.activity import Activity  # noqa: PLC0415
    from server.customers.recording import record_activities  # noqa: PLC0415

    many = [
        Activity.model_validate(
            world.mail("huarui", thread=f"t{n % 7}" if n % 2 else None, days_ago=n / 50)
        )
        for n in range(1_500)
    ]
    with world.kernel.db.unit_of_work() as uow:
        record_activities(uow, many, by_id=world.people["chen"].id)
    statements = []
    event.listen(
        world.kernel.db.engine, "before_cursor_execute", lambda *args: statements.append(args[2])
    )
    assert len(shown(page(world))) == 25
    first = len(statements)
    statements.clear()
    page(world, q="预算")
    assert first < 60
    assert len(statements) < 60


def test_the_rest_of_a_thread_is_nobody_elses_to_read(world):
    mails = [world.mail("huarui", thread="t", days_ago=n) for n in (1, 2)]
    world.send("chen", *mails)
    path = f"/customers/{world.customers['huarui']}/activities/{mails[0]['id']}/thread"
    assert world.signed_in("lin").get(path).status_code == 404
    with world.kernel.db.reading() as session:
        who = world.principal("lin")
        there = rest_of_thread(session, who, world.customers["lingnan"], UUID(mails[0]["id"]))
    assert there == []
    assert Wanted().folds


def call_of(world, who="chen", customer="huarui"):
    call = world.mail(customer, kind="call", text="", signals={"answered": True, "duration_s": 90})
    world.send(who, call)
    return call["id"]


def put(world, who, call, data=CALL, kind="audio/wav"):
    return world.client().put(
        f"/api/v1/activities/{call}/recording",
        data=data,
        content_type=kind,
        headers={"Authorization": f"Bearer {world.tokens[who]}"},
    )


def test_a_call_is_heard_by_those_who_see_it(world):
    call = call_of(world)
    assert "<audio" not in page(world)
    assert put(world, "chen", call).status_code == 200
    assert "<audio" in page(world)
    path = f"/customers/{world.customers['huarui']}/activities/{call}/sound"
    answer = world.signed_in("xu").get(path, headers={"Range": "bytes=4-9"})
    assert (answer.status_code, answer.data) == (206, CALL[4:10])
    assert answer.mimetype == "audio/wav"
    answer.close()
    assert world.signed_in("lin").get(path).status_code == 404
    elsewhere = f"/customers/{world.customers['lingnan']}/activities/{call}/sound"
    assert world.signed_in("lin").get(elsewhere).status_code == 404
    assert world.call("lin", "GET", f"/activities/{call}/recording").status_code == 404


@pytest.mark.parametrize(
    ("who", "data", "kind", "status"),
    [
        ("lin", CALL, "audio/wav", 404),
        ("xu", CALL, "audio/wav", 404),  # sees it, but did not deliver it
        ("gu", CALL, "audio/wav", 403),
        ("chen", b"<html>", "audio/wav", 422),
        ("chen", b"<script>alert(1)</script>", "text/html", 422),
        ("chen", b"", "audio/wav", 422),
        ("chen", CALL, "audio/mpeg", 422),
    ],
)
def test_only_a_sound_and_only_of_ones_own_call(world, who, data, kind, status):
    call = call_of(world)
    assert put(world, who, call, data, kind).status_code == status
    mail = world.mail("huarui")
    world.send("chen", mail)
    assert put(world, "chen", mail["id"]).status_code == 404, "no call"


def test_a_sound_goes_with_its_call(world):
    from server.customers.recordings import drop_orphans, path_of  # noqa: PLC0415

    folder = world.kernel.settings.data_dir
    calls = [call_of(world), call_of(world)]
    for call in calls:
        put(world, "chen", call)
    with world.kernel.db.unit_of_work() as uow:
        erase_activities(uow, [UUID(calls[0])])
    with world.kernel.db.unit_of_work() as uow:
        assert drop_orphans(uow) == 1
        assert drop_orphans(uow) == 0
    assert [path_of(folder, UUID(call)).exists() for call in calls] == [False, True]
